/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_status.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "daemon/cli/control_client.h"
#include "daemon/cli/health.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/output.h"
#include "daemon/cli/status_text.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <stdio.h>

#define COMMAND      "status"
#define CLEAR_SCREEN "\033[H\033[J"

typedef struct StatusOptions {
        const char *directory; /* of the control socket, or NULL */
        bool watch, json, help;
} StatusOptions;

enum {
        OPTION_WATCH = 256,
        OPTION_JSON,
};

static const struct option long_options[] = {
        {"watch", no_argument, NULL, OPTION_WATCH},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {},
};

static int help(void)
{
        (void)printf(
                "usage: saslward status [options]\n"
                "\n"
                "Shows how the daemon is doing: first a line for monitoring systems, then its\n"
                "backends, sockets, and the logins it has answered, by result. For root and\n"
                "the group saslward.\n"
                "\n"
                "  --watch  again each second, until ^C\n"
                "  --json   for programs; saslward-control(7) tells what is in it\n"
                "  -m DIR   the daemon's directory, if it was given one; else it is asked at\n"
                "           " CONTROL_SOCKET "\n"
                "\n"
                "Exit status: 0 OK; 1 WARNING: workers of a backend fail to start, or are\n"
                "missing while logins wait; or what is served is not what the configuration\n"
                "says; 2 CRITICAL: nobody answers, or a backend has no worker; 2 wrong usage.\n");
        return command_finish(CLI_YES);
}

/* Returns CLI_YES or CLI_ERROR. */
static int parse(int argc, char **argv, StatusOptions *options)
{
        int option;

        while ((option = getopt_long(argc, argv, "m:h", long_options, NULL)) != -1)
                switch (option) {
                case 'm': options->directory = optarg; break;
                case OPTION_WATCH: options->watch = true; break;
                case OPTION_JSON: options->json = true; break;
                case 'h': options->help = true; return CLI_YES;
                default: return command_usage(COMMAND, "wrong usage");
                }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        if (options->watch && options->json)
                return command_usage(COMMAND, "--watch is for people, --json for programs");
        return CLI_YES;
}

static void print_json(struct json_object *status, const Health *health)
{
        struct json_object *object = status ? json_object_get(status) : json_object_new_object();

        json_add(object, "state", health_to_string(health->state));
        json_add(object, "text", health->text);
        json_write(object, stdout);
}

static void print_text(struct json_object *status, const Health *health)
{
        (void)printf("%s: %s\n", health_to_string(health->state), health->text);
        if (status)
                status_print(status, stdout);
}

/* Returns the exit status. */
static int show(const StatusOptions *options)
{
        char *error = NULL;
        struct json_object *status =
                control_ask(options->directory, control_request("status"), &error);
        _cleanup_(health_deinit) Health health =
                status ? health_of(status) : (Health){HEALTH_CRITICAL, error};

        (options->json ? print_json : print_text)(status, &health);
        json_object_put(status);
        return command_finish((int)health.state);
}

/* Until the output is gone. */
static int watch(const StatusOptions *options)
{
        bool is_terminal = isatty(STDOUT_FILENO) == 1;
        int status;

        do {
                (void)fputs(is_terminal ? CLEAR_SCREEN : "", stdout);
                status = show(options);
                (void)fputs(is_terminal ? "" : "\n", stdout);
                (void)sleep(1);
        } while (!ferror(stdout));
        return status;
}

int cli_status(int argc, char **argv)
{
        StatusOptions options = {};
        int status = parse(argc, argv, &options);

        if (status != CLI_YES)
                return status;
        if (options.help)
                return help();
        return options.watch ? watch(&options) : show(&options);
}
