/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Config: what the daemon was told to do, by options or by a file, complete and checked before it
 * does anything. Immutable while a front lives; the front inherits it from the supervisor by
 * fork().
 */

#include "daemon/mechanism.h"
#include "daemon/penalty.h"
#include "daemon/rule.h"
#include "proto/peer.h"

#include <stdint.h>
#include <sys/types.h>
#include <uthash.h>

#define CONFIG_WORKERS_DEFAULT 5u
#define CONFIG_WORKERS_MAX     1024u
#define CONFIG_LISTENS_MAX     16u
#define CONFIG_BACKENDS_MAX    256u
#define CONFIG_SOCKET_MODE     0666 /* everybody may ask, as with saslauthd */
#define CONFIG_HASH_SIZE       17u

/* The time for an answer, in microseconds. A VM stands still while it waits for us. */
#define CONFIG_DEADLINE_VM    3000000u
#define CONFIG_DEADLINE_OTHER 20000000u

/* A socket to listen on. */
typedef struct ListenConfig {
        Place place;
        char *path;
        char *owner; /* user, or NULL: as we are */
        char *group; /* or NULL */
        mode_t mode;
        char *name;     /* for socket=, or NULL */
        char *vm;       /* the VM whose socket this is, or NULL */
        ItemList allow; /* who may ask, as in peer=; empty = everybody */
        bool temporary; /* unavailable=temporary */
} ListenConfig;

/* Worker processes of one mechanism with one set of options. */
typedef struct BackendConfig {
        Place place;                /* line 0: not written, known by its own name */
        char *name;                 /* as after with= and in [mech=…] */
        const Mechanism *mechanism; /* NULL while a wrong configuration is being read */
        char **arguments;           /* KEY=VALUE for the program, NULL-terminated */
        size_t argument_count;
        unsigned workers;       /* processes, at least 1 */
        unsigned jobs_limit;    /* jobs after which a worker is replaced */
        uint64_t deadline_usec; /* 0 = not given */
        bool realm_keyed;       /* the same login in two realms is two people */
        char *password_path;    /* of a file that its workers are handed open, or NULL */
} BackendConfig;

/* A list of words under a name. */
typedef struct GroupConfig {
        Place place;
        char *name;
        ItemList words;                    /* as written; their kind means nothing yet */
        ItemList members[CONDITION_KINDS]; /* the same, read as items of each kind that uses them */
        bool is_read[CONDITION_KINDS];     /* members are there, unless they made no sense */
        bool names_realm;  /* read as users: each says whose realm is meant, or makes no sense */
        UT_hash_handle hh; /* in groups_by_name */
} GroupConfig;

/* Whose word is taken for which VM asks. */
typedef struct IdentityConfig {
        Place place; /* line 0: not written */
        bool sources[PEER_SOURCES];
        bool socket; /* listen … vm= */
        uid_t *uids; /* whose command lines are believed */
        size_t uid_count;
} IdentityConfig;

typedef struct Config {
        char **files; /* that were read: names for a Place; with -a "-a" is the first */
        size_t file_count;
        ListenConfig *listens;
        size_t listen_count;
        BackendConfig *backends; /* those of with= first; then the resolvers */
        size_t backend_count;
        unsigned identity_backend; /* index of the worker that says who asks */
        unsigned groups_backend;   /* index of the worker that says who is in which group */
        GroupConfig **groups;
        size_t group_count;
        GroupConfig *groups_by_name;
        Rule *rules;
        size_t rule_count;
        Penalty *penalties;
        size_t penalty_count;
        IdentityConfig identity;

        const Mechanism *drop_in;    /* -a, or NULL: by a file */
        char *path;                  /* of the file, as --config */
        char *directory;             /* absolute; holds saslauthd.pid */
        bool directory_given;        /* -m */
        char *state_directory;       /* --state-dir, absolute: what was served last */
        bool strict_start;           /* --strict-start: with nothing else than the file */
        char *mech_option;           /* -O, or NULL */
        bool check_only;             /* --check */
        bool print_only;             /* --print */
        bool verbose;                /* -V, -d: log successes too */
        bool foreground;             /* -f, -d */
        bool debug;                  /* -d: log to stderr */
        unsigned workers;            /* -n; 0 = not given */
        unsigned jobs_limit;         /* 1 after -n 0; 0 = not given */
        bool cached;                 /* -c */
        uint64_t cache_usec;         /* -t: how long every OK is kept; 0 = it is not */
        bool append_realm;           /* -r: hand login@realm to the backend */
        uint64_t deadline_usec;      /* for an answer, from the complete request on; 0 = by asker */
        uint64_t read_deadline_usec; /* for a complete request, from accept on */

        char hash[CONFIG_HASH_SIZE]; /* of what it says, once it is loaded; see config_hash.h */
} Config;

/* An empty configuration with the defaults of saslwardd(8). Free with config_deinit(). */
void config_init(Config *config);
void config_deinit(Config *config);

/* Makes an empty configuration a copy of another that has nothing but options, but for the path of
 * the file (NULL: there is none). Returns 0 or -ENOMEM; config is to be freed in any case. */
int config_copy_options(Config *config, const Config *options, const char *path);

/* Add an empty element at the end. Return it, valid until the next is added, or NULL without
 * memory.
 */
ListenConfig *config_add_listen(Config *config);
BackendConfig *config_add_backend(Config *config);
Rule *config_add_rule(Config *config);
Penalty *config_add_penalty(Config *config);

/* Adds a group of a name that no other has, and owns the name, in any case. Returns NULL without
 * memory. */
GroupConfig *config_add_group(Config *config, char *name);

/* Adds a file's name. Returns its index, or -ENOMEM. */
int config_add_file(Config *config, const char *name);

/* Adds KEY=VALUE to the backend's arguments. Returns 0 or -ENOMEM. */
int backend_add_argument(BackendConfig *backend, const char *key, const char *value);

/* The value of KEY=VALUE among the backend's arguments, or NULL. */
const char *backend_argument(const BackendConfig *backend, const char *key);

/* Whether an administrator has said that its PAM modules need all the rights there are. */
bool backend_has_site_modules(const BackendConfig *backend);

/* Whether any of its backends does. */
bool config_has_site_modules(const Config *config);

/* The index of the backend of that name, or -1. */
int config_find_backend(const Config *config, const char *name);

/* The group of that name, or NULL. */
GroupConfig *config_find_group(const Config *config, const char *name);

/* The file's name of a place. */
const char *config_file(const Config *config, Place place);

/* Where nobody says which socket is used: that of the VM (NULL: none), if it has one, else one that
 * is no VM's own. */
const ListenConfig *config_usual_listen(const Config *config, const char *vm);

/* The longest time that a login can take from its complete request on, in microseconds. */
uint64_t config_longest_deadline(const Config *config);

/* Adds what stands in no file, after the last backend: the workers that say who asks. Returns 0 or
 * -ENOMEM. */
int config_complete(Config *config);
