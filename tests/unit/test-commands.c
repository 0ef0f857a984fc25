/* SPDX-License-Identifier: BSD-2-Clause */

/* What an administrator is told of a decision: fronts share what is kept of them, and one that is
 * not as it should be must not spoil what the next one says. */

#include "daemon/commands.h"

#include "table.h"

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#define LONG_NAME "A_NAME_FOR_WHICH_THERE_IS_NO_ROOM_AT_ALL"

typedef struct Fixture {
        History *history;
        Dispatcher dispatcher;
        ConnectionSet connections;
        Commands commands;
} Fixture;

static void set_up(Fixture *fixture)
{
        *fixture = (Fixture){.history = history_new()};
        assert_non_null(fixture->history);
        fixture->dispatcher.audit_log.history = fixture->history;
        fixture->connections.dispatcher = &fixture->dispatcher;
        fixture->commands.connections = &fixture->connections;
}

/* The answer, to be put. */
static struct json_object *ask(Fixture *fixture, const char *request)
{
        const ControlHandlers handlers = commands_handlers(&fixture->commands);
        struct json_object *parsed = json_tokener_parse(request), *answer;
        bool adopt = false;

        assert_non_null(parsed);
        answer = handlers.answer(handlers.userdata, "decision", parsed, &adopt);
        assert_non_null(answer);
        assert_false(adopt);
        json_object_put(parsed);
        return answer;
}

static void test_decision(void **state)
{
        Fixture fixture;
        Record record = {};
        struct json_object *answer, *decision = NULL, *user = NULL;

        (void)state;
        set_up(&fixture);
        record_add(&record, LONG_NAME, BYTES("x"));
        record_add(&record, "USER", BYTES("alice"));
        history_keep(fixture.history, 5, &record);
        answer = ask(&fixture, "{\"number\": 5}");
        assert_true(json_object_object_get_ex(answer, "decision", &decision));
        assert_int_equal(json_object_object_length(decision), 3);
        assert_true(json_object_object_get_ex(decision, "user", &user));
        assert_string_equal(json_object_get_string(user), "alice");
        assert_true(json_object_object_get_ex(decision, "time_usec", NULL));
        assert_true(json_object_object_get_ex(decision, "answers", NULL));
        json_object_put(answer);
        history_free(fixture.history);
}

typedef struct RequestRow {
        const char *request;
        bool is_error;
} RequestRow;

static const RequestRow requests[] = {
        {"{}", true},
        {"{\"number\": \"5\"}", true},
        {"{\"number\": null}", true},
        {"{\"number\": 5.5}", true},
        {"{\"number\": 5}", false},
        {"{\"number\": -5}", false},
        {"{\"number\": 0}", false},
};

/* None is kept, so nothing is found, whatever is asked for. */
static void test_request(void **state)
{
        const RequestRow *row = *state;
        Fixture fixture;
        struct json_object *answer;

        set_up(&fixture);
        answer = ask(&fixture, row->request);
        assert_int_equal(json_object_object_get_ex(answer, "error", NULL), row->is_error);
        assert_false(json_object_object_get_ex(answer, "decision", NULL));
        json_object_put(answer);
        history_free(fixture.history);
}

int main(void)
{
        Table table = {};

        table_add(&table, "a field whose name is too long", test_decision, NULL);
        table_add_rows(&table, test_request, ROWS(requests));
        return table_run(&table, "commands");
}
