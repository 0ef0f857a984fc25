/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Connections to the daemon's sockets. */

/* Connects to the stream socket path; each later step waits at most timeout_sec seconds, then fails
 * with EAGAIN. Returns a descriptor for the caller, or -1 and errno. */
int unix_socket_connect(const char *path, unsigned timeout_sec);
