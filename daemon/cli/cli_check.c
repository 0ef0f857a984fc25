/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_check.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <stdio.h>

#define COMMAND "check"

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
        (void)printf("usage: saslward check [FILE]\n"
                     "\n"
                     "Says what is wrong with a configuration (" CONFIG_FILE "), as\n"
                     "saslwardd --check does: FILE:LINE:COLUMN: what is wrong, and what would be\n"
                     "right. Prints nothing if all is well.\n"
                     "\n"
                     "  --config FILE  the same as FILE\n"
                     "\n"
                     "Exit status: 0 no error; 1 errors; 2 wrong usage.\n");
        return command_finish(CLI_YES);
}

int cli_check(int argc, char **argv)
{
        _cleanup_(config_deinit) Config config;
        const char *path = NULL;
        int option;

        config_init(&config);
        while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
                if (option == 'h')
                        return help();
                if (option != OPTION_CONFIG)
                        return command_usage(COMMAND, "wrong usage");
                path = optarg;
        }
        if (optind < argc && !path)
                path = argv[optind++];
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        return command_read_config(&config, path, true) ? CLI_YES : CLI_NO;
}
