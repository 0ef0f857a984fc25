/* SPDX-License-Identifier: BSD-2-Clause */

/* saslward: the command-line client; under the name testsaslauthd, that program. */

#include "build-config.h"
#include "daemon/cli/cli_adopt.h"
#include "daemon/cli/cli_check.h"
#include "daemon/cli/cli_conf.h"
#include "daemon/cli/cli_deluser.h"
#include "daemon/cli/cli_diff.h"
#include "daemon/cli/cli_explain.h"
#include "daemon/cli/cli_flush.h"
#include "daemon/cli/cli_log.h"
#include "daemon/cli/cli_metrics.h"
#include "daemon/cli/cli_passwd.h"
#include "daemon/cli/cli_reload.h"
#include "daemon/cli/cli_status.h"
#include "daemon/cli/cli_test.h"
#include "daemon/cli/cli_users.h"
#include "daemon/cli/cli_who.h"
#include "daemon/cli/command.h"
#include "daemon/cli/doctor/cli_doctor.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int test(int argc, char **argv)
{
        return cli_test(argc, argv, false);
}

static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
        const char *purpose;
} commands[] = {
        {"test", test, "ask the daemon whether a password is right"},
        {"status", cli_status, "how the daemon is doing; for monitoring systems, too"},
        {"metrics", cli_metrics, "its numbers as OpenMetrics text"},
        {"reload", cli_reload, "has the daemon read its configuration anew"},
        {"flush", cli_flush, "has it forget the answers it keeps"},
        {"log", cli_log, "what has become of logins"},
        {"explain", cli_explain, "why the rules let a login in, or do not; or did, by its number"},
        {"doctor", cli_doctor, "what is wrong on this machine, and what mends it"},
        {"who", cli_who, "who gets in where: users by VMs and services"},
        {"diff", cli_diff, "who gains and who loses what by another configuration"},
        {"check", cli_check, "what is wrong with the configuration"},
        {"conf", cli_conf, "the configuration in effect"},
        {"adopt", cli_adopt, "a configuration that does what saslauthd does here"},
        {"passwd", cli_passwd, "set a password in a sasldb, in the realm that counts"},
        {"users", cli_users, "who has a password in a sasldb"},
        {"deluser", cli_deluser, "delete a user of a sasldb"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *stream, int status)
{
        (void)fprintf(stream, "usage: saslward COMMAND [options]\n\n");
        for (size_t i = 0; i < COMMAND_COUNT; i++)
                (void)fprintf(stream, "  %-8s %s\n", commands[i].name, commands[i].purpose);
        (void)fprintf(stream,
                "\nsaslward COMMAND --help tells more, with the exit statuses; saslward --version\n"
                "the version. Exit status without a command: 0 this help; 1 wrong usage.\n");
        return status;
}

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

int main(int argc, char **argv)
{
        if (argc > 0 && strcmp(base_name(argv[0]), "testsaslauthd") == 0)
                return cli_test(argc, argv, true);
        if (argc < 2)
                return usage(stderr, EXIT_FAILURE);
        (void)setlocale(LC_CTYPE, ""); /* for the width of names */
        for (size_t i = 0; i < COMMAND_COUNT; i++)
                if (strcmp(argv[1], commands[i].name) == 0)
                        return commands[i].run(argc - 1, argv + 1);
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
                return usage(stdout, EXIT_SUCCESS);
        if (strcmp(argv[1], "--version") == 0) {
                (void)printf("saslward " PACKAGE_VERSION "\n");
                return EXIT_SUCCESS;
        }
        (void)fprintf(stderr, "saslward: unknown command: %s\n", argv[1]);
        return usage(stderr, EXIT_FAILURE);
}
