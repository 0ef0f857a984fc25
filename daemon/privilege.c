/* SPDX-License-Identifier: BSD-2-Clause */
#include "privilege.h"

#include "build-config.h"
#include "daemon/log.h"
#include "proto/cleanup.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define AREA "privilege"

static int fail(const char *what)
{
        int r = -errno;

        log_line(LOG_ERR, AREA, "%s: %s", what, strerror(-r));
        return r;
}

int privilege_lookup(Privilege *privilege)
{
        const struct passwd *user;
        const struct group *group;

        *privilege = (Privilege){.is_root = geteuid() == 0};
        if (!privilege->is_root)
                return 0;
        group = getgrnam(UNPRIVILEGED_USER);
        privilege->administrators = group ? group->gr_gid : 0;
        user = getpwnam(UNPRIVILEGED_USER);
        if (!user) {
                log_line(LOG_WARNING, AREA,
                        "no user \"" UNPRIVILEGED_USER "\", using \"nobody\"; create it with: "
                        "useradd --system --no-create-home --shell "
                        "/usr/sbin/nologin " UNPRIVILEGED_USER);
                user = getpwnam("nobody");
        }
        if (!user || user->pw_uid == 0) {
                log_line(LOG_ERR, AREA,
                        "no unprivileged user to run as; create \"" UNPRIVILEGED_USER "\"");
                return -ESRCH;
        }
        privilege->uid = user->pw_uid;
        privilege->gid = user->pw_gid;
        return 0;
}

/* A removed directory stays empty for ever: no name can be added to it. */
static int enter_empty_root(const char *directory)
{
        char path[PATH_MAX];
        _cleanup_(close_fd) int fd = -1;

        if (snprintf(path, sizeof(path), "%s/.empty-XXXXXX", directory) >= (int)sizeof(path))
                return -ENAMETOOLONG;
        if (!mkdtemp(path))
                return -errno;
        fd = open(path, O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (rmdir(path) < 0 || fd < 0)
                return -errno;
        if (fchdir(fd) < 0 || chroot(".") < 0)
                return -errno;
        return 0;
}

/* Sets the capabilities of this process to those of the mask that it has. */
static int limit_capabilities(uint64_t mask)
{
        struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
        struct __user_cap_data_struct data[2];

        if (syscall(SYS_capget, &header, data) < 0)
                return -errno;
        for (unsigned i = 0; i < 2; i++) {
                data[i].permitted &= (uint32_t)(mask >> (32 * i));
                data[i].effective = data[i].permitted;
                data[i].inheritable = data[i].permitted;
        }
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* As the capability bounding set of packaging/systemd/saslwardd.service.in has it: to become
 * another user, in an empty root directory, for the front and workers; to end their processes; to
 * give sockets their owners, and make them in directories of others; to let workers read a sasldb
 * and the shadow file. */
#define CAPABILITY(name) (1ull << CAP_##name)
#define CAPABILITIES_OF_SUPERVISOR                                                                 \
        (CAPABILITIES_OF_MODULES | CAPABILITY(SYS_CHROOT) | CAPABILITY(KILL))

/* Modules act as the user who logs in, read the shadow file, keep counters in files of users, and
 * write to the audit log. */
#define CAPABILITIES_OF_MODULES                                                                    \
        (CAPABILITY(SETUID) | CAPABILITY(SETGID) | CAPABILITY(DAC_OVERRIDE) |                      \
                CAPABILITY(DAC_READ_SEARCH) | CAPABILITY(CHOWN) | CAPABILITY(FOWNER) |             \
                CAPABILITY(AUDIT_WRITE))

static int become(const Privilege *privilege)
{
        if (setgroups(0, NULL) < 0 ||
                setresgid(privilege->gid, privilege->gid, privilege->gid) < 0 ||
                setresuid(privilege->uid, privilege->uid, privilege->uid) < 0)
                return -errno;
        return 0;
}

/* Core dumps would hold passwords. */
static int dump_no_core(void)
{
        const struct rlimit none = {0, 0};

        return setrlimit(RLIMIT_CORE, &none) < 0 ? -errno : 0;
}

static int gain_nothing(void)
{
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static int close_doors(void)
{
        int r = dump_no_core();

        return r < 0 ? r : gain_nothing();
}

int privilege_close_supervisor(bool no_new_privileges)
{
        int r = no_new_privileges ? gain_nothing() : 0;

        if (r == 0)
                r = dump_no_core();
        if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                r = -errno;
        errno = -r;
        return r < 0 ? fail("cannot close the doors") : 0;
}

/* Workers lock what passwords pass through, and may not raise the limit themselves. Where we may
 * not either, it is the service manager's. */
static void permit_locked_memory(void)
{
        const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

        (void)setrlimit(RLIMIT_MEMLOCK, &all);
}

int privilege_limit_supervisor(void)
{
        int r;

        permit_locked_memory();
        r = limit_capabilities(CAPABILITIES_OF_SUPERVISOR);

        errno = -r;
        return r < 0 ? fail("cannot give up capabilities") : 0;
}

/* It is the last process of its kind: it cannot fork, whatever filters system calls. */
static int start_nothing(void)
{
        const struct rlimit none = {0, 0};

        return setrlimit(RLIMIT_NPROC, &none) < 0 ? -errno : 0;
}

int privilege_drop_front(const Privilege *privilege, const char *directory)
{
        int r;

        if (privilege->is_root) {
                r = enter_empty_root(directory);
                if (r < 0) {
                        errno = -r;
                        return fail("cannot enter an empty root directory");
                }
                r = become(privilege);
                if (r == 0)
                        r = limit_capabilities(0);
                if (r < 0) {
                        log_line(LOG_ERR, AREA,
                                "cannot become user %u: %s; in a user namespace, that user and "
                                "group %u must be mapped",
                                privilege->uid, strerror(-r), privilege->gid);
                        return r;
                }
        }
        if (close_doors() < 0 || start_nothing() < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                return fail("cannot close the doors");
        return 0;
}

int privilege_drop_reader(const Privilege *privilege)
{
        const uint64_t mask = 1ull << CAP_DAC_READ_SEARCH;
        int r;

        if (privilege->is_root) {
                if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
                        return -errno;
                r = become(privilege);
                if (r == 0)
                        r = limit_capabilities(mask);
                if (r < 0)
                        return r;
                /* where we never had it, the file's own mode decides */
                (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0);
        }
        return close_doors();
}

int privilege_drop_all(const Privilege *privilege)
{
        int r = privilege->is_root ? become(privilege) : 0;

        if (r == 0 && privilege->is_root)
                r = limit_capabilities(0);
        return r < 0 ? r : close_doors();
}

int privilege_drop_modules(void)
{
        int r = limit_capabilities(CAPABILITIES_OF_MODULES);

        return r < 0 ? r : close_doors();
}
