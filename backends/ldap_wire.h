/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * LdapWire: the lowest layer of a connection, below TLS, in place of libldap's own. libldap's
 * handshake with GnuTLS knows no time limit: it spins while the socket has nothing to read
 * (libldap 2.5, tls_g.c, tlsg_session_connect()), and waits for ever on one that blocks.
 */

#include <lber.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct LdapWire {
        int fd;        /* owned by libldap; -1 = closed */
        bool waits;    /* reading and writing wait, until then, instead of returning EAGAIN */
        int64_t until; /* as ldap_now() */
} LdapWire;

/* Puts the wire, which stays where it is until it is closed, below a connection. Returns whether it
 * could be. */
bool ldap_wire_install(LdapWire *wire, Sockbuf *sockbuf);
