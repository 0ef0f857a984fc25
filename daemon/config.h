/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Config: what the daemon was told to do, complete and checked, before it does anything. Immutable
 * while a front lives; the front inherits it from the supervisor by fork().
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The mechanisms of -a that are built: one worker program each. */
typedef struct Mechanism {
        const char *name;       /* as after -a and in [mech=…] */
        const char *program;    /* file name in the worker directory */
        const char *argument;   /* of the program, KEY=VALUE, or NULL */
        const char *option_key; /* what -O means to the program, as KEY=… instead; NULL = nothing */
        unsigned jobs_per_worker; /* a worker is replaced after so many */
        bool as_root;             /* the program keeps the rights that we were started with */
        const char *warning;      /* for the log, at the start as root; or NULL */
} Mechanism;

typedef struct Config {
        const Mechanism *mechanism;
        char *directory;     /* -m: absolute, holds mux and saslauthd.pid */
        char *mech_option;   /* -O, or NULL */
        unsigned workers;    /* processes of the backend, at least 1 */
        unsigned jobs_limit; /* jobs after which a worker is replaced; 1 after -n 0 */
        bool append_realm;   /* -r: hand login@realm to the backend */
        bool verbose;        /* -V, -d: log successes too */
        bool foreground;     /* -f, -d */
        bool debug;          /* -d: log to stderr */
        mode_t socket_mode;
        uint64_t deadline_usec;      /* for an answer, from the complete request on */
        uint64_t read_deadline_usec; /* for a complete request, from accept on */
} Config;

/* The defaults of section "Drop-in" of saslwardd(8). Free with config_deinit(). */
void config_init(Config *config);
void config_deinit(Config *config);

/* The mechanism of that name (any case, as saslauthd), or NULL. */
const Mechanism *mechanism_find(const char *name);

/* The names of all mechanisms, separated by blanks, in a static buffer. */
const char *mechanism_names(void);
