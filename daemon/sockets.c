/* SPDX-License-Identifier: BSD-2-Clause */
#include "sockets.h"

#include "daemon/log.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#define AREA "listen"

/* The configured socket at the path that fd is bound to. Any is that of a configuration which names
 * none. Returns NULL if there is no such socket: with which name= and vm= would it be served? */
static const ListenConfig *config_of(const Config *config, int fd)
{
        struct sockaddr_un address = {};
        socklen_t size = sizeof(address) - 1;

        if (config->listens[0].place.line == 0)
                return &config->listens[0];
        if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
                for (size_t i = 0; i < config->listen_count; i++)
                        if (strcmp(config->listens[i].path, address.sun_path) == 0)
                                return &config->listens[i];
        log_line(LOG_ERR, AREA,
                "the service manager's socket %s has no line in the configuration; write listen "
                "PATH with the path of its ListenStream=",
                address.sun_path);
        return NULL;
}

static int check_room(const Sockets *sockets)
{
        if (sockets->count < CONFIG_LISTENS_MAX)
                return 0;
        log_line(LOG_ERR, AREA, "more than %u sockets", CONFIG_LISTENS_MAX);
        return -E2BIG;
}

/* Adds a socket, whose reference is then owned. */
static Socket *add(Sockets *sockets, Listener *listener, const ListenConfig *config)
{
        Socket *added = &sockets->sockets[sockets->count++];

        *added = (Socket){.listener = listener, .config = config};
        return added;
}

static int adopt(Sockets *sockets, const Config *config, Listener *listener)
{
        const ListenConfig *listen = config_of(config, listener->fd);

        (void)add(sockets, listener, listen);
        return listen ? 0 : -EINVAL;
}

static int adopt_descriptor(Sockets *sockets, const Config *config, int fd)
{
        Listener *listener;
        int r = check_room(sockets);

        if (r < 0)
                return r;
        r = listener_adopt(&listener, fd);
        if (r < 0) {
                log_line(LOG_ERR, AREA,
                        "descriptor %d from the service manager is no listening unix stream "
                        "socket: use ListenStream=PATH",
                        fd);
                return r;
        }
        return adopt(sockets, config, listener);
}

int sockets_adopt(Sockets *sockets, const Config *config, const Sockets *before)
{
        int descriptors = before ? 0 : sd_listen_fds(1), result = 0;

        *sockets = (Sockets){};
        for (int i = 0; i < descriptors; i++) {
                int r = adopt_descriptor(sockets, config, SD_LISTEN_FDS_START + i);

                result = result < 0 ? result : r;
        }
        for (size_t i = 0; before && i < before->count && result == 0; i++)
                if (!before->sockets[i].listener->path)
                        result = adopt(sockets, config, listener_ref(before->sockets[i].listener));
        return result;
}

static bool is_open(const Sockets *sockets, const ListenConfig *config)
{
        for (size_t i = 0; i < sockets->count; i++)
                if (sockets->sockets[i].config == config)
                        return true;
        return false;
}

/* Looks the owner's names up; an absent one leaves what the socket gets by itself. */
static int find_owner(const ListenConfig *config, uid_t *uid, gid_t *gid)
{
        const struct passwd *user = config->owner ? getpwnam(config->owner) : NULL;
        const struct group *group = config->group ? getgrnam(config->group) : NULL;

        if ((config->owner && !user) || (config->group && !group)) {
                log_line(LOG_ERR, AREA, "%s: no %s \"%s\"; create it, or name another",
                        config->path, config->owner && !user ? "user" : "group",
                        config->owner && !user ? config->owner : config->group);
                return -ESRCH;
        }
        *uid = user ? user->pw_uid : (uid_t)-1;
        *gid = group ? group->gr_gid : (gid_t)-1;
        return 0;
}

static const Socket *find(const Sockets *sockets, const char *path)
{
        for (size_t i = 0; i < sockets->count; i++) {
                const char *ours = sockets->sockets[i].listener->path;

                if (ours && strcmp(ours, path) == 0)
                        return &sockets->sockets[i];
        }
        return NULL;
}

static int open_one(
        Sockets *sockets, const ListenConfig *config, const Sockets *before, pid_t *owner)
{
        const Socket *kept = before ? find(before, config->path) : NULL;
        ListenerAccess access = {.mode = config->mode};
        Listener *listener;
        int r = check_room(sockets);

        if (r == 0)
                r = find_owner(config, &access.uid, &access.gid);
        if (r < 0)
                return r;
        if (kept) {
                add(sockets, listener_ref(kept->listener), config)->access = access;
                return 0;
        }
        r = listener_open(&listener, config->path, &access, owner);
        if (r < 0) {
                if (r != -EBUSY || before)
                        log_line(LOG_ERR, AREA, "cannot listen on %s: %s", config->path,
                                strerror(-r));
                return r;
        }
        add(sockets, listener, config)->access = access;
        return 0;
}

int sockets_open(Sockets *sockets, const Config *config, const Sockets *before, pid_t *owner)
{
        const size_t adopted = sockets->count;
        int r = 0;

        for (size_t i = 0; i < config->listen_count && r == 0; i++) {
                const ListenConfig *listen = &config->listens[i];

                if (is_open(sockets, listen) || (adopted > 0 && listen->place.line == 0))
                        continue;
                r = open_one(sockets, listen, before, owner);
        }
        return r;
}

static bool is_same(const ListenerAccess *access, const ListenerAccess *other)
{
        return access->mode == other->mode && access->uid == other->uid &&
               access->gid == other->gid;
}

void sockets_set_access(const Sockets *sockets, const Sockets *before)
{
        for (size_t i = 0; i < sockets->count; i++) {
                const Socket *socket = &sockets->sockets[i];
                const char *path = socket->listener->path;
                const Socket *old = path ? find(before, path) : NULL;
                int r = old && !is_same(&socket->access, &old->access)
                                ? listener_set_access(socket->listener, &socket->access)
                                : 0;

                if (r < 0)
                        log_line(LOG_ERR, AREA, "cannot change mode and owner of %s: %s", path,
                                strerror(-r));
        }
}

bool sockets_have(const Sockets *sockets, const Listener *listener)
{
        for (size_t i = 0; i < sockets->count; i++)
                if (sockets->sockets[i].listener == listener)
                        return true;
        return false;
}

void sockets_unlink(Sockets *sockets)
{
        for (size_t i = 0; i < sockets->count; i++)
                listener_unlink(sockets->sockets[i].listener);
}

void sockets_close(Sockets *sockets)
{
        while (sockets->count > 0)
                (void)listener_unref(sockets->sockets[--sockets->count].listener);
}
