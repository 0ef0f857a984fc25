/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Scope-bound cleanup, in the manner of systemd and dbus-broker: a variable marked _cleanup_(f) has
 * f(&variable) called when it leaves its scope; take_fd() and TAKE_PTR() hand the value on.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((__cleanup__(function)))
#define _unused_            __attribute__((__unused__))

#define TAKE_PTR(pointer)                                                                          \
        ({                                                                                         \
                __typeof__(pointer) *_source = &(pointer);                                         \
                __typeof__(pointer) _taken = *_source;                                             \
                *_source = NULL;                                                                   \
                _taken;                                                                            \
        })

/* Frees *(void **)p; for _cleanup_(free_pointer) on any pointer from malloc(). */
static inline void free_pointer(void *p)
{
        free(*(void **)p);
}

/* Closes *fd unless it is negative, and leaves errno as it was. */
static inline void close_fd(int *fd)
{
        int saved = errno;

        if (*fd >= 0)
                (void)close(*fd);
        *fd = -1;
        errno = saved;
}

/* Returns *fd and leaves -1 behind, so that a _cleanup_(close_fd) does not close it. */
static inline int take_fd(int *fd)
{
        int taken = *fd;

        *fd = -1;
        return taken;
}
