/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Connections to the daemon's sockets. */

#include <stdbool.h>

/* Connects to the stream socket path; each step waits at most timeout_sec seconds, then fails with
 * EAGAIN. Returns a descriptor for the caller, or -1 and errno. */
int unix_socket_connect(const char *path, unsigned timeout_sec);

/* Another timeout from now on. Returns false and errno if that cannot be. */
bool unix_socket_set_timeout(int fd, unsigned timeout_sec);
