/* SPDX-License-Identifier: BSD-2-Clause */
#include "notice.h"

#include "daemon/duration.h"
#include "daemon/escape.h"
#include "daemon/log.h"

#define TELL_AGAIN_USEC (300 * USEC_PER_SEC)
#define TEXT_MAX        512

/* FNV-1a. Who makes two texts collide keeps one warning out of the log; the reasons of the refusals
 * are in it all the same. */
static uint64_t digest_of(Bytes text)
{
        uint64_t digest = 0xcbf29ce484222325u;

        for (size_t i = 0; i < text.size; i++)
                digest = (digest ^ text.data[i]) * 0x100000001b3u;
        return digest;
}

/* Where the notice stands, or else the one told longest ago, or a free one. */
static size_t find_place(const NoticeTable *table, uint64_t digest)
{
        size_t place = 0;

        for (size_t i = 0; i < NOTICES_MAX; i++) {
                if (table->notices[i].digest == digest)
                        return i;
                if (table->notices[i].told < table->notices[place].told)
                        place = i;
        }
        return place;
}

void notice_tell(NoticeTable *table, const char *backend, Bytes text, uint64_t now)
{
        const uint64_t digest = digest_of(text);
        size_t place = find_place(table, digest);
        uint64_t told = table->notices[place].told;
        char line[TEXT_MAX];

        if (table->notices[place].digest == digest && told > 0 && now - told < TELL_AGAIN_USEC)
                return;
        table->notices[place].digest = digest;
        table->notices[place].told = now;
        log_line(LOG_WARNING, "worker", "%s: %s", backend, escape(text, line, sizeof(line)));
}
