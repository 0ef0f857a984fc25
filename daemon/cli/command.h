/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Command: what the subcommands of saslward have in common. */

#include "daemon/config.h"

/* Exit statuses; each command says in its help which it has. */
enum {
        CLI_YES = 0,    /* let in; no difference; done */
        CLI_NO = 1,     /* refused; there are differences; the configuration is wrong */
        CLI_ERROR = 2,  /* wrong usage, a file that cannot be read */
        CLI_UNTOLD = 3, /* depends on what was not said */
};

/* Says what is wrong with the command line, and where help is. Returns CLI_ERROR. */
int command_usage(const char *command, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Reads a configuration, CONFIG_FILE if path is NULL, into an initialised *config; with warns,
 * warnings are shown, too. Returns false if it was wrong, which has been said on stderr. */
bool command_read_config(Config *config, const char *path, bool warns);

/* Ends the output. Returns the status, or CLI_ERROR if the output could not be written. */
int command_finish(int status);
