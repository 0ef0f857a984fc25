/* SPDX-License-Identifier: BSD-2-Clause */
#include "listener.h"

#include "proto/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

static int make_address(const char *path, struct sockaddr_un *address)
{
        *address = (struct sockaddr_un){.sun_family = AF_UNIX};
        if (snprintf(address->sun_path, sizeof(address->sun_path), "%s", path) >=
                (int)sizeof(address->sun_path))
                return -ENAMETOOLONG;
        return 0;
}

/* Whether somebody listens at the address, and who: the credentials of a connected socket are those
 * of the process that called listen() (unix(7), SO_PEERCRED). */
static bool is_alive(const struct sockaddr_un *address, pid_t *owner)
{
        _cleanup_(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct ucred peer = {};
        socklen_t size = sizeof(peer);

        if (fd < 0)
                return false;
        if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
                return errno == EAGAIN; /* alive, with a full backlog */
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
                *owner = peer.pid;
        return true;
}

static int remove_stale(const struct sockaddr_un *address, pid_t *owner)
{
        struct stat status;

        if (lstat(address->sun_path, &status) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(status.st_mode))
                return -ENOTSOCK;
        if (is_alive(address, owner))
                return -EBUSY;
        return unlink(address->sun_path) < 0 ? -errno : 0;
}

/* Binds so that the file has its mode from the first moment on. */
static int bind_with_mode(int fd, const struct sockaddr_un *address, mode_t mode)
{
        mode_t saved = umask(0777 & ~mode);
        int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

        (void)umask(saved);
        return r;
}

/* The directory may belong to somebody else, who may have put another file in the socket's place.
 */
static int open_name(const char *path)
{
        _cleanup_(close_fd) int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        return S_ISSOCK(status.st_mode) ? take_fd(&fd) : -ENOTSOCK;
}

static int give_to(const char *path, const ListenerAccess *access)
{
        _cleanup_(close_fd) int fd = -1;

        if (access->uid == (uid_t)-1 && access->gid == (gid_t)-1)
                return 0;
        fd = open_name(path);
        if (fd < 0)
                return fd;
        return fchownat(fd, "", access->uid, access->gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

static int make(Listener *listener, const struct sockaddr_un *address, const ListenerAccess *access)
{
        int r;

        listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (listener->fd < 0)
                return -errno;
        r = bind_with_mode(listener->fd, address, access->mode);
        if (r < 0)
                return r;
        listener->path = strdup(address->sun_path);
        r = listener->path ? give_to(listener->path, access) : -ENOMEM;
        if (r < 0)
                return r;
        return listen(listener->fd, BACKLOG) < 0 ? -errno : 0;
}

static Listener *listener_new(int fd)
{
        Listener *listener = calloc(1, sizeof(*listener));

        if (listener)
                *listener = (Listener){.references = 1, .fd = fd};
        return listener;
}

int listener_open(Listener **listener, const char *path, const ListenerAccess *access, pid_t *owner)
{
        struct sockaddr_un address;
        int r;

        *owner = 0;
        r = make_address(path, &address);
        if (r == 0)
                r = remove_stale(&address, owner);
        if (r < 0)
                return r;
        *listener = listener_new(-1);
        if (!*listener)
                return -ENOMEM;
        r = make(*listener, &address, access);
        if (r < 0)
                *listener = listener_unref(*listener);
        return r;
}

int listener_adopt(Listener **listener, int fd)
{
        int flags = fcntl(fd, F_GETFL);

        if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0)
                return -EINVAL;
        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        *listener = listener_new(fd);
        return *listener ? 0 : -ENOMEM;
}

/* chmod() follows the link to the very file that is open; fchmodat() cannot do that before Linux
 * 6.6. */
static int set_mode(int fd, mode_t mode)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        return chmod(path, mode) < 0 ? -errno : 0;
}

int listener_set_access(const Listener *listener, const ListenerAccess *access)
{
        _cleanup_(close_fd) int fd = open_name(listener->path);
        const uid_t uid = access->uid == (uid_t)-1 ? geteuid() : access->uid;
        const gid_t gid = access->gid == (gid_t)-1 ? getegid() : access->gid;

        if (fd < 0)
                return fd;
        /* in this order nobody is turned away who may connect before and after */
        if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
                return -errno;
        return set_mode(fd, access->mode);
}

Listener *listener_ref(Listener *listener)
{
        listener->references++;
        return listener;
}

Listener *listener_unref(Listener *listener)
{
        if (!listener || --listener->references > 0)
                return NULL;
        listener_unlink(listener);
        close_fd(&listener->fd);
        free(listener);
        return NULL;
}

void listener_unlink(Listener *listener)
{
        if (listener->path)
                (void)unlink(listener->path);
        free(listener->path);
        listener->path = NULL;
}
