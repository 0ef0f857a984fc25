/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_socket.h"

#include "proto/cleanup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

int64_t ldap_now(void)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t ldap_time_left(int64_t until)
{
        int64_t left = until - ldap_now();

        return left > 0 ? left : 0;
}

static int fail(int error, char *text, size_t size)
{
        (void)snprintf(text, size, "connect: %s", strerror(error));
        return -error;
}

/* The outcome of a connect() that did not end at once. */
static int wait_for_connect(int fd, int64_t until)
{
        struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
        int error = 0, r;
        socklen_t size = sizeof(error);

        do
                r = poll(&poll_fd, 1, (int)ldap_time_left(until));
        while (r < 0 && errno == EINTR);
        if (r == 0)
                return ETIMEDOUT;
        if (r < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
                return errno;
        return error;
}

static int connect_address(const struct sockaddr *address, socklen_t size, int64_t until)
{
        _cleanup_(close_fd) int fd =
                socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const int on = 1;
        int error = 0;

        if (fd < 0)
                return -errno;
        if (connect(fd, address, size) < 0)
                error = errno == EINPROGRESS ? wait_for_connect(fd, until) : errno;
        if (error != 0)
                return -error;
        if (address->sa_family != AF_UNIX) {
                (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
                (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
        }
        return take_fd(&fd);
}

static int count_addresses(const struct addrinfo *list)
{
        int count = 0;

        for (; list; list = list->ai_next)
                count++;
        return count;
}

int ldap_socket_connect(const char *host, unsigned port, int64_t until, char *error, size_t size)
{
        const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
        struct addrinfo *list = NULL;
        char service[16];
        int r, fd = -EHOSTUNREACH;

        (void)snprintf(service, sizeof(service), "%u", port);
        r = getaddrinfo(host, service, &hints, &list);
        if (r != 0) {
                (void)snprintf(error, size, "%.200s: %s", host, gai_strerror(r));
                return -EHOSTUNREACH;
        }
        for (const struct addrinfo *each = list; each && fd < 0; each = each->ai_next)
                fd = connect_address(each->ai_addr, each->ai_addrlen,
                        ldap_now() + ldap_time_left(until) / count_addresses(each));
        freeaddrinfo(list);
        return fd < 0 ? fail(-fd, error, size) : fd;
}

int ldap_socket_connect_local(const char *path, int64_t until, char *error, size_t size)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd;

        if (strlen(path) >= sizeof(address.sun_path))
                return fail(ENAMETOOLONG, error, size);
        (void)strcpy(address.sun_path, path);
        fd = connect_address((struct sockaddr *)&address, sizeof(address), until);
        return fd < 0 ? fail(-fd, error, size) : fd;
}

bool ldap_socket_is_idle(int fd)
{
        char byte;

        return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}
