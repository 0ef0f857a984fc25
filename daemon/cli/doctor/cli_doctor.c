/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_doctor.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "daemon/cli/control_client.h"
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/output.h"
#include "daemon/log.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define COMMAND "doctor"

typedef struct DoctorOptions {
        const char *path;      /* of the configuration */
        const char *mechanism; /* -a, or NULL */
        const char *option;    /* -O, or NULL */
        const char *directory; /* -m, or NULL */
        bool json, help;
} DoctorOptions;

enum {
        OPTION_CONFIG = 256,
        OPTION_JSON,
};

static const struct option long_options[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {},
};

static void (*const examinations[])(const Patient *patient, Diagnosis *diagnosis) = {
        examine_sockets,
        examine_daemon,
        examine_others,
        examine_programs,
        examine_reach,
        examine_consoles,
        examine_services,
        examine_sasldb,
        examine_ldap,
        examine_pam,
        examine_confinement,
        examine_clock,
};

static int help(void)
{
        (void)printf(
                "usage: saslward doctor [options]\n"
                "\n"
                "Looks at everything that has to fit together: the daemon, its configuration,\n"
                "the programs that ask it and what libsasl2 reads for them, libvirt's consoles,\n"
                "the sasldb, directories, PAM. Says of each fault what is wrong, why it matters,\n"
                "and which command mends it. Changes nothing. As root it looks at more.\n"
                "\n"
                "  --json         for programs\n"
                "  --config FILE  the configuration (" CONFIG_FILE ")\n"
                "  -m DIR         the daemon's directory, if it was given one\n"
                "  -a MECHANISM   the daemon runs with -a MECHANISM, in saslauthd's place\n"
                "  -O OPTION      and with this -O\n"
                "\n"
                "Exit status: 0 nothing is wrong; 1 warnings; 2 errors; 2 wrong usage.\n");
        return command_finish(CLI_YES);
}

/* Returns CLI_YES or CLI_ERROR. */
static int parse(int argc, char **argv, DoctorOptions *options)
{
        int option;

        while ((option = getopt_long(argc, argv, "a:O:m:h", long_options, NULL)) != -1)
                switch (option) {
                case 'a': options->mechanism = optarg; break;
                case 'O': options->option = optarg; break;
                case 'm': options->directory = optarg; break;
                case 'h': options->help = true; return CLI_YES;
                case OPTION_CONFIG: options->path = optarg; break;
                case OPTION_JSON: options->json = true; break;
                default: return command_usage(COMMAND, "wrong usage");
                }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        if (options->mechanism && !mechanism_find(options->mechanism))
                return command_usage(COMMAND, "no mechanism %s; there are: %s", options->mechanism,
                        mechanism_names());
        return CLI_YES;
}

static void take_options(Config *config, const DoctorOptions *options)
{
        config->path = output_format("%s", options->path ? options->path : CONFIG_FILE);
        config->check_only = true; /* with its warnings */
        if (options->mechanism)
                config->drop_in = mechanism_find(options->mechanism);
        if (options->option)
                config->mech_option = output_format("%s", options->option);
        if (options->directory)
                config->directory = output_format("%s", options->directory);
}

static void examine(const DoctorOptions *options, Config *config, Diagnosis *diagnosis)
{
        Patient patient = {.config = config};

        if (!examine_config(config, diagnosis)) {
                diagnosis_untried(
                        diagnosis, output_format("all else, until the configuration can be read"));
                return;
        }
        patient.status =
                control_ask(options->directory, control_request("status"), &patient.silence);
        running_qemus_init(&patient.qemus);
        sasl_programs_init(&patient.programs, config, &patient.qemus);
        for (size_t i = 0; i < sizeof(examinations) / sizeof(examinations[0]); i++)
                examinations[i](&patient, diagnosis);
        sasl_programs_deinit(&patient.programs);
        running_qemus_deinit(&patient.qemus);
        json_object_put(patient.status);
        free(patient.silence);
}

int cli_doctor(int argc, char **argv)
{
        DoctorOptions options = {};
        _cleanup_(diagnosis_deinit) Diagnosis diagnosis = {};
        _cleanup_(config_deinit) Config config;
        int status = parse(argc, argv, &options);

        config_init(&config);
        if (status != CLI_YES)
                return status;
        if (options.help)
                return help();
        (void)log_open("saslward", 0); /* what the daemon would log is said as a fault */
        take_options(&config, &options);
        examine(&options, &config, &diagnosis);
        (options.json ? diagnosis_print_json : diagnosis_print)(&diagnosis, stdout);
        return command_finish((int)diagnosis_severity(&diagnosis));
}
