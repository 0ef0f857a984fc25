/* SPDX-License-Identifier: BSD-2-Clause */
#include "status_text.h"

#include "daemon/cli/grid.h"
#include "daemon/cli/health.h"
#include "daemon/cli/json_input.h"
#include "daemon/cli/moment.h"
#include "daemon/cli/output.h"
#include "daemon/duration.h"
#include "proto/cleanup.h"

#include <inttypes.h>

#define ERRORS_SHOWN 3u /* of those that --json has */

/* One column: its heading, and the member that stands there. */
typedef struct Column {
        const char *heading;
        const char *member;
} Column;

static const Column backend_columns[] = {
        {"Backend", "name"},
        {"Kind", "mechanism"},
        {"Workers", "workers"},
        {"Idle", "idle"},
        {"Busy", "busy"},
        {"Starting", "starting"},
        {"Waiting", "waiting"},
        {"Failed", "failed_starts"},
};

static const Column socket_columns[] = {
        {"Socket", "path"},
        {"Mode", "mode"},
        {"Name", "name"},
        {"VM", "vm"},
        {"Last asker", "last_asker"},
        {"s ago", "last_asked_sec"},
};

/* After the name. */
static const Column result_columns[] = {
        {"OK", "OK"},
        {"Mismatch", "MISMATCH"},
        {"Unknown", "UNKNOWN"},
        {"Denied", "DENIED"},
        {"Unavailable", "UNAVAILABLE"},
};

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

static void add_headings(Grid *grid, const Column *columns, size_t count)
{
        for (size_t c = 0; c < count; c++)
                grid_add(grid, columns[c].heading);
}

static void add_cells(Grid *grid, const Column *columns, size_t count, struct json_object *row)
{
        for (size_t c = 0; c < count; c++) {
                struct json_object *value = json_member(row, columns[c].member);

                grid_add_short(grid, value ? json_object_get_string(value) : "-");
        }
}

/* The objects of an array, a row each. */
static void put_array(
        FILE *out, struct json_object *status, const char *key, const Column *columns, size_t count)
{
        _cleanup_(grid_deinit) Grid grid;

        grid_init(&grid, count);
        add_headings(&grid, columns, count);
        for (size_t i = 0; i < json_length(status, key); i++)
                add_cells(&grid, columns, count, json_element(status, key, i));
        (void)fputc('\n', out);
        grid_print(&grid, 1, out);
}

/* Results by name, if there are any. */
static void put_tally(FILE *out, struct json_object *answers, const char *key, const char *heading)
{
        struct json_object *tally = json_member(answers, key);
        _cleanup_(grid_deinit) Grid grid = {};

        if (!json_object_is_type(tally, json_type_object) || json_object_object_length(tally) == 0)
                return;
        grid_init(&grid, 1 + COUNT(result_columns));
        grid_add(&grid, heading);
        add_headings(&grid, result_columns, COUNT(result_columns));
        json_object_object_foreach(tally, name, results)
        {
                grid_add_short(&grid, name);
                add_cells(&grid, result_columns, COUNT(result_columns), results);
        }
        (void)fputc('\n', out);
        grid_print(&grid, 1, out);
}

/* What there were any of. */
static void put_refusals(FILE *out, struct json_object *answers)
{
        static const struct {
                const char *member, *reason;
        } reasons[] = {
                {"request", "it was no proper request"},
                {"no-rule", "no rule permits it"},
                {"rule", "a rule denies it"},
                {"undecided", "what a rule wants to know could not be told"},
                {"penalty", "too many wrong passwords before"},
                {"password", "wrong password"},
                {"user", "no such user"},
                {"account", "the account may not log in"},
                {"unavailable", "no backend could tell"},
        };
        struct json_object *refusals = json_member(answers, "refusals");
        _cleanup_(grid_deinit) Grid grid;

        grid_init(&grid, 2);
        grid_add(&grid, "Refused since");
        grid_add(&grid, "Logins");
        for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
                if (json_number(refusals, reasons[i].member) == 0)
                        continue;
                grid_add(&grid, reasons[i].reason);
                grid_add(&grid, json_object_get_string(json_member(refusals, reasons[i].member)));
        }
        if (grid.count == grid.columns)
                return;
        (void)fputc('\n', out);
        grid_print(&grid, 1, out);
}

/* A bound of the statistics: they are round numbers. */
static char *bound_to_text(uint64_t usec)
{
        if (usec == UINT64_MAX)
                return output_format("after more than 20 s");
        if (usec >= USEC_PER_SEC)
                return output_format("within %" PRIu64 " s", (uint64_t)(usec / USEC_PER_SEC));
        if (usec >= USEC_PER_MSEC)
                return output_format("within %" PRIu64 " ms", (uint64_t)(usec / USEC_PER_MSEC));
        return output_format("within %" PRIu64 " us", usec);
}

/* A line of text, which is freed. */
static void put_line(FILE *out, char *text)
{
        output_wrapped(out, "", 0, text);
        free(text);
}

static void put_daemon(FILE *out, struct json_object *status)
{
        _cleanup_(free_pointer) char *since =
                health_uptime(json_number(status, "generation_uptime_sec"));

        put_line(out, output_format("saslwardd %s, generation %" PRIu64 " for %s, process %" PRIu64
                                    ", %" PRIu64 " rules; connected: %" PRIu64
                                    "; kept logins: %" PRIu64 "; penalties: %" PRIu64 ".",
                              json_text(status, "saslward"), json_number(status, "generation"),
                              since, json_number(status, "pid"), json_number(status, "rules"),
                              json_number(status, "connections"), json_number(status, "cached"),
                              json_number(status, "penalties")));
}

/* A line behind a dash. */
static void put_item(FILE *out, char *text)
{
        output_wrapped(out, " - ", 3, text);
        free(text);
}

/* What is wrong with the configuration that is not served. */
static void put_complaints(FILE *out, struct json_object *reload)
{
        uint64_t left_out = json_number(reload, "left_out");

        for (size_t i = 0; i < json_length(reload, "complaints"); i++)
                put_item(out, output_format("%s", json_object_get_string(
                                                          json_element(reload, "complaints", i))));
        if (left_out > 0)
                put_item(out, output_format("and %" PRIu64 " more, which the log has", left_out));
}

static void put_sources(FILE *out, struct json_object *sources)
{
        put_line(out, output_format("Answered by the rules alone: %" PRIu64 "; a backend: %" PRIu64
                                    "; another's flight: %" PRIu64 "; the cache: %" PRIu64
                                    "; a penalty: %" PRIu64 ".",
                              json_number(sources, "rules"), json_number(sources, "backend"),
                              json_number(sources, "flight"), json_number(sources, "cache"),
                              json_number(sources, "penalty")));
}

static void put_latency(FILE *out, struct json_object *latency)
{
        _cleanup_(free_pointer) char *median = bound_to_text(json_number(latency, "median_usec"));
        _cleanup_(free_pointer) char *most = bound_to_text(json_number(latency, "p99_usec"));

        put_line(out, output_format("Latency: median %s, 99 of 100 %s.", median, most));
}

static void put_rates(FILE *out, struct json_object *rates)
{
        put_line(out,
                output_format("Logins in the last 10 s: %" PRIu64 "; in the last minute: %" PRIu64
                              ", of these refused: %" PRIu64 ".",
                        json_number(rates, "last_10_sec"), json_number(rates, "last_60_sec"),
                        json_number(rates, "refused_last_60_sec")));
}

/* The newest first. */
static void put_errors(FILE *out, struct json_object *status)
{
        size_t count = json_length(status, "last_errors");

        if (count > 0)
                (void)fputs("\nThe last warnings and errors:\n", out);
        for (size_t i = 0; i < count && i < ERRORS_SHOWN; i++) {
                struct json_object *error = json_element(status, "last_errors", i);
                char time[MOMENT_TEXT_SIZE];

                put_item(out,
                        output_format("%s %s", moment_format(json_number(error, "time_usec"), time),
                                json_text(error, "text")));
        }
}

void status_print(struct json_object *status, FILE *out)
{
        struct json_object *answers = json_member(status, "answers");

        put_complaints(out, json_member(status, "reload"));
        put_daemon(out, status);
        put_sources(out, json_member(answers, "sources"));
        put_rates(out, json_member(answers, "rates"));
        if (json_number(answers, "total") > 0)
                put_latency(out, json_member(answers, "latency"));
        put_array(out, status, "backends", backend_columns, COUNT(backend_columns));
        put_array(out, status, "sockets", socket_columns, COUNT(socket_columns));
        put_refusals(out, answers);
        put_tally(out, answers, "backends", "Asked last");
        put_tally(out, answers, "services", "Service");
        put_tally(out, answers, "vms", "VM");
        put_errors(out, status);
}
