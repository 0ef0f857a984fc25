/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The command line of saslwardd: saslauthd's options, so that a unit file or settings file keeps
 * working. */

#include "daemon/config.h"

typedef enum OptionsOutcome {
        OPTIONS_RUN,    /* the daemon is to run */
        OPTIONS_SHOWN,  /* what was asked for was printed: exit 0 */
        OPTIONS_FAILED, /* an error was printed: exit 1 */
} OptionsOutcome;

/* Reads the arguments into an initialised configuration, which has nothing but these options then;
 * paths in it are absolute. Errors go to stderr, each with its remedy. */
OptionsOutcome options_parse(int argc, char **argv, Config *config);
