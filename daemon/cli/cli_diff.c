/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_diff.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "daemon/cli/difference.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <stdio.h>

#define COMMAND "diff"

typedef struct DiffOptions {
        const char *before; /* --config, or NULL */
        const char *after;
        const char *domains;
        bool json, help;
} DiffOptions;

enum {
        OPTION_CONFIG = 256,
        OPTION_LIBVIRT,
        OPTION_JSON,
};

static const struct option long_options[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"libvirt", required_argument, NULL, OPTION_LIBVIRT},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {},
};

static int help(void)
{
        (void)printf(
                "usage: saslward diff NEW [options]\n"
                "\n"
                "Shows who gains and who loses which VM or service if the configuration NEW\n"
                "took the place of the one in effect: users and VMs that either names, and what\n"
                "neither does. Lines that change what such a table cannot show are listed:\n"
                "sockets, backends, identity, penalties, and rules where it depends.\n"
                "\n"
                "  --config FILE  the configuration before (" CONFIG_FILE ")\n"
                "  --libvirt DIR  libvirt's directory (" DOMAINS_DIRECTORY ")\n"
                "  --json         for programs\n"
                "\n"
                "Exit status: 0 no difference; 1 differences; 2 wrong usage or configuration.\n");
        return command_finish(CLI_YES);
}

/* Returns CLI_YES or CLI_ERROR. */
static int parse(int argc, char **argv, DiffOptions *options)
{
        int option;

        while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
                switch (option) {
                case OPTION_CONFIG: options->before = optarg; break;
                case OPTION_LIBVIRT: options->domains = optarg; break;
                case OPTION_JSON: options->json = true; break;
                case 'h': options->help = true; return CLI_YES;
                default: return command_usage(COMMAND, "wrong usage");
                }
        if (optind >= argc)
                return command_usage(COMMAND, "give the new configuration's file");
        options->after = argv[optind++];
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        return CLI_YES;
}

static int compare(const DiffOptions *options, const Config *before, const Config *after)
{
        _cleanup_(domains_deinit) Domains domains;
        _cleanup_(axes_deinit) Axes axes = {};
        _cleanup_(matrix_deinit) Matrix old = {}, new = {};
        _cleanup_(difference_deinit) Difference difference = {};

        domains_init(&domains, options->domains);
        axes_add_config(&axes, before);
        axes_add_config(&axes, after);
        axes_add_domains(&axes, &domains);
        axes_complete(&axes);
        if (!matrix_fits(&axes))
                return command_usage(COMMAND,
                        "%zu users, %zu services and %zu VMs are too many to compare; compare "
                        "parts of the files",
                        axes.users.count, axes.services.count, axes.vms.count);
        matrix_init(&old, before, &axes);
        matrix_init(&new, after, &axes);
        difference_init(&difference, &old, &new);
        (options->json ? difference_print_json : difference_print)(&difference, stdout);
        return command_finish(difference_is_empty(&difference) ? CLI_YES : CLI_NO);
}

static int diff(const DiffOptions *options)
{
        _cleanup_(config_deinit) Config before;
        _cleanup_(config_deinit) Config after;

        config_init(&before);
        config_init(&after);
        if (!command_read_config(&before, options->before, false) ||
                !command_read_config(&after, options->after, false))
                return CLI_ERROR;
        return compare(options, &before, &after);
}

int cli_diff(int argc, char **argv)
{
        DiffOptions options = {.domains = DOMAINS_DIRECTORY};
        int status = parse(argc, argv, &options);

        if (status != CLI_YES)
                return status;
        return options.help ? help() : diff(&options);
}
