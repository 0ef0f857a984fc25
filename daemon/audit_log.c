/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit_log.h"

#include "daemon/duration.h"
#include "daemon/escape.h"
#include "daemon/hash.h"
#include "daemon/log.h"
#include "daemon/message_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define REPEATS_USEC (5 * USEC_PER_SEC) /* a viewer has opened its channels by then */
#define REPEATS_MAX  4096u              /* as many as answers are kept */
#define ID_SIZE      64u
#define FIELD_SIZE   512u

/* Further answers of a decision. */
struct Repeat {
        UT_hash_handle hh;
        uint64_t number;
        unsigned count;
        int priority;
        Deadline due;
};

static const char *message_id(Result result)
{
        switch (result) {
        case RESULT_OK: return MESSAGE_ID_FIELD(MESSAGE_ID_SUCCESS);
        case RESULT_UNAVAILABLE: return MESSAGE_ID_FIELD(MESSAGE_ID_UNAVAILABLE);
        default: return MESSAGE_ID_FIELD(MESSAGE_ID_FAILURE);
        }
}

/* The fields of a record behind those of the log itself. */
static void log_fields(int priority, const char *head, Bytes record, const char *text)
{
        char fields[ID_SIZE + RECORD_SIZE + ID_SIZE];
        int length = snprintf(fields, sizeof(fields), "%s%.*s", head, (int)record.size,
                (const char *)record.data);

        log_record(priority, AUDIT_AREA, (Bytes){(const uint8_t *)fields, (size_t)length}, text);
}

static void append_field(char *text, size_t size, Bytes record, const char *name, const char *key)
{
        const Bytes value = record_value(record, name);
        char escaped[FIELD_SIZE];
        size_t used = strlen(text);

        if (value.size > 0)
                (void)snprintf(text + used, size - used, " [%s=%s]", key,
                        escape(value, escaped, sizeof(escaped)));
}

/* Of whom it was, if that is still known. */
static void tell(const AuditLog *log, const Repeat *repeat)
{
        PastDecision decision;
        Bytes record = BYTES_EMPTY;
        char text[AUDIT_LINE_SIZE], head[2 * ID_SIZE];

        (void)snprintf(head, sizeof(head),
                MESSAGE_ID_FIELD(MESSAGE_ID_REPEATED) RECORD_PREFIX "REPEATS=%u\n", repeat->count);
        (void)snprintf(text, sizeof(text), "answered %u more %s as in decision %" PRIu64,
                repeat->count, repeat->count == 1 ? "time" : "times", repeat->number);
        if (history_find(log->history, repeat->number, &decision))
                record = record_bytes(&decision.record);
        append_field(text, sizeof(text), record, "USER", "user");
        append_field(text, sizeof(text), record, "SERVICE", "service");
        append_field(text, sizeof(text), record, "VM", "vm");
        log_fields(repeat->priority, head, record, text);
}

static void end(AuditLog *log, Repeat *repeat)
{
        tell(log, repeat);
        deadline_clear(&repeat->due);
        HASH_DEL(log->repeats, repeat);
        free(repeat);
}

static void on_due(Deadline *deadline, void *userdata)
{
        end(userdata, (Repeat *)((char *)deadline - offsetof(Repeat, due)));
}

int audit_log_init(AuditLog *log, sd_event *event, History *history)
{
        int r;

        *log = (AuditLog){.history = history};
        r = log_quota_init(&log->quota, event);
        return r < 0 ? r : deadline_queue_init(&log->untold, event, REPEATS_USEC, on_due, log);
}

void audit_log_deinit(AuditLog *log)
{
        Repeat *repeat, *next;

        HASH_ITER(hh, log->repeats, repeat, next)
        end(log, repeat);
        deadline_queue_deinit(&log->untold);
        log_quota_deinit(&log->quota);
}

static Repeat *begin_repeat(AuditLog *log, const Audit *audit)
{
        Repeat *repeat = HASH_COUNT(log->repeats) < REPEATS_MAX ? calloc(1, sizeof(*repeat)) : NULL;

        if (!repeat)
                return NULL;
        repeat->number = audit->number;
        repeat->priority = audit_priority(audit);
        HASH_ADD(hh, log->repeats, number, sizeof(repeat->number), repeat);
        if (!HASH_ADDED(repeat)) {
                free(repeat);
                return NULL;
        }
        deadline_set(&repeat->due, &log->untold);
        return repeat;
}

/* The channels of a console must not cost a line each. */
static void count_repeat(AuditLog *log, const Audit *audit)
{
        Repeat *repeat;

        history_count(log->history, audit->number);
        HASH_FIND(hh, log->repeats, &audit->number, sizeof(audit->number), repeat);
        if (!repeat)
                repeat = begin_repeat(log, audit);
        if (repeat)
                repeat->count++;
}

static void write_decision(const AuditLog *log, const Audit *audit)
{
        uint64_t number = audit->number > 0 ? audit->number : history_number(log->history);
        char line[AUDIT_LINE_SIZE];
        Record record = {};

        audit_record(audit, number, &record);
        history_keep(log->history, number, &record);
        audit_line(audit, number, line);
        log_fields(audit_priority(audit), message_id(audit->result), record_bytes(&record), line);
}

void audit_write(AuditLog *log, const Audit *audit)
{
        if (audit->repeats)
                count_repeat(log, audit);
        else if (audit->config->debug || log_quota_take(&log->quota, audit->asker))
                write_decision(log, audit);
}
