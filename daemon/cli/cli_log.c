/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_log.h"

#include "daemon/cli/command.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/login_log.h"
#include "daemon/cli/moment.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <stdio.h>

#define COMMAND       "log"
#define SINCE_DEFAULT "-1d"

typedef struct LogOptions {
        const char *vm, *user, *service, *result; /* only those, or NULL */
        const char *since;
        const char *directory; /* of journal files, or NULL */
        bool json, help;
} LogOptions;

enum {
        OPTION_VM = 256,
        OPTION_USER,
        OPTION_SERVICE,
        OPTION_RESULT,
        OPTION_SINCE,
        OPTION_JSON,
};

static const struct option long_options[] = {
        {"vm", required_argument, NULL, OPTION_VM},
        {"user", required_argument, NULL, OPTION_USER},
        {"service", required_argument, NULL, OPTION_SERVICE},
        {"result", required_argument, NULL, OPTION_RESULT},
        {"since", required_argument, NULL, OPTION_SINCE},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {},
};

static int help(void)
{
        (void)printf(
                "usage: saslward log [options]\n"
                "\n"
                "Shows what has become of logins, as systemd's journal has it: a line for each\n"
                "decision, with the number that saslward explain takes. Channels of one\n"
                "console login are one decision. For root and the group systemd-journal.\n"
                "\n"
                "  --vm NAME       only logins at this VM\n"
                "  --user NAME     only of this user, as he was typed\n"
                "  --service NAME  only of this service\n"
                "  --result WORD   only those: OK, MISMATCH, UNKNOWN, DENIED or UNAVAILABLE\n"
                "  --since TIME    from then on: -2h, -7d, 2026-03-31, \"2026-03-31 18:30\"\n"
                "                  (" SINCE_DEFAULT ")\n"
                "  -D DIR          reads the journal's files in DIR, of another machine\n"
                "  --json          all that is known, for programs\n"
                "\n"
                "Exit status: 0 done; 2 no journal can be read, or wrong usage.\n");
        return command_finish(CLI_YES);
}

/* Returns CLI_YES or CLI_ERROR. */
static int parse(int argc, char **argv, LogOptions *options)
{
        int option;

        while ((option = getopt_long(argc, argv, "D:h", long_options, NULL)) != -1)
                switch (option) {
                case OPTION_VM: options->vm = optarg; break;
                case OPTION_USER: options->user = optarg; break;
                case OPTION_SERVICE: options->service = optarg; break;
                case OPTION_RESULT: options->result = optarg; break;
                case OPTION_SINCE: options->since = optarg; break;
                case OPTION_JSON: options->json = true; break;
                case 'D': options->directory = optarg; break;
                case 'h': options->help = true; return CLI_YES;
                default: return command_usage(COMMAND, "wrong usage");
                }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        return CLI_YES;
}

static void match(JournalReader *reader, const char *field, const char *value)
{
        if (value)
                journal_reader_match(reader, field, value);
}

static void show(const LogOptions *options, JournalReader *reader, uint64_t since)
{
        _cleanup_(login_log_deinit) LoginLog log;

        match(reader, "VM", options->vm);
        match(reader, "USER", options->user);
        match(reader, "SERVICE", options->service);
        match(reader, "RESULT", options->result);
        journal_reader_seek(reader, since);
        login_log_init(&log, reader);
        if (options->json)
                json_write(json_object_get(log.rows), stdout);
        else
                login_log_print(&log, stdout);
}

static int run(const LogOptions *options)
{
        _cleanup_(journal_reader_deinit) JournalReader reader = {};
        _cleanup_(free_pointer) char *error = NULL;
        uint64_t since;

        if (!moment_parse(options->since, moment_now(), &since))
                return command_usage(COMMAND,
                        "--since %s: give -2h, -7d, 2026-03-31, or \"2026-03-31 18:30\"",
                        options->since);
        if (!journal_reader_init(&reader, options->directory, &error)) {
                (void)fprintf(stderr, "saslward: %s\n", error);
                return CLI_ERROR;
        }
        show(options, &reader, since);
        return command_finish(CLI_YES);
}

int cli_log(int argc, char **argv)
{
        LogOptions options = {.since = SINCE_DEFAULT};
        int status = parse(argc, argv, &options);

        if (status != CLI_YES)
                return status;
        return options.help ? help() : run(&options);
}
