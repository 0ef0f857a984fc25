/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Mechanism: a way of checking passwords that is built: what -a and "backend NAME TYPE" can name,
 * and the worker program behind it. */

#include <stdbool.h>
#include <stddef.h>

#define MECHANISM_OPTIONS_MAX 64u /* of one mechanism */

/* Of a backend that is a program of somebody else's: which. */
#define MECHANISM_COMMAND "command"

/* Of a PAM backend: its modules need more than pam_unix does. */
#define MECHANISM_SITE_MODULES "site-modules"

/* What a worker program may do that an unprivileged process may not. */
typedef enum WorkerRights {
        RIGHTS_READ_FILES, /* read any file */
        RIGHTS_NONE,
        RIGHTS_MODULES, /* what PAM modules expect, or all: privilege_drop_modules() */
} WorkerRights;

/* An option of "backend": KEY=VALUE, handed on to the program as it is. */
typedef struct MechanismOption {
        const char *key;
        /* Returns NULL, or a static text that says what would be right. */
        const char *(*check)(const char *key, const char *value);
        const char *
                required; /* a value, for the complaint if it is not there; NULL = it need not be */
        const char *refusal; /* why it cannot be given, and what instead; or NULL */
} MechanismOption;

typedef struct Mechanism {
        const char *name;         /* as after -a and in [mech=…] */
        const char *program;      /* file name in the worker directory; NULL = command= names it */
        const char *argument;     /* of the program, KEY=VALUE, or NULL */
        const char *option_key;   /* what -O means to the program; NULL = nothing */
        unsigned jobs_per_worker; /* a worker is replaced after so many */
        WorkerRights rights;
        const struct SystemCalls *calls; /* that it may make, or NULL: nobody knows */
        bool realm_keyed;                /* the same login in two realms is two people, always */
        bool may_be_realm_keyed;         /* nobody knows */
        bool reads_saslauthd_conf;       /* its options are in proto/ldap_parser.h */
        bool has_groups;                 /* answers who is in which group */
        bool watched;                    /* what it knows is in a file whose changes we see */
        bool internal;                   /* checks no passwords: not for users */
        const char *warning; /* for the log, where -a opens it to everything as root; or NULL */
        const MechanismOption *options; /* the last has no key; NULL = there are none */
} Mechanism;

/* The mechanism of that name (any case, as saslauthd), or NULL. */
const Mechanism *mechanism_find(const char *name);

/* The worker that says who asks, and who is in which group. */
const Mechanism *mechanism_resolve(void);

/* The name of the mechanism for users of that index, or NULL behind the last. */
const char *mechanism_name_at(size_t index);

/* The names of all mechanisms for users, separated by blanks, in a static buffer. */
const char *mechanism_names(void);

/* Whether a rule about users of such a backend has to say whose realm is meant. */
bool mechanism_needs_realm(const Mechanism *mechanism);

/* The option of that key, or NULL. */
const MechanismOption *mechanism_option(const Mechanism *mechanism, const char *key);
