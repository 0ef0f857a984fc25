/* SPDX-License-Identifier: BSD-2-Clause */

/* How much of what becomes of logins is logged, of one asker and of one console, and that nothing
 * of it is lost for want of memory. */

#include "daemon/audit_log.h"

#include "captured_log.h"
#include "memory.h"

#define WAIT_USEC  5000000u
#define QUOTAS_MAX 1024u      /* of log_quota.c */
#define ASKER      "vm a]\nb" /* as a configuration, and so a client, can have it called */

static void set_up(LogQuota *quota, sd_event **event)
{
        assert_int_equal(sd_event_new(event), 0);
        assert_true(log_quota_init(quota, *event) >= 0);
}

static void tear_down(LogQuota *quota, sd_event *event)
{
        log_quota_deinit(quota);
        (void)sd_event_unref(event);
}

static void use_up(LogQuota *quota, const char *asker)
{
        for (unsigned i = 0; i < LOG_QUOTA_RECORDS; i++)
                assert_true(log_quota_take(quota, asker));
        assert_false(log_quota_take(quota, asker));
}

/* Each has his own, and what was left out is told in one line, even if that is the last. */
static void test_left_out(void **state)
{
        LogQuota quota;
        CapturedLog log;
        sd_event *event;

        (void)state;
        set_up(&quota, &event);
        captured_log_begin(&log);
        use_up(&quota, ASKER);
        assert_false(log_quota_take(&quota, ASKER));
        assert_true(log_quota_take(&quota, "uid 1000"));
        assert_string_equal(captured_log_read(&log), "");
        tear_down(&quota, event);
        captured_log_read(&log);
        captured_log_end(&log);
        assert_int_equal(captured_log_lines(log.text), 1);
        assert_non_null(strstr(log.text, "2 logins of vm a"));
        assert_non_null(strstr(log.text, " were not logged: more than 1000 in 10 s\n"));
}

/* It is told when the while is over, and another begins. */
static void test_over(void **state)
{
        LogQuota quota;
        CapturedLog log;
        sd_event *event;

        (void)state;
        set_up(&quota, &event);
        captured_log_begin(&log);
        use_up(&quota, "uid 1000");
        deadline_queue_shorten(&quota.whiles, 0);
        while (quota.by_name)
                assert_true(sd_event_run(event, WAIT_USEC) > 0);
        captured_log_read(&log);
        captured_log_end(&log);
        assert_non_null(strstr(log.text, "1 logins of uid 1000 were not logged"));
        use_up(&quota, "uid 1000");
        captured_log_begin(&log);
        tear_down(&quota, event);
        captured_log_end(&log);
}

/* Whoever cannot be counted is logged. */
static void test_quota_without_memory(void **state)
{
        LogQuota quota;
        sd_event *event;
        unsigned number = 0;

        (void)state;
        set_up(&quota, &event);
        do {
                assert_null(quota.by_name);
                memory_fail(++number);
                assert_true(log_quota_take(&quota, "uid 1000"));
        } while (memory_recover());
        assert_true(number > 2);
        assert_non_null(quota.by_name);
        tear_down(&quota, event);
}

/* Beyond them nobody is counted. */
static void test_many_askers(void **state)
{
        LogQuota quota;
        sd_event *event;
        char asker[32];

        (void)state;
        set_up(&quota, &event);
        for (unsigned i = 0; i < QUOTAS_MAX; i++) {
                (void)snprintf(asker, sizeof(asker), "uid %u", i);
                assert_true(log_quota_take(&quota, asker));
        }
        for (unsigned i = 0; i < 2 * LOG_QUOTA_RECORDS; i++)
                assert_true(log_quota_take(&quota, "vm one more"));
        tear_down(&quota, event);
}

/* Decisions, and further answers that are the same. */

typedef struct Fixture {
        sd_event *event;
        History *history;
        AuditLog log;
        Config config;
        MuxRequest request;
        ListenConfig listen;
        CapturedLog captured;
} Fixture;

static void set_up_log(Fixture *fixture)
{
        *fixture = (Fixture){.history = history_new()};
        assert_non_null(fixture->history);
        fixture->request.login = bytes_from_string("alice");
        fixture->request.service = bytes_from_string("spice");
        assert_int_equal(sd_event_new(&fixture->event), 0);
        assert_true(audit_log_init(&fixture->log, fixture->event, fixture->history) >= 0);
        captured_log_begin(&fixture->captured);
}

static const char *tear_down_log(Fixture *fixture)
{
        audit_log_deinit(&fixture->log);
        (void)captured_log_read(&fixture->captured);
        captured_log_end(&fixture->captured);
        assert_null(history_free(fixture->history));
        (void)sd_event_unref(fixture->event);
        return fixture->captured.text;
}

static void answer(Fixture *fixture, uint64_t number, bool repeats)
{
        const Audit audit = {
                .config = &fixture->config,
                .request = &fixture->request,
                .listen = &fixture->listen,
                .user = fixture->request.login,
                .mechanism = "db",
                .result = RESULT_MISMATCH,
                .asker = "vm vmA",
                .number = number,
                .repeats = repeats,
        };

        audit_write(&fixture->log, &audit);
}

static uint64_t answers(const Fixture *fixture, uint64_t number)
{
        PastDecision decision;

        assert_true(history_find(fixture->history, number, &decision));
        return decision.count;
}

/* A line for the decision, and one for all further answers, which say of whom it was. */
static void test_repeats(void **state)
{
        Fixture fixture;
        uint64_t number;

        (void)state;
        set_up_log(&fixture);
        number = history_number(fixture.history);
        answer(&fixture, number, false);
        for (unsigned i = 0; i < 7; i++)
                answer(&fixture, number, true);
        assert_int_equal(answers(&fixture, number), 8);
        deadline_queue_shorten(&fixture.log.untold, 0);
        while (fixture.log.repeats)
                assert_true(sd_event_run(fixture.event, WAIT_USEC) > 0);
        answer(&fixture, number, true);
        (void)tear_down_log(&fixture);
        assert_int_equal(captured_log_lines(fixture.captured.text), 3);
        assert_non_null(strstr(fixture.captured.text, "answered 7 more times as in decision"));
        assert_non_null(strstr(fixture.captured.text, "[user=alice] [service=spice]\n"));
        assert_non_null(strstr(fixture.captured.text, "answered 1 more time as in decision"));
}

/* Without memory no line can be put off, but the answer counts. */
static void test_repeats_without_memory(void **state)
{
        Fixture fixture;
        uint64_t number;
        unsigned failing = 0;

        (void)state;
        set_up_log(&fixture);
        number = history_number(fixture.history);
        answer(&fixture, number, false);
        do {
                assert_null(fixture.log.repeats);
                memory_fail(++failing);
                answer(&fixture, number, true);
                assert_int_equal(answers(&fixture, number), 1 + failing);
        } while (memory_recover());
        assert_true(failing > 2);
        (void)tear_down_log(&fixture);
        assert_int_equal(captured_log_lines(fixture.captured.text), 2);
        assert_non_null(strstr(fixture.captured.text, "answered 1 more time as in decision"));
}

int main(void)
{
        Table table = {};

        table_add(&table, "more than an asker's quota", test_left_out, NULL);
        table_add(&table, "a while is over", test_over, NULL);
        table_add(&table, "a quota without memory", test_quota_without_memory, NULL);
        table_add(&table, "many askers", test_many_askers, NULL);
        table_add(&table, "further answers", test_repeats, NULL);
        table_add(&table, "further answers without memory", test_repeats_without_memory, NULL);
        return table_run(&table, "audit log");
}
