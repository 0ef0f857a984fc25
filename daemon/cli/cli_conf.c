/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_conf.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "daemon/config_print.h"
#include "proto/cleanup.h"

#include <getopt.h>

#define COMMAND "conf"

enum {
        OPTION_CONFIG = 256,
};

static const struct option long_options[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"help", no_argument, NULL, 'h'},
        {},
};

static int help(void)
{
        (void)printf(
                "usage: saslward conf [-n] [--config FILE]\n"
                "\n"
                "Prints the configuration in effect, as one file: what it includes stands in its\n"
                "place, what was not written stands with its default.\n"
                "\n"
                "  -n             only what was written and is not the default\n"
                "  --config FILE  the configuration (" CONFIG_FILE ")\n"
                "\n"
                "Exit status: 0 done; 2 wrong usage or configuration.\n");
        return command_finish(CLI_YES);
}

int cli_conf(int argc, char **argv)
{
        _cleanup_(config_deinit) Config config;
        const char *path = NULL;
        bool written_only = false;
        int option;

        config_init(&config);
        while ((option = getopt_long(argc, argv, "nh", long_options, NULL)) != -1)
                switch (option) {
                case 'h': return help();
                case 'n': written_only = true; break;
                case OPTION_CONFIG: path = optarg; break;
                default: return command_usage(COMMAND, "wrong usage");
                }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        if (!command_read_config(&config, path, false))
                return CLI_ERROR;
        if (written_only)
                config_print(&config, stdout);
        else
                config_print_all(&config, stdout);
        return command_finish(CLI_YES);
}
