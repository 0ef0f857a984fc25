/* SPDX-License-Identifier: BSD-2-Clause */
#include "log_quota.h"

#include "daemon/duration.h"
#include "daemon/escape.h"
#include "daemon/hash.h"
#include "daemon/log.h"
#include "daemon/message_id.h"
#include "daemon/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define AREA       "log"
#define NAME_SIZE  256
#define QUOTAS_MAX 1024u /* beyond, nobody is counted: so many askers flood nothing */

struct Quota {
        UT_hash_handle hh;
        Deadline over;
        unsigned written;
        uint64_t left_out;
        char name[];
};

static void tell(const Quota *quota)
{
        char name[NAME_SIZE], text[NAME_SIZE + 128], fields[NAME_SIZE + 128];

        if (quota->left_out == 0)
                return;
        (void)escape(bytes_from_string(quota->name), name, sizeof(name));
        (void)snprintf(text, sizeof(text),
                "%" PRIu64 " logins of %s were not logged: more than %u in %u s", quota->left_out,
                name, LOG_QUOTA_RECORDS, LOG_QUOTA_SEC);
        (void)snprintf(fields, sizeof(fields),
                MESSAGE_ID_FIELD(MESSAGE_ID_LEFT_OUT) RECORD_PREFIX "ASKER=%s\n" RECORD_PREFIX
                                                                    "LEFT_OUT=%" PRIu64 "\n",
                name, quota->left_out);
        log_record(LOG_WARNING, AREA, bytes_from_string(fields), text);
}

static void end(LogQuota *quota, Quota *entry)
{
        tell(entry);
        deadline_clear(&entry->over);
        HASH_DEL(quota->by_name, entry);
        free(entry);
}

static void on_over(Deadline *deadline, void *userdata)
{
        end(userdata, (Quota *)((char *)deadline - offsetof(Quota, over)));
}

int log_quota_init(LogQuota *quota, sd_event *event)
{
        *quota = (LogQuota){};
        return deadline_queue_init(
                &quota->whiles, event, LOG_QUOTA_SEC * USEC_PER_SEC, on_over, quota);
}

void log_quota_deinit(LogQuota *quota)
{
        Quota *entry, *next;

        HASH_ITER(hh, quota->by_name, entry, next)
        end(quota, entry);
        deadline_queue_deinit(&quota->whiles);
}

static Quota *begin(LogQuota *quota, const char *asker)
{
        size_t size = strlen(asker);
        Quota *entry = HASH_COUNT(quota->by_name) < QUOTAS_MAX
                               ? calloc(1, sizeof(*entry) + size + 1)
                               : NULL;

        if (!entry)
                return NULL;
        memcpy(entry->name, asker, size);
        HASH_ADD_STR(quota->by_name, name, entry);
        if (!HASH_ADDED(entry)) {
                free(entry);
                return NULL;
        }
        deadline_set(&entry->over, &quota->whiles);
        return entry;
}

bool log_quota_take(LogQuota *quota, const char *asker)
{
        Quota *entry;

        HASH_FIND_STR(quota->by_name, asker, entry);
        if (!entry)
                entry = begin(quota, asker);
        if (!entry)
                return true;
        if (entry->written < LOG_QUOTA_RECORDS) {
                entry->written++;
                return true;
        }
        entry->left_out++;
        return false;
}
