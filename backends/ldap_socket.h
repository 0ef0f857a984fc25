/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Connecting to a directory within a time. libldap would wait for each address of a name as long as
 * for one (ldap_connect_to_host()); getaddrinfo() alone cannot be bounded.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds, CLOCK_MONOTONIC. */
int64_t ldap_now(void);

/* The time left until then, at least 0. */
int64_t ldap_time_left(int64_t until);

/* Connects to a port of a host, an address after the other. Returns the descriptor, which does not
 * block, or a negative
 * errno (-ETIMEDOUT where time is up) with the cause in error. */
int ldap_socket_connect(const char *host, unsigned port, int64_t until, char *error, size_t size);

/* The same to a socket in the file system. */
int ldap_socket_connect_local(const char *path, int64_t until, char *error, size_t size);

/* Whether it is as it was left: the other side has neither closed it nor said anything, as that it
 * will. */
bool ldap_socket_is_idle(int fd);
