/* SPDX-License-Identifier: BSD-2-Clause */
#include "channel.h"

#include "proto/cleanup.h"

#include <string.h>
#include <sys/socket.h>

typedef union Control {
        struct cmsghdr header; /* for its alignment */
        char space[CMSG_SPACE(sizeof(int))];
} Control;

static void attach_fd(struct msghdr *packet, Control *control, int fd)
{
        struct cmsghdr *header;

        packet->msg_control = control;
        packet->msg_controllen = sizeof(*control);
        header = CMSG_FIRSTHDR(packet);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

int channel_send(int channel, ChannelVerb verb, uint32_t worker, int fd)
{
        ChannelMessage message = {verb, worker};
        struct iovec iov = {&message, sizeof(message)};
        struct msghdr packet = {.msg_iov = &iov, .msg_iovlen = 1};
        Control control = {};

        if (fd >= 0)
                attach_fd(&packet, &control, fd);
        if (sendmsg(channel, &packet, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                return -errno;
        return 0;
}

static int detach_fd(struct msghdr *packet)
{
        struct cmsghdr *header = CMSG_FIRSTHDR(packet);
        int fd = -1;

        if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
                header->cmsg_len == CMSG_LEN(sizeof(int)))
                memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        return fd;
}

int channel_receive(int channel, ChannelMessage *message, int *fd)
{
        struct iovec iov = {message, sizeof(*message)};
        Control control = {};
        struct msghdr packet = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        ssize_t size = recvmsg(channel, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        *fd = -1;
        if (size < 0)
                return -errno;
        if (size == 0)
                return 0;
        *fd = detach_fd(&packet);
        if (size != sizeof(*message) || packet.msg_flags & MSG_TRUNC) {
                close_fd(fd);
                return -EBADMSG;
        }
        return 1;
}
