/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_reload.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "daemon/cli/control_client.h"
#include "daemon/cli/json_input.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define COMMAND      "reload"
#define PATIENCE_SEC 10
#define POLL_NSEC    50000000

typedef struct ReloadOptions {
        const char *config;    /* or NULL */
        const char *directory; /* of the control socket, or NULL */
        bool help;
} ReloadOptions;

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
                "usage: saslward reload [options]\n"
                "\n"
                "Has the daemon read its configuration anew, if nothing is wrong with it, as\n"
                "SIGHUP does, and waits until it is in effect. No login is lost meanwhile.\n"
                "Withdrawing a rule does not close an open console. For root and the group\n"
                "saslward.\n"
                "\n"
                "  --config FILE  the configuration that the daemon has (" CONFIG_FILE "):\n"
                "                 it is read here first, and what is wrong is shown. Without that\n"
                "                 file the daemon, which may have been started with -a, decides\n"
                "  -m DIR         the daemon's directory, if it was given one; else it is asked\n"
                "                 at " CONTROL_SOCKET "\n"
                "\n"
                "Exit status: 0 in effect; 1 the configuration is wrong, or the daemon has\n"
                "kept the one it had; 2 nobody answers, or wrong usage.\n");
        return command_finish(CLI_YES);
}

/* Returns CLI_YES or CLI_ERROR. */
static int parse(int argc, char **argv, ReloadOptions *options)
{
        int option;

        while ((option = getopt_long(argc, argv, "m:h", long_options, NULL)) != -1)
                switch (option) {
                case 'm': options->directory = optarg; break;
                case OPTION_CONFIG: options->config = optarg; break;
                case 'h': options->help = true; return CLI_YES;
                default: return command_usage(COMMAND, "wrong usage");
                }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        return CLI_YES;
}

/* The generation that answers a command, or 0, then with an error. */
static uint64_t ask_generation(const char *directory, const char *command, char **error)
{
        struct json_object *answer = control_ask(directory, control_request(command), error);
        uint64_t generation = answer ? json_number(answer, "generation") : 0;

        json_object_put(answer);
        return generation;
}

/* While one front leaves and another comes, nobody may answer for a moment. */
static uint64_t await_another(const char *directory, uint64_t before)
{
        const struct timespec pause = {.tv_nsec = POLL_NSEC};
        time_t end = time(NULL) + PATIENCE_SEC;

        while (time(NULL) <= end) {
                _cleanup_(free_pointer) char *error = NULL;
                uint64_t now = ask_generation(directory, "status", &error);

                if (now > before)
                        return now;
                (void)nanosleep(&pause, NULL);
        }
        return 0;
}

static int reload(const ReloadOptions *options)
{
        _cleanup_(free_pointer) char *error = NULL;
        uint64_t before = ask_generation(options->directory, "reload", &error), now;

        if (error) {
                (void)fprintf(stderr, "saslward: %s\n", error);
                return CLI_ERROR;
        }
        now = await_another(options->directory, before);
        if (now == 0) {
                (void)fprintf(stderr,
                        "saslward: not reloaded within %d s: the daemon goes on with generation "
                        "%" PRIu64 "; its log says why\n",
                        PATIENCE_SEC, before);
                return CLI_NO;
        }
        (void)printf("reloaded: generation %" PRIu64 "\n"
                     "Withdrawing a rule does not close an open console.\n",
                now);
        return command_finish(CLI_YES);
}

int cli_reload(int argc, char **argv)
{
        _cleanup_(config_deinit) Config config;
        ReloadOptions options = {};
        int status = parse(argc, argv, &options);

        config_init(&config);
        if (status != CLI_YES)
                return status;
        if (options.help)
                return help();
        /* With -a there is none, and elsewhere the daemon knows what to do without. */
        if (!options.config && access(CONFIG_FILE, F_OK) < 0)
                return reload(&options);
        return command_read_config(&config, options.config, true) ? reload(&options) : CLI_NO;
}
