/* SPDX-License-Identifier: BSD-2-Clause */
#include "health.h"

#include "daemon/cli/json_input.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <inttypes.h>

#define MINUTE UINT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

char *health_uptime(uint64_t seconds)
{
        if (seconds < MINUTE)
                return output_format("%" PRIu64 " s", seconds);
        if (seconds < HOUR)
                return output_format("%" PRIu64 " min", seconds / MINUTE);
        if (seconds < DAY)
                return output_format(
                        "%" PRIu64 " h %" PRIu64 " min", seconds / HOUR, seconds % HOUR / MINUTE);
        return output_format("%" PRIu64 " d %" PRIu64 " h", seconds / DAY, seconds % DAY / HOUR);
}

/* Adds a problem to the text, and to the state. Takes text over. */
static void add(Health *health, HealthState state, char *text)
{
        char *before = health->text;

        health->text = output_format("%s%s%s", before ? before : "", before ? "; " : "", text);
        health->state = state > health->state ? state : health->state;
        free(before);
        free(text);
}

static void judge_backend(Health *health, struct json_object *backend)
{
        const char *name = json_text(backend, "name");
        uint64_t ready = json_number(backend, "idle") + json_number(backend, "busy");
        uint64_t failed = json_number(backend, "failed_starts");
        uint64_t waiting = json_number(backend, "waiting");
        uint64_t wanted = json_number(backend, "workers");

        if (failed > 0 && ready == 0)
                add(health, HEALTH_CRITICAL,
                        output_format("backend %s: no worker is ready, %" PRIu64
                                      " starts in a row failed; the log says why",
                                name, failed));
        else if (failed > 0)
                add(health, HEALTH_WARNING,
                        output_format("backend %s: %" PRIu64
                                      " starts of a worker in a row failed; the log says why",
                                name, failed));
        else if (ready < wanted && waiting > 0)
                add(health, HEALTH_WARNING,
                        output_format("backend %s: %" PRIu64 " of %" PRIu64
                                      " workers are ready, and logins wait: %" PRIu64,
                                name, ready, wanted, waiting));
}

/* What is served is not what the file says. */
static void judge_configuration(Health *health, struct json_object *status)
{
        struct json_object *reload = json_member(status, "reload");
        const char *reason = json_text(reload, "reason");

        if (json_is_true(reload, "refused"))
                add(health, HEALTH_WARNING,
                        output_format("the last reload was refused: %s; generation %" PRIu64
                                      " goes on",
                                reason, json_number(status, "generation")));
        if (json_is_true(reload, "saved"))
                add(health, HEALTH_WARNING,
                        output_format("the configuration kept of an earlier day is served%s%s",
                                json_is_true(reload, "refused") ? "" : ": ",
                                json_is_true(reload, "refused") ? "" : reason));
}

Health health_of(struct json_object *status)
{
        Health health = {};
        _cleanup_(free_pointer) char *uptime = health_uptime(json_number(status, "uptime_sec"));

        for (size_t i = 0; i < json_length(status, "backends"); i++)
                judge_backend(&health, json_element(status, "backends", i));
        judge_configuration(&health, status);
        if (!health.text)
                add(&health, HEALTH_OK,
                        output_format("up for %s, %" PRIu64 " logins answered", uptime,
                                json_number(json_member(status, "answers"), "total")));
        return health;
}

void health_deinit(Health *health)
{
        free(health->text);
}

const char *health_to_string(HealthState state)
{
        static const char *const names[] = {
                [HEALTH_OK] = "OK",
                [HEALTH_WARNING] = "WARNING",
                [HEALTH_CRITICAL] = "CRITICAL",
        };

        return names[state];
}
