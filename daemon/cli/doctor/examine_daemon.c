/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/health.h"
#include "daemon/cli/json_input.h"
#include "daemon/cli/output.h"
#include "daemon/config_hash.h"
#include "proto/cleanup.h"

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

/* The hash tells what the configuration says, but not where -m has the daemon listen. */
static bool is_in_effect(const Config *config, const char *hash, struct json_object *status)
{
        if (strcmp(json_text(status, "config"), hash) != 0)
                return false;
        for (size_t i = 0; i < config->listen_count; i++)
                if (!listens_on(status, config->listens[i].path))
                        return false;
        return true;
}

/* With -a there is nothing that it could read anew. */
static char *take_up(const char *running)
{
        if (strncmp(running, "-a ", 3) == 0)
                return output_format(
                        "saslward doctor %s  # or start the daemon without -a", running);
        return output_format("saslward reload");
}

static void compare(const Config *config, struct json_object *status, Diagnosis *diagnosis)
{
        const char *running = json_text(status, "config");
        char hash[CONFIG_HASH_SIZE];

        if (config_hash(config, hash) < 0)
                output_no_memory();
        if (is_in_effect(config, hash, status))
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_WARNING,
                        .name = "not-reloaded",
                        .what = output_format(
                                "The daemon runs with another configuration (%s) than %s (%s).",
                                running, config_file(config, (Place){}), hash),
                        .why = output_format(
                                "A changed file counts only once the daemon has read it."),
                        .remedy = take_up(running)});
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
