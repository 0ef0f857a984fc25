/* SPDX-License-Identifier: BSD-2-Clause */
#include "notice.h"

#include "daemon/duration.h"
#include "daemon/escape.h"
#include "daemon/log.h"

#define TELL_AGAIN_USEC (300 * USEC_PER_SEC)
#define TEXT_MAX        512

/* FNV-1a: the texts come from our own workers, nobody gains by making two collide. */
static uint64_t digest_of(Bytes text)
{
        uint64_t digest = 0xcbf29ce484222325u;

        for (size_t i = 0; i < text.size; i++)
                digest = (digest ^ text.data[i]) * 0x100000001b3u;
        return digest;
}

void notice_tell(NoticeTable *table, const char *backend, Bytes text, uint64_t now)
{
        const uint64_t digest = digest_of(text);
        size_t place = 0;
        char line[TEXT_MAX];

        for (size_t i = 0; i < NOTICES_MAX; i++) {
                if (table->notices[i].told > 0 && table->notices[i].digest == digest) {
                        place = i;
                        break;
                }
                if (table->notices[i].told < table->notices[place].told)
                        place = i;
        }
        if (table->notices[place].told > 0 && table->notices[place].digest == digest &&
                now - table->notices[place].told < TELL_AGAIN_USEC)
                return;
        table->notices[place].digest = digest;
        table->notices[place].told = now;
        log_line(LOG_WARNING, "worker", "%s: %s", backend, escape(text, line, sizeof(line)));
}
