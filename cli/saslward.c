/* SPDX-License-Identifier: BSD-2-Clause */

/* saslward: the command-line client; under the name testsaslauthd, that program. */

#include "build-config.h"
#include "cli/cli_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
        const char *name;
        const char *purpose;
} commands[] = {
        {"test", "ask the daemon whether a password is right"},
};

static int usage(FILE *stream, int status)
{
        (void)fprintf(stream, "usage: saslward COMMAND [options]\n\n");
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
                (void)fprintf(stream, "  %-8s %s\n", commands[i].name, commands[i].purpose);
        (void)fprintf(
                stream, "\nsaslward COMMAND --help tells more; saslward --version the version.\n");
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
        if (strcmp(argv[1], "test") == 0)
                return cli_test(argc - 1, argv + 1, false);
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
                return usage(stdout, EXIT_SUCCESS);
        if (strcmp(argv[1], "--version") == 0) {
                (void)printf("saslward " PACKAGE_VERSION "\n");
                return EXIT_SUCCESS;
        }
        (void)fprintf(stderr, "saslward: unknown command: %s\n", argv[1]);
        return usage(stderr, EXIT_FAILURE);
}
