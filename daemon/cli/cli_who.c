/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_who.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "daemon/cli/output.h"
#include "daemon/cli/who.h"
#include "proto/cleanup.h"

#include <getopt.h>

#define COMMAND "who"

/* Words that were given for an axis. */
typedef struct Words {
        const char **words;
        size_t count;
} Words;

typedef struct WhoOptions {
        const char *config;
        const char *domains; /* directory */
        Words users, vms, services;
        bool json, html, help;
} WhoOptions;

enum {
        OPTION_USER = 256,
        OPTION_VM,
        OPTION_SERVICE,
        OPTION_CONFIG,
        OPTION_LIBVIRT,
        OPTION_JSON,
        OPTION_HTML,
};

static const struct option long_options[] = {
        {"user", required_argument, NULL, OPTION_USER},
        {"vm", required_argument, NULL, OPTION_VM},
        {"service", required_argument, NULL, OPTION_SERVICE},
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"libvirt", required_argument, NULL, OPTION_LIBVIRT},
        {"json", no_argument, NULL, OPTION_JSON},
        {"html", no_argument, NULL, OPTION_HTML},
        {"help", no_argument, NULL, 'h'},
        {},
};

static int help(void)
{
        (void)printf(
                "usage: saslward who [options]\n"
                "\n"
                "Shows who gets in where with the right password: users, and groups that the\n"
                "system does not know, by services and VMs. VMs are those that the configuration\n"
                "names and those that libvirt runs here; * marks running ones. A pattern stands\n"
                "for what it matches and nothing else names.\n"
                "\n"
                "  --user USER        only this user; may be given several times, as\n"
                "  --vm VM            only this VM\n"
                "  --service SERVICE  only this service\n"
                "  --config FILE      the configuration (" CONFIG_FILE ")\n"
                "  --libvirt DIR      libvirt's directory (" DOMAINS_DIRECTORY ")\n"
                "  --json             every cell, for programs\n"
                "  --html             one page, which needs nothing else\n"
                "\n"
                "Exit status: 0 done; 2 wrong usage or configuration.\n");
        return command_finish(CLI_YES);
}

static void add_word(Words *words)
{
        const char **grown = reallocarray(words->words, words->count + 1, sizeof(char *));

        if (!grown)
                output_no_memory();
        words->words = grown;
        grown[words->count++] = optarg;
}

static void set_option(WhoOptions *options, int option)
{
        switch (option) {
        case OPTION_USER: add_word(&options->users); break;
        case OPTION_VM: add_word(&options->vms); break;
        case OPTION_SERVICE: add_word(&options->services); break;
        case OPTION_CONFIG: options->config = optarg; break;
        case OPTION_LIBVIRT: options->domains = optarg; break;
        case OPTION_JSON: options->json = true; break;
        case OPTION_HTML: options->html = true; break;
        case 'h': options->help = true; break;
        }
}

/* Returns CLI_YES or CLI_ERROR. */
static int parse(int argc, char **argv, WhoOptions *options)
{
        int option;

        while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
                if (option == '?')
                        return command_usage(COMMAND, "wrong usage");
                set_option(options, option);
        }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        if (options->json && options->html)
                return command_usage(COMMAND, "give one of --json and --html");
        return CLI_YES;
}

/* A word of the command line that the configuration does not name is shown, too. */
static void narrow(Axis *axis, const Words *words)
{
        axes_keep(axis, words->words, words->count);
        for (size_t i = 0; i < words->count; i++)
                axes_add_word(axis, words->words[i]);
}

static void make_axes(Axes *axes, const Config *config, const WhoOptions *options)
{
        _cleanup_(domains_deinit) Domains domains;

        *axes = (Axes){};
        domains_init(&domains, options->domains);
        axes_add_config(axes, config);
        axes_add_domains(axes, &domains);
        axes_complete(axes);
        narrow(&axes->users, &options->users);
        narrow(&axes->vms, &options->vms);
        narrow(&axes->services, &options->services);
}

static int who(const WhoOptions *options)
{
        _cleanup_(config_deinit) Config config;
        _cleanup_(axes_deinit) Axes axes = {};
        _cleanup_(matrix_deinit) Matrix matrix = {};
        _cleanup_(layout_deinit) Layout layout = {};

        config_init(&config);
        if (!command_read_config(&config, options->config, false))
                return CLI_ERROR;
        make_axes(&axes, &config, options);
        if (!matrix_fits(&axes))
                return command_usage(COMMAND,
                        "%zu users, %zu services and %zu VMs are too many; narrow them with "
                        "--user, --service, --vm",
                        axes.users.count, axes.services.count, axes.vms.count);
        matrix_init(&matrix, &config, &axes);
        layout_init(&layout, &matrix, options->vms.count == 0);
        if (options->json)
                who_print_json(&matrix, stdout);
        else if (options->html)
                who_print_html(&matrix, &layout, stdout);
        else
                who_print(&matrix, &layout, stdout);
        return command_finish(CLI_YES);
}

int cli_who(int argc, char **argv)
{
        WhoOptions options = {.domains = DOMAINS_DIRECTORY};
        int status = parse(argc, argv, &options);

        if (status == CLI_YES)
                status = options.help ? help() : who(&options);
        free(options.users.words);
        free(options.vms.words);
        free(options.services.words);
        return status;
}
