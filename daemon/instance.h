/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Instance: the claim on a working directory, DIR/saslauthd.pid, which holds our process identifier
 * and a POSIX record lock, as saslauthd's does; each of the two daemons therefore notices the
 * other.
 */

#include <sys/types.h>

typedef struct Instance {
        char *path;
        int fd;
} Instance;

/* Claims the directory for the calling process (the lock is not inherited by its children). Returns
 * 0, or a negative errno: -EBUSY if a daemon is alive there, whose process identifier is then in
 * *owner (0 = not known). */
int instance_claim(Instance *instance, const char *directory, pid_t *owner);

/* Removes the file and the claim; also allowed on a zeroed or failed one. */
void instance_release(Instance *instance);
