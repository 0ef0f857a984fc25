/* SPDX-License-Identifier: BSD-2-Clause */
#include "metrics.h"

#include "daemon/cli/json_input.h"
#include "daemon/duration.h"

#include <inttypes.h>
#include <string.h>

#define PREFIX "saslward_"

/* A number that every backend has. */
typedef struct BackendFamily {
        const char *name, *member, *type, *purpose;
} BackendFamily;

/* unit: the end of the name, or NULL. */
static void put_family(
        FILE *out, const char *name, const char *type, const char *unit, const char *purpose)
{
        (void)fprintf(out, "# TYPE " PREFIX "%s %s\n", name, type);
        if (unit)
                (void)fprintf(out, "# UNIT " PREFIX "%s %s\n", name, unit);
        (void)fprintf(out, "# HELP " PREFIX "%s %s\n", name, purpose);
}

/* A label's value, with what would end it escaped. */
static void put_value(FILE *out, const char *value)
{
        for (; *value; value++)
                if (*value == '\n')
                        (void)fputs("\\n", out);
                else
                        (void)fprintf(out, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
}

static void put_label(FILE *out, const char *name, const char *value)
{
        (void)fprintf(out, "%s=\"", name);
        put_value(out, value);
        (void)fputc('"', out);
}

/* Counters by one label, whose values are the members. */
static void put_counters(FILE *out, const char *name, const char *label, const char *purpose,
        struct json_object *counters)
{
        put_family(out, name, "counter", NULL, purpose);
        if (!json_object_is_type(counters, json_type_object))
                return;
        json_object_object_foreach(counters, value, number)
        {
                (void)fprintf(out, PREFIX "%s_total{", name);
                put_label(out, label, value);
                (void)fprintf(out, "} %" PRIu64 "\n", json_object_get_uint64(number));
        }
}

static void put_results(FILE *out, const char *name, const char *label, const char *value,
        struct json_object *results)
{
        if (!json_object_is_type(results, json_type_object))
                return;
        json_object_object_foreach(results, result, number)
        {
                (void)fprintf(out, PREFIX "%s_total{", name);
                put_label(out, label, value);
                (void)fputc(',', out);
                put_label(out, "result", result);
                (void)fprintf(out, "} %" PRIu64 "\n", json_object_get_uint64(number));
        }
}

/* Results by name: counters by two labels. */
static void put_tally(FILE *out, const char *name, const char *label, const char *purpose,
        struct json_object *tally)
{
        put_family(out, name, "counter", NULL, purpose);
        if (!json_object_is_type(tally, json_type_object))
                return;
        json_object_object_foreach(tally, value, results)
                put_results(out, name, label, value, results);
}

/* A bound in seconds, as a number that is no whole one without looking so. */
static void put_bound(FILE *out, uint64_t usec)
{
        char text[32];

        (void)snprintf(text, sizeof(text), "%g", (double)usec / (double)USEC_PER_SEC);
        (void)fprintf(out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

static void put_latency(FILE *out, struct json_object *latency)
{
        static const char name[] = PREFIX "answer_seconds";
        uint64_t count = 0, sum = json_number(latency, "sum_usec");

        put_family(out, "answer_seconds", "histogram", "seconds",
                "Time from a complete request to its answer.");
        for (size_t i = 0; i < json_length(latency, "buckets"); i++) {
                struct json_object *bucket = json_element(latency, "buckets", i);

                count += json_number(bucket, "answers");
                (void)fprintf(out, "%s_bucket{le=\"", name);
                if (json_member(bucket, "within_usec"))
                        put_bound(out, json_number(bucket, "within_usec"));
                else
                        (void)fputs("+Inf", out);
                (void)fprintf(out, "\"} %" PRIu64 "\n", count);
        }
        (void)fprintf(out, "%s_count %" PRIu64 "\n", name, count);
        (void)fprintf(out, "%s_sum %" PRIu64 ".%06" PRIu64 "\n", name,
                (uint64_t)(sum / USEC_PER_SEC), (uint64_t)(sum % USEC_PER_SEC));
}

/* A number of every backend. */
static void put_of_backends(FILE *out, const BackendFamily *family, struct json_object *status)
{
        bool is_counter = strcmp(family->type, "counter") == 0;

        put_family(out, family->name, family->type, NULL, family->purpose);
        for (size_t i = 0; i < json_length(status, "backends"); i++) {
                struct json_object *backend = json_element(status, "backends", i);

                (void)fprintf(out, PREFIX "%s%s{", family->name, is_counter ? "_total" : "");
                put_label(out, "backend", json_text(backend, "name"));
                (void)fprintf(out, "} %" PRIu64 "\n", json_number(backend, family->member));
        }
}

static void put_gauges(FILE *out, struct json_object *status)
{
        static const struct {
                const char *name, *member, *unit, *purpose;
        } gauges[] = {
                {"uptime_seconds", "uptime_sec", "seconds", "Since the numbers count."},
                {"generation_uptime_seconds", "generation_uptime_sec", "seconds",
                        "Since the configuration is in effect."},
                {"generation", "generation", NULL, "Of the configuration: one more a reload."},
                {"rules", "rules", NULL, "Rules of the configuration."},
                {"connections", "connections", NULL, "Clients connected now."},
                {"cached", "cached", NULL, "Logins whose OK is kept now."},
                {"penalties", "penalties", NULL,
                        "Users, each of an asker, with too many wrong passwords now."},
        };

        for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
                put_family(out, gauges[i].name, "gauge", gauges[i].unit, gauges[i].purpose);
                (void)fprintf(out, PREFIX "%s %" PRIu64 "\n", gauges[i].name,
                        json_number(status, gauges[i].member));
        }
}

/* Whether what is served is what the configuration says. */
static void put_configuration(FILE *out, struct json_object *reload)
{
        put_family(out, "reload_refused", "gauge", NULL,
                "1: the last reload was refused, and what was served before goes on.");
        (void)fprintf(out, PREFIX "reload_refused %d\n", json_is_true(reload, "refused"));
        put_family(out, "saved_configuration", "gauge", NULL,
                "1: what was kept of the configuration is served, since it was no good.");
        (void)fprintf(out, PREFIX "saved_configuration %d\n", json_is_true(reload, "saved"));
}

static void put_backends(FILE *out, struct json_object *status)
{
        static const BackendFamily families[] = {
                {"workers", "workers", "gauge", "Workers that a backend should have."},
                {"workers_idle", "idle", "gauge", "Workers that wait for a login."},
                {"workers_busy", "busy", "gauge", "Workers that check one."},
                {"workers_starting", "starting", "gauge", "Workers that are not ready yet."},
                {"waiting", "waiting", "gauge", "Logins that wait for a worker."},
                {"queue_overflows", "overflows", "counter",
                        "Logins answered NO since too many waited for a worker."},
                {"failed_starts", "failed_starts", "gauge",
                        "Starts of a worker that failed, in a row."},
        };

        for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
                put_of_backends(out, &families[i], status);
}

void metrics_print(struct json_object *status, FILE *out)
{
        struct json_object *answers = json_member(status, "answers");

        put_family(out, "build", "info", NULL, "The version of saslwardd.");
        (void)fputs(PREFIX "build_info{", out);
        put_label(out, "version", json_text(status, "saslward"));
        (void)fputs("} 1\n", out);
        put_counters(out, "answers", "result", "Logins answered, by result.",
                json_member(answers, "results"));
        put_counters(out, "answers_by_source", "source", "Logins answered, by who gave the answer.",
                json_member(answers, "sources"));
        put_counters(out, "refusals", "reason", "Logins refused, by the kind of reason.",
                json_member(answers, "refusals"));
        put_tally(out, "answers_by_backend", "backend", "Results by the backend asked last.",
                json_member(answers, "backends"));
        put_tally(out, "answers_by_service", "service", "Results by service.",
                json_member(answers, "services"));
        put_tally(out, "answers_by_vm", "vm", "Results by the VM that asked.",
                json_member(answers, "vms"));
        put_counters(out, "turned_away", "reason", "Answered NO without a login, by reason.",
                json_member(status, "turned_away"));
        put_latency(out, json_member(answers, "latency"));
        put_backends(out, status);
        put_gauges(out, status);
        put_configuration(out, json_member(status, "reload"));
        (void)fputs("# EOF\n", out);
}
