/* SPDX-License-Identifier: BSD-2-Clause */

/* saslwardd: the daemon. */

#include "daemon/detach.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/supervisor.h"
#include "proto/cleanup.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* With -a we stand in for saslauthd, and what people have built on its log looks for its name. */
#define LOG_IDENT "saslauthd"

/* A service manager that is waiting for our word must not see the process it started end. */
static bool wants_detach(const Config *options)
{
        return !options->foreground && !getenv("NOTIFY_SOCKET") && !getenv("LISTEN_FDS");
}

static void open_log(const Config *options)
{
        log_set_verbose(options->verbose);
        if (options->debug) {
                (void)log_open(LOG_IDENT, LOG_TO_STDERR);
                return;
        }
        if (log_open(LOG_IDENT, LOG_TO_STDERR | LOG_TO_SYSTEM) < 0 && wants_detach(options)) {
                (void)log_open(LOG_IDENT, LOG_TO_STDERR);
                log_line(LOG_WARNING, "log",
                        "there is neither a journal nor a syslog at /dev/log: nothing will be "
                        "logged; start one, or use -d");
        }
}

static int run(const Config *options)
{
        int ready_fd = -1;

        open_log(options);
        if (wants_detach(options)) {
                ready_fd = detach_begin();
                if (ready_fd < 0) {
                        log_line(LOG_ERR, "detach", "%s", strerror(-ready_fd));
                        return EXIT_FAILURE;
                }
        }
        return supervisor_run(options, ready_fd);
}

int main(int argc, char **argv)
{
        _cleanup_(config_deinit) Config options;
        OptionsOutcome outcome;

        (void)umask(0077);
        (void)signal(SIGPIPE, SIG_IGN);
        (void)setenv(
                "TZ", ":/etc/localtime", 0); /* without it glibc reads the file for each date */
        config_init(&options);
        outcome = options_parse(argc, argv, &options);
        if (outcome != OPTIONS_RUN)
                return outcome == OPTIONS_SHOWN ? EXIT_SUCCESS : EXIT_FAILURE;
        return run(&options);
}
