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
                "Exit status: 0 in effect, or about to be, as soon as logins of an earlier\n"
                "configuration are answered or workers are ready; 1 the configuration is wrong,\n"
                "or the daemon has kept the one it had; 2 nobody answers, or wrong usage.\n");
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

/* While one front leaves and another comes, nobody may answer for a moment. Returns the last status
 * that there was, in which the reload after so many is decided, if that came in time; or NULL. */
static struct json_object *await_decision(const char *directory, uint64_t begun)
{
        const struct timespec pause = {.tv_nsec = POLL_NSEC};
        time_t end = time(NULL) + PATIENCE_SEC;
        struct json_object *last = NULL;

        while (time(NULL) <= end) {
                _cleanup_(free_pointer) char *error = NULL;
                struct json_object *status =
                        control_ask(directory, control_request("status"), &error);

                if (status) {
                        json_object_put(last);
                        last = status;
                        if (json_number(json_member(status, "reload"), "decided") > begun)
                                break;
                }
                (void)nanosleep(&pause, NULL);
        }
        return last;
}

static int tell_served(struct json_object *status)
{
        (void)printf("reloaded: generation %" PRIu64 "\n"
                     "Withdrawing a rule does not close an open console.\n",
                json_number(status, "generation"));
        return command_finish(CLI_YES);
}

static int tell_refused(struct json_object *status)
{
        struct json_object *reload = json_member(status, "reload");
        uint64_t left_out = json_number(reload, "left_out");

        for (size_t i = 0; i < json_length(reload, "complaints"); i++)
                (void)fprintf(stderr, "%s\n",
                        json_object_get_string(json_element(reload, "complaints", i)));
        if (left_out > 0)
                (void)fprintf(stderr, "and %" PRIu64 " more, which the log has\n", left_out);
        (void)fprintf(stderr,
                "saslward: not reloaded: %s; the daemon goes on with generation %" PRIu64 "\n",
                json_text(reload, "reason"), json_number(status, "generation"));
        return CLI_NO;
}

/* It is not decided yet. That is no failure where it is known what it waits for. */
static int tell_pending(struct json_object *status)
{
        struct json_object *reload = json_member(status, "reload");
        uint64_t finishing = json_number(reload, "waits_for");

        if (finishing > 0)
                (void)printf("not in effect yet: generation %" PRIu64 " has logins to answer that "
                             "it has taken; the reload follows when it has left\n",
                        finishing);
        else if (json_number(reload, "begun") > json_number(reload, "decided"))
                (void)printf("not in effect yet: workers are not ready; generation %" PRIu64
                             " goes on until they are\n",
                        json_number(status, "generation"));
        else {
                (void)fprintf(stderr,
                        "saslward: not reloaded within %d s, and the daemon does not say why; its "
                        "log may\n",
                        PATIENCE_SEC);
                return CLI_NO;
        }
        return command_finish(CLI_YES);
}

static int tell(struct json_object *status, uint64_t begun)
{
        struct json_object *reload = json_member(status, "reload");

        if (json_number(reload, "decided") <= begun)
                return tell_pending(status);
        return json_is_true(reload, "refused") ? tell_refused(status) : tell_served(status);
}

static int reload(const ReloadOptions *options)
{
        _cleanup_(free_pointer) char *error = NULL;
        struct json_object *answer =
                control_ask(options->directory, control_request("reload"), &error);
        uint64_t begun = json_number(answer, "begun");
        struct json_object *status;
        int result;

        json_object_put(answer);
        if (!answer) {
                (void)fprintf(stderr, "saslward: %s\n", error);
                return CLI_ERROR;
        }
        status = await_decision(options->directory, begun);
        result = tell(status, begun);
        json_object_put(status);
        return result;
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
