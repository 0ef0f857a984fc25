/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_wire.h"

#include "backends/ldap_socket.h"
#include "proto/cleanup.h"

#include <poll.h>

#define READ_AHEAD 4096 /* else every message is read in two pieces */

static int setup(Sockbuf_IO_Desc *descriptor, void *wire)
{
        descriptor->sbiod_pvt = wire;
        return 0;
}

static int detach(Sockbuf_IO_Desc *descriptor)
{
        descriptor->sbiod_pvt = NULL;
        return 0;
}

static int control(Sockbuf_IO_Desc *descriptor, int option, void *argument)
{
        (void)descriptor;
        (void)option;
        (void)argument;
        return 0; /* nobody below us knows it, either */
}

/* Waits after EAGAIN. Returns whether to try again; else errno says why not. */
static bool wait_for(const LdapWire *wire, short events)
{
        struct pollfd poll_fd = {.fd = wire->fd, .events = events};
        int r;

        if (errno != EAGAIN || !wire->waits)
                return false;
        r = poll(&poll_fd, 1, (int)ldap_time_left(wire->until));
        if (r == 0)
                errno = ETIMEDOUT;
        return r > 0 || (r < 0 && errno == EINTR);
}

static ber_slen_t read_wire(Sockbuf_IO_Desc *descriptor, void *buffer, ber_len_t size)
{
        LdapWire *wire = descriptor->sbiod_pvt;
        ssize_t r;

        do
                r = read(wire->fd, buffer, size);
        while (r < 0 && wait_for(wire, POLLIN));
        return r;
}

static ber_slen_t write_wire(Sockbuf_IO_Desc *descriptor, void *buffer, ber_len_t size)
{
        LdapWire *wire = descriptor->sbiod_pvt;
        ssize_t r;

        do
                r = write(wire->fd, buffer, size);
        while (r < 0 && wait_for(wire, POLLOUT));
        return r;
}

static int close_wire(Sockbuf_IO_Desc *descriptor)
{
        close_fd(&((LdapWire *)descriptor->sbiod_pvt)->fd);
        return 0;
}

static Sockbuf_IO layer = {setup, detach, control, read_wire, write_wire, close_wire};

bool ldap_wire_install(LdapWire *wire, Sockbuf *sockbuf)
{
        ber_len_t ahead = READ_AHEAD;

        return ber_sockbuf_add_io(sockbuf, &layer, LBER_SBIOD_LEVEL_PROVIDER, wire) == 0 &&
               ber_sockbuf_add_io(
                       sockbuf, &ber_sockbuf_io_readahead, LBER_SBIOD_LEVEL_PROVIDER, &ahead) == 0;
}
