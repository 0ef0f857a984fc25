/* SPDX-License-Identifier: BSD-2-Clause */
#include "channel.h"

#include "daemon/descriptor.h"
#include "proto/cleanup.h"

#include <string.h>
#include <sys/socket.h>

int channel_send(int channel, ChannelMessage message, int fd)
{
        ssize_t size = descriptor_send(channel, &message, sizeof(message), fd);

        return size < 0 ? -errno : 0;
}

int channel_receive(int channel, ChannelMessage *message, int *fd)
{
        struct iovec iov = {message, sizeof(*message)};
        DescriptorControl control = {};
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
        *fd = descriptor_taken(&packet);
        if (size != sizeof(*message) || packet.msg_flags & MSG_TRUNC) {
                close_fd(fd);
                return -EBADMSG;
        }
        return 1;
}
