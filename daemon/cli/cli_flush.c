/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_flush.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "daemon/cli/control_client.h"
#include "daemon/cli/json_input.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#define COMMAND "flush"

typedef struct FlushOptions {
        const char *user, *vm; /* one of them, or neither: all */
        const char *directory; /* of the control socket, or NULL */
        bool help;
} FlushOptions;

enum {
        OPTION_USER = 256,
        OPTION_VM,
};

static const struct option long_options[] = {
        {"user", required_argument, NULL, OPTION_USER},
        {"vm", required_argument, NULL, OPTION_VM},
        {"help", no_argument, NULL, 'h'},
        {},
};

static int help(void)
{
        (void)printf(
                "usage: saslward flush [options]\n"
                "\n"
                "Has the daemon forget the good answers that it keeps (cache=, stale=, -c, the\n"
                "channels of a console), and who is in which group: the next login is checked\n"
                "by its backend. Open consoles stay open. For root and the group saslward.\n"
                "\n"
                "  --user NAME  only the answers to this user, as the backend knows him\n"
                "  --vm NAME    only the answers to this VM; or uuid:UUID\n"
                "  -m DIR       the daemon's directory, if it was given one; else it is asked\n"
                "               at " CONTROL_SOCKET "\n"
                "\n"
                "Exit status: 0 done; 2 nobody answers, or wrong usage.\n");
        return command_finish(CLI_YES);
}

/* Returns CLI_YES or CLI_ERROR. */
static int parse(int argc, char **argv, FlushOptions *options)
{
        int option;

        while ((option = getopt_long(argc, argv, "m:h", long_options, NULL)) != -1)
                switch (option) {
                case 'm': options->directory = optarg; break;
                case OPTION_USER: options->user = optarg; break;
                case OPTION_VM: options->vm = optarg; break;
                case 'h': options->help = true; return CLI_YES;
                default: return command_usage(COMMAND, "wrong usage");
                }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        if (options->user && options->vm)
                return command_usage(COMMAND, "give --user or --vm");
        return CLI_YES;
}

static int flush(const FlushOptions *options)
{
        _cleanup_(free_pointer) char *error = NULL;
        struct json_object *answer, *request = control_request("flush");

        if (options->user)
                (void)json_object_object_add(
                        request, "user", json_object_new_string(options->user));
        if (options->vm)
                (void)json_object_object_add(request, "vm", json_object_new_string(options->vm));
        answer = control_ask(options->directory, request, &error);
        if (!answer) {
                (void)fprintf(stderr, "saslward: %s\n", error);
                return CLI_ERROR;
        }
        (void)printf("kept logins forgotten: %" PRIu64 "\n", json_number(answer, "flushed"));
        json_object_put(answer);
        return command_finish(CLI_YES);
}

int cli_flush(int argc, char **argv)
{
        FlushOptions options = {};
        int status = parse(argc, argv, &options);

        if (status != CLI_YES)
                return status;
        return options.help ? help() : flush(&options);
}
