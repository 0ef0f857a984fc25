/* SPDX-License-Identifier: BSD-2-Clause */
#include "descriptor.h"

#include <string.h>

static void attach(struct msghdr *packet, DescriptorControl *control, int fd)
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

ssize_t descriptor_send(int socket, const void *bytes, size_t size, int fd)
{
        struct iovec iov = {(void *)bytes, size};
        struct msghdr packet = {.msg_iov = &iov, .msg_iovlen = 1};
        DescriptorControl control = {};

        if (fd >= 0)
                attach(&packet, &control, fd);
        return sendmsg(socket, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int descriptor_taken(struct msghdr *packet)
{
        struct cmsghdr *header = CMSG_FIRSTHDR(packet);
        int fd = -1;

        if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
                header->cmsg_len == CMSG_LEN(sizeof(int)))
                memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        return fd;
}
