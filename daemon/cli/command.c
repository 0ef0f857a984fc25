/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"

#include "build-config.h"
#include "daemon/config_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int command_usage(const char *command, const char *format, ...)
{
        va_list arguments;

        (void)fprintf(stderr, "saslward %s: ", command);
        va_start(arguments, format);
        (void)vfprintf(stderr, format, arguments);
        va_end(arguments);
        (void)fprintf(stderr, "; saslward %s --help tells more\n", command);
        return CLI_ERROR;
}

bool command_read_config(Config *config, const char *path, bool warns)
{
        if (!path && access(CONFIG_FILE, F_OK) < 0) {
                (void)fprintf(stderr, "saslward: there is no " CONFIG_FILE
                                      "; write it, or name another with --config\n");
                return false;
        }
        config->path = strdup(path ? path : CONFIG_FILE);
        config->check_only = warns;
        config->errors_only = !warns;
        if (!config->path) {
                (void)fprintf(stderr, "saslward: out of memory\n");
                return false;
        }
        return config_file_read(config, RUN_DIRECTORY) == 0;
}

int command_finish(int status)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        (void)fprintf(stderr, "saslward: cannot write the output: %s\n", strerror(errno));
        return CLI_ERROR;
}
