/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Giving up what a process does not need. Nothing here can be undone. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whom to become, looked up while the user database can still be read. */
typedef struct Privilege {
        bool is_root; /* started with the right to change; else the rest is not used */
        uid_t uid;
        gid_t gid;
        gid_t administrators; /* the group of that name, 0 = there is none */
} Privilege;

/* Finds the unprivileged user; without it, falls back to "nobody" with a warning. Returns 0 or a
 * negative errno (logged) if there is neither. */
int privilege_lookup(Privilege *privilege);

/* For the supervisor: no core dumps, not traceable; with no_new_privileges also no new ones by
 * exec, which whatever it executes inherits. Returns 0 or a negative errno (logged). */
int privilege_close_supervisor(bool no_new_privileges);

/* For the supervisor, as root: no capabilities but those that it uses, or workers need; what it
 * starts may lock memory. A program
 * that it executes as root gets the others again, unless new ones are ruled out. Returns 0 or a
 * negative errno (logged). */
int privilege_limit_supervisor(void);

/* For the front: its own user, no capabilities, no new ones by exec, not traceable, no core dumps,
 * no processes and, if started as root, an empty directory as its root. directory is an existing,
 * writable one in which that empty one is made and removed again. Returns 0 or a negative errno
 * (logged). */
int privilege_drop_front(const Privilege *privilege, const char *directory);

/* For a worker about to be executed: the unprivileged user with the one capability to read any
 * file, no others, no new ones by exec, no core dumps. Returns 0 or a negative errno. */
int privilege_drop_reader(const Privilege *privilege);

/* For a worker about to be executed that needs nothing: the unprivileged user, no capabilities, no
 * new ones by exec, no core dumps. Returns 0 or a negative errno. */
int privilege_drop_all(const Privilege *privilege);

/* For a worker about to be executed as root that loads PAM modules: still root, with the
 * capabilities that the distributions' modules use for a login, no new ones by exec, no core dumps.
 * Returns 0 or a negative errno. */
int privilege_drop_modules(void);
