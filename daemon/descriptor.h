/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Sending a descriptor with bytes over a unix socket (unix(7), SCM_RIGHTS). */

#include <stddef.h>
#include <sys/socket.h>

/* Room for the control message of one descriptor. */
typedef union DescriptorControl {
        struct cmsghdr header; /* for its alignment */
        char space[CMSG_SPACE(sizeof(int))];
} DescriptorControl;

/* Sends size bytes, with the descriptor if fd >= 0 (the caller keeps and closes its own). Never
 * blocks, and no signal comes of it. Returns the bytes sent, or -1 with errno. */
ssize_t descriptor_send(int socket, const void *bytes, size_t size, int fd);

/* The descriptor that came with a packet, owned by the caller, or -1. */
int descriptor_taken(struct msghdr *packet);
