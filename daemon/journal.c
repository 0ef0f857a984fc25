/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal.h"

#include "proto/cleanup.h"

#include <endian.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SOCKET_PATH    "/run/systemd/journal/socket"
#define SEND_BUFFER    (8 << 20) /* as sd_journal_sendv()'s: a burst must fit */
#define FACILITY_SHIFT 3         /* of syslog's numbers */

int journal_reconnect(int fd)
{
        const struct sockaddr_un address = {AF_UNIX, SOCKET_PATH};

        return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

int journal_connect(void)
{
        const int size = SEND_BUFFER;
        _cleanup_(close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int r = fd < 0 ? -errno : journal_reconnect(fd);

        if (r < 0)
                return r;
        if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        return take_fd(&fd);
}

static struct iovec part(const void *data, size_t size)
{
        return (struct iovec){(void *)data, size};
}

/* The text goes with its length, so that no newline in it begins another field. */
int journal_send(int fd, const JournalEntry *entry)
{
        char head[256];
        const uint64_t size = htole64(strlen(entry->text));
        int length = snprintf(head, sizeof(head),
                "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%.64s\nSYSLOG_PID=%d\n",
                entry->priority, entry->facility >> FACILITY_SHIFT, entry->ident, getpid());
        struct iovec parts[] = {
                part(head, (size_t)length),
                part(entry->fields.data, entry->fields.size),
                part("MESSAGE\n", strlen("MESSAGE\n")),
                part(&size, sizeof(size)),
                part(entry->text, strlen(entry->text)),
                part("\n", 1),
        };
        const struct msghdr message = {
                .msg_iov = parts, .msg_iovlen = sizeof(parts) / sizeof(parts[0])};

        return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}
