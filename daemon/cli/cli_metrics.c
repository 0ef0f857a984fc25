/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_metrics.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "daemon/cli/control_client.h"
#include "daemon/cli/metrics.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <stdio.h>

#define COMMAND "metrics"

static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {},
};

static int help(void)
{
        (void)printf(
                "usage: saslward metrics [-m DIR]\n"
                "\n"
                "Prints the daemon's numbers as OpenMetrics text, for Prometheus and its like:\n"
                "answers by result, backend, service and VM, their latency, the workers. For\n"
                "root and the group saslward.\n"
                "\n"
                "  -m DIR  the daemon's directory, if it was given one; else it is asked at\n"
                "          " CONTROL_SOCKET "\n"
                "\n"
                "Exit status: 0 done; 2 nobody answers, or wrong usage.\n");
        return command_finish(CLI_YES);
}

static int print(const char *directory)
{
        _cleanup_(free_pointer) char *error = NULL;
        struct json_object *status = control_ask(directory, control_request("status"), &error);

        if (!status) {
                (void)fprintf(stderr, "saslward: %s\n", error);
                return CLI_ERROR;
        }
        metrics_print(status, stdout);
        json_object_put(status);
        return command_finish(CLI_YES);
}

int cli_metrics(int argc, char **argv)
{
        const char *directory = NULL;
        int option;

        while ((option = getopt_long(argc, argv, "m:h", long_options, NULL)) != -1) {
                if (option == 'h')
                        return help();
                if (option != 'm')
                        return command_usage(COMMAND, "wrong usage");
                directory = optarg;
        }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        return print(directory);
}
