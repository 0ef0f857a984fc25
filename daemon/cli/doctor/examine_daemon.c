/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/health.h"
#include "daemon/cli/json_input.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <inttypes.h>
#include <string.h>

/* Where saslauthd has taken its place, that is the fault. */
static void report_silence(Diagnosis *diagnosis, const char *error)
{
        if (diagnosis_has(diagnosis, "mux-taken"))
                return;
        if (strstr(error, "permission denied")) {
                diagnosis_untried(diagnosis, output_format("the daemon: %s", error));
                return;
        }
        diagnosis_add(
                diagnosis, (Fault){.severity = SEVERITY_ERROR,
                                   .name = "no-daemon",
                                   .what = output_format("The daemon does not answer: %s.", error),
                                   .why = output_format("Nobody can log in while it does not run."),
                                   .remedy = output_format("systemctl enable --now saslwardd")});
}

static void report_health(Diagnosis *diagnosis, const Health *health)
{
        if (health->state == HEALTH_OK)
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = health->state == HEALTH_CRITICAL ? SEVERITY_ERROR
                                                                     : SEVERITY_WARNING,
                        .name = "unwell",
                        .what = output_format("The daemon is not well: %s.", health->text),
                        .why = output_format("Logins that need this backend are refused."),
                        .remedy = output_format(
                                "journalctl -t saslauthd -p warning -n 20  # says why\n"
                                "systemctl restart saslwardd")});
}

static bool listens_on(struct json_object *status, const char *path)
{
        for (size_t i = 0; i < json_length(status, "sockets"); i++)
                if (strcmp(json_text(json_element(status, "sockets", i), "path"), path) == 0)
                        return true;
        return false;
}

/* As far as its status tells: the number of rules, and the sockets. */
static bool is_in_effect(const Config *config, struct json_object *status)
{
        if (json_number(status, "rules") != config->rule_count ||
                json_length(status, "sockets") != config->listen_count)
                return false;
        for (size_t i = 0; i < config->listen_count; i++)
                if (!listens_on(status, config->listens[i].path))
                        return false;
        return true;
}

static void compare(const Config *config, struct json_object *status, Diagnosis *diagnosis)
{
        if (is_in_effect(config, status))
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_WARNING,
                        .name = "not-reloaded",
                        .what = output_format(
                                "The daemon runs with another configuration than %s: with %" PRIu64
                                " rules and %zu sockets; the file has %zu and %zu.",
                                config_file(config, (Place){}), json_number(status, "rules"),
                                json_length(status, "sockets"), config->rule_count,
                                config->listen_count),
                        .why = output_format(
                                "A changed file counts only once the daemon has read it."),
                        .remedy = output_format("saslward reload")});
}

void examine_daemon(const Patient *patient, Diagnosis *diagnosis)
{
        _cleanup_(health_deinit) Health health = {};

        diagnosis_look(diagnosis);
        if (!patient->status) {
                report_silence(diagnosis, patient->silence);
                return;
        }
        health = health_of(patient->status);
        diagnosis_look(diagnosis);
        report_health(diagnosis, &health);
        compare(patient->config, patient->status, diagnosis);
}
