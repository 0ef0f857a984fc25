/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Listener: the mux socket. Either made here, or handed over by the service manager
 * (sd_listen_fds(3)), which then keeps it across our restarts. Generations share it: it is closed
 * when the last one has let it go.
 */

#include <stdbool.h>
#include <sys/types.h>

typedef struct Listener {
        unsigned references;
        int fd;
        char *path; /* of a socket file that is ours to remove, else NULL */
} Listener;

/* Who may open a socket file; (uid_t)-1 and (gid_t)-1 leave what it gets by itself. */
typedef struct ListenerAccess {
        mode_t mode;
        uid_t uid;
        gid_t gid;
} ListenerAccess;

/* Makes the socket file and listens. A file left behind by a dead daemon is replaced. Returns 0
 * with a reference to *listener, or a negative errno: -EBUSY if somebody listens there (*owner is
 * its process identifier, or 0), -ENOTSOCK if something else has that name. */
int listener_open(
        Listener **listener, const char *path, const ListenerAccess *access, pid_t *owner);

/* Takes over a listening socket from the service manager. Returns 0 with a reference to *listener,
 * or a negative errno; -EINVAL if it is not a listening unix stream socket. */
int listener_adopt(Listener **listener, int fd);

/* Changes who may open the file of a listener that has one. Who has connected stays. Returns 0 or a
 * negative errno. */
int listener_set_access(const Listener *listener, const ListenerAccess *access);

/* Returns the listener, for one holder more. */
Listener *listener_ref(Listener *listener);

/* Returns NULL. The last holder's call removes the name and closes. */
Listener *listener_unref(Listener *listener);

/* Removes the name: nobody can connect any more, who has connected stays. */
void listener_unlink(Listener *listener);
