/* SPDX-License-Identifier: BSD-2-Clause */
#include "past.h"

#include "daemon/cli/json_input.h"
#include "daemon/cli/login_log.h"
#include "daemon/cli/moment.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#define FIELD_INDENT 12
#define RULE_INDENT  6u

static void put_field(FILE *out, const char *name, const char *text)
{
        _cleanup_(free_pointer) char *head = output_format("  %-*s", FIELD_INDENT - 2, name);

        if (text[0])
                output_wrapped(out, head, FIELD_INDENT, text);
}

static const struct {
        const char *heading, *field;
} fields[] = {
        {"User", "user"},
        {"Realm", "realm"},
        {"Service", "service"},
        {"VM", "identity"},
        {"Client", "remote"},
        {"Socket", "socket"},
        {"Peer uid", "peer_uid"},
        {"Peer unit", "peer_unit"},
        {"Name", "name"},
        {"Account", "account"},
        {"Backend", "backend"},
        {"Asked", "steps"},
};

static void put_fields(struct json_object *decision, FILE *out)
{
        const double usec = strtod(json_text(decision, "duration_usec"), NULL);
        _cleanup_(free_pointer) char *took = output_format("%.3f ms", usec / 1000);
        _cleanup_(free_pointer) char *answers =
                output_format("%llu", (unsigned long long)json_number(decision, "answers"));

        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
                put_field(out, fields[i].heading, json_text(decision, fields[i].field));
        put_field(out, "Took", usec > 0 ? took : "under 1 ms");
        put_field(out, "Answers", answers);
}

void past_print(struct json_object *decision, FILE *out)
{
        char time[MOMENT_TEXT_SIZE];
        _cleanup_(free_pointer) char *outcome = login_log_outcome(decision);
        const char *rule = json_text(decision, "rule");

        (void)fprintf(out, "Decision %s, %s\n\n", json_text(decision, "decision"),
                moment_format(json_number(decision, "time_usec"), time));
        put_fields(decision, out);
        put_field(out, "Result", outcome);
        (void)fprintf(out, "\n%s\n",
                rule[0] ? "It was decided by this rule, as it stood then:" : "No rule decided it.");
        if (rule[0]) {
                (void)fputc('\n', out);
                output_wrapped(out, "    ", RULE_INDENT, rule);
        }
}
