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

static int adopt(Sockets *sockets, const Config *config, int fd)
{
        Socket *adopted = &sockets->sockets[sockets->count];
        int r;

        if (sockets->count >= CONFIG_LISTENS_MAX) {
                log_line(LOG_ERR, AREA, "more than %u sockets", CONFIG_LISTENS_MAX);
                return -E2BIG;
        }
        r = listener_adopt(&adopted->listener, fd);
        if (r < 0) {
                log_line(LOG_ERR, AREA,
                        "descriptor %d from the service manager is no listening unix stream "
                        "socket: use ListenStream=PATH",
                        fd);
                return r;
        }
        sockets->count++;
        adopted->config = config_of(config, fd);
        return adopted->config ? 0 : -EINVAL;
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

static int open_one(Sockets *sockets, const ListenConfig *config, pid_t *owner)
{
        Socket *opened = &sockets->sockets[sockets->count];
        ListenerAccess access = {.mode = config->mode};
        int r = find_owner(config, &access.uid, &access.gid);

        if (r < 0)
                return r;
        r = listener_open(&opened->listener, config->path, &access, owner);
        if (r < 0) {
                if (r != -EBUSY)
                        log_line(LOG_ERR, AREA, "cannot listen on %s: %s", config->path,
                                strerror(-r));
                return r;
        }
        opened->config = config;
        sockets->count++;
        return 0;
}

int sockets_open(Sockets *sockets, const Config *config, pid_t *owner)
{
        int adopted = sd_listen_fds(1), r = 0;

        *sockets = (Sockets){};
        for (int i = 0; i < adopted && r == 0; i++)
                r = adopt(sockets, config, SD_LISTEN_FDS_START + i);
        for (size_t i = 0; i < config->listen_count && r == 0; i++) {
                const ListenConfig *listen = &config->listens[i];

                if (is_open(sockets, listen) || (adopted > 0 && listen->place.line == 0))
                        continue;
                r = open_one(sockets, listen, owner);
        }
        return r;
}

void sockets_unlink(Sockets *sockets)
{
        for (size_t i = 0; i < sockets->count; i++)
                listener_unlink(&sockets->sockets[i].listener);
}

void sockets_close(Sockets *sockets)
{
        for (size_t i = 0; i < sockets->count; i++)
                listener_close(&sockets->sockets[i].listener);
}
