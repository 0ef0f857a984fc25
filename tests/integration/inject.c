/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Preloaded: calls that fail when a test wants it, and a clock that jumps. The test and all
 * processes of the daemon share the page that is the file SASLWARD_INJECT; it is mapped before a
 * process gives up its rights. What the test puts there (inject.py) says whose calls are counted,
 * which, and how many of them succeed before one fails, once; or is the last that its process
 * makes.
 */

/* We define the functions that these would have others stand in for. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* As inject.py has them. */
enum {
        ROLE_NONE,
        ROLE_SUPERVISOR,
        ROLE_FRONT,
        ROLE_WORKER,
        ROLE_RESOLVER,
        ROLE_LDAP,
        ROLE_SHADOW,
        ROLE_PAM,
};

enum {
        CALL_NONE,
        CALL_MALLOC,
        CALL_CALLOC,
        CALL_REALLOC,
        CALL_ACCEPT4,
        CALL_READ,
        CALL_WRITE,
        CALL_RECV,
        CALL_RECVMSG,
        CALL_SEND,
        CALL_SENDMSG,
        CALL_SOCKETPAIR,
        CALL_SOCKET,
        CALL_FORK,
        CALL_PIDFD_OPEN,
        CALL_OPEN,
        CALL_EPOLL_CTL,
        CALL_TIMERFD_CREATE,
        CALL_TIMERFD_SETTIME,
        CALL_SIGNALFD,
        CALL_GETSOCKOPT,
        CALL_FCNTL,
};

/* In the place of an error. */
#define KILLED (-1)

#define DESCRIPTORS 1024

typedef struct Page {
        _Atomic uint32_t role;
        _Atomic uint32_t call;
        _Atomic int32_t left; /* the next so many succeed; negative: one has failed */
        _Atomic int32_t error;
        _Atomic uint32_t pid;   /* of the process in which it failed */
        _Atomic int32_t offset; /* of the real-time clock, seconds */
} Page;

static Page *page;
static uint32_t role;
static bool timers[DESCRIPTORS];      /* descriptors that were some when they were made */
static _Thread_local unsigned spared; /* depth of calls that nothing fails in */

static uint32_t role_of_program(const char *name)
{
        static const struct {
                const char *name;
                uint32_t role;
        } roles[] = {
                {"saslwardd", ROLE_SUPERVISOR},
                {"sasldb", ROLE_WORKER},
                {"resolve", ROLE_RESOLVER},
                {"ldap", ROLE_LDAP},
                {"shadow", ROLE_SHADOW},
                {"pam", ROLE_PAM},
        };

        for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
                if (strcmp(roles[i].name, name) == 0)
                        return roles[i].role;
        return ROLE_NONE;
}

__attribute__((constructor)) static void begin(void)
{
        const char *path = getenv("SASLWARD_INJECT");
        int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
        void *mapped;

        if (fd < 0)
                return;
        mapped = mmap(NULL, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        (void)close(fd);
        if (mapped == MAP_FAILED)
                return;
        page = mapped;
        role = role_of_program(program_invocation_short_name);
}

/* Whether this call of ours is the one that fails, with errno as it then is. */
static bool fails(uint32_t call)
{
        if (!page || spared > 0 || role == ROLE_NONE || atomic_load(&page->role) != role ||
                atomic_load(&page->call) != call)
                return false;
        if (atomic_fetch_sub(&page->left, 1) != 0)
                return false;
        atomic_store(&page->pid, (uint32_t)getpid());
        errno = atomic_load(&page->error);
        if (errno == KILLED)
                (void)kill(getpid(), SIGKILL);
        return true;
}

/* The function that the program would have without us. */
#define NEXT(name)                                                                                 \
        ({                                                                                         \
                static __typeof__(&name) next;                                                     \
                if (!next)                                                                         \
                        *(void **)&next = dlsym(RTLD_NEXT, #name);                                 \
                next;                                                                              \
        })

/* glibc's own, under names of its own, since dlsym() allocates. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

EXPORT void *malloc(size_t size)
{
        return fails(CALL_MALLOC) ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
        return fails(CALL_CALLOC) ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *old, size_t size)
{
        return fails(CALL_REALLOC) ? NULL : __libc_realloc(old, size);
}

EXPORT int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict size, int flags)
{
        return fails(CALL_ACCEPT4) ? -1 : NEXT(accept4)(fd, address, size, flags);
}

/* timerfd_read(), fs/timerfd.c, has no error of a device; libsystemd takes one for the end. */
static bool is_timer(int fd)
{
        return fd >= 0 && fd < DESCRIPTORS && timers[fd];
}

EXPORT ssize_t read(int fd, void *buffer, size_t size)
{
        return !is_timer(fd) && fails(CALL_READ) ? -1 : NEXT(read)(fd, buffer, size);
}

EXPORT ssize_t write(int fd, const void *buffer, size_t size)
{
        return fails(CALL_WRITE) ? -1 : NEXT(write)(fd, buffer, size);
}

EXPORT ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
        return fails(CALL_RECV) ? -1 : NEXT(recv)(fd, buffer, size, flags);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
        return fails(CALL_RECVMSG) ? -1 : NEXT(recvmsg)(fd, message, flags);
}

EXPORT ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
        return fails(CALL_SEND) ? -1 : NEXT(send)(fd, buffer, size, flags);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
        return fails(CALL_SENDMSG) ? -1 : NEXT(sendmsg)(fd, message, flags);
}

EXPORT int socketpair(int domain, int type, int protocol, int pair[2])
{
        return fails(CALL_SOCKETPAIR) ? -1 : NEXT(socketpair)(domain, type, protocol, pair);
}

EXPORT int socket(int domain, int type, int protocol)
{
        return fails(CALL_SOCKET) ? -1 : NEXT(socket)(domain, type, protocol);
}

EXPORT pid_t fork(void)
{
        return fails(CALL_FORK) ? -1 : NEXT(fork)();
}

/* The kernel always takes out what is in. */
EXPORT int epoll_ctl(int fd, int operation, int other, struct epoll_event *event)
{
        return operation != EPOLL_CTL_DEL && fails(CALL_EPOLL_CTL)
                       ? -1
                       : NEXT(epoll_ctl)(fd, operation, other, event);
}

EXPORT int timerfd_create(clockid_t clock, int flags)
{
        int fd = fails(CALL_TIMERFD_CREATE) ? -1 : NEXT(timerfd_create)(clock, flags);

        if (fd >= 0 && fd < DESCRIPTORS)
                timers[fd] = true;
        return fd;
}

EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
        return fails(CALL_TIMERFD_SETTIME) ? -1 : NEXT(timerfd_settime)(fd, flags, new, old);
}

EXPORT int signalfd(int fd, const sigset_t *mask, int flags)
{
        return fails(CALL_SIGNALFD) ? -1 : NEXT(signalfd)(fd, mask, flags);
}

EXPORT int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict size)
{
        return fails(CALL_GETSOCKOPT) ? -1 : NEXT(getsockopt)(fd, level, name, value, size);
}

/* With the one argument that each command takes, if any. */
EXPORT int fcntl(int fd, int command, ...)
{
        va_list arguments;
        void *argument;

        va_start(arguments, command);
        argument = va_arg(arguments, void *);
        va_end(arguments);
        return fails(CALL_FCNTL) ? -1 : NEXT(fcntl)(fd, command, argument);
}

static mode_t mode_of(int flags, va_list arguments)
{
        return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

EXPORT int openat(int directory, const char *path, int flags, ...)
{
        va_list arguments;
        mode_t mode;

        va_start(arguments, flags);
        mode = mode_of(flags, arguments);
        va_end(arguments);
        return fails(CALL_OPEN) ? -1 : NEXT(openat)(directory, path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...)
{
        va_list arguments;
        mode_t mode;

        va_start(arguments, flags);
        mode = mode_of(flags, arguments);
        va_end(arguments);
        return openat(AT_FDCWD, path, flags, mode);
}

/* What fortified programs and those for large files call instead. */
EXPORT ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);
EXPORT ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags);
EXPORT int __open_2(const char *path, int flags);
EXPORT int __open64_2(const char *path, int flags);
EXPORT int __openat64_2(int directory, const char *path, int flags);

ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room)
{
        (void)room;
        return read(fd, buffer, size);
}

ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags)
{
        (void)room;
        return recv(fd, buffer, size, flags);
}

int __open_2(const char *path, int flags)
{
        return open(path, flags);
}

int __open64_2(const char *path, int flags)
{
        return open(path, flags);
}

int __openat64_2(int directory, const char *path, int flags)
{
        return openat(directory, path, flags);
}

EXPORT int open64(const char *path, int flags, ...) __attribute__((alias("open")));
EXPORT int openat64(int directory, const char *path, int flags, ...)
        __attribute__((alias("openat")));
EXPORT int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));

/* sd-event has no name for pidfd_open() in glibc before 2.36. */
EXPORT long syscall(long number, ...)
{
        va_list list;
        long arguments[6];

        va_start(list, number);
        for (size_t i = 0; i < 6; i++)
                arguments[i] = va_arg(list, long);
        va_end(list);
        if (number == SYS_pidfd_open && fails(CALL_PIDFD_OPEN))
                return -1;
        return NEXT(syscall)(number, arguments[0], arguments[1], arguments[2], arguments[3],
                arguments[4], arguments[5]);
}

EXPORT int pidfd_open(pid_t pid, unsigned flags);

int pidfd_open(pid_t pid, unsigned flags)
{
        return (int)syscall(SYS_pidfd_open, (long)pid, (long)flags);
}

/* The front is a fork, and tells its name. */
EXPORT int prctl(int option, ...)
{
        va_list list;
        unsigned long arguments[4];

        va_start(list, option);
        for (size_t i = 0; i < 4; i++)
                arguments[i] = va_arg(list, unsigned long);
        va_end(list);
        if (option == PR_SET_NAME && strcmp((const char *)arguments[0], "saslward-front") == 0)
                role = ROLE_FRONT;
        return NEXT(prctl)(option, arguments[0], arguments[1], arguments[2], arguments[3]);
}

/* The function of another library, within which nothing fails. */
#define SPARE(name, ...)                                                                           \
        ({                                                                                         \
                __typeof__(name(__VA_ARGS__)) result;                                              \
                spared++;                                                                          \
                result = NEXT(name)(__VA_ARGS__);                                                  \
                spared--;                                                                          \
                result;                                                                            \
        })

/* What crashes by itself when memory runs out: glibc 2.36 (nss_database.c), libcrypto 3.0 when it
 * is first used, json-c 0.16 when it reads. */
EXPORT struct passwd *getpwnam(const char *name)
{
        return SPARE(getpwnam, name);
}

EXPORT struct group *getgrnam(const char *name)
{
        return SPARE(getgrnam, name);
}

EXPORT void *EVP_MAC_fetch(void *context, const char *algorithm, const char *properties);

void *EVP_MAC_fetch(void *context, const char *algorithm, const char *properties)
{
        return SPARE(EVP_MAC_fetch, context, algorithm, properties);
}

struct json_tokener;

EXPORT struct json_object *json_tokener_parse_ex(
        struct json_tokener *tokener, const char *text, int size);

struct json_object *json_tokener_parse_ex(struct json_tokener *tokener, const char *text, int size)
{
        return SPARE(json_tokener_parse_ex, tokener, text, size);
}

static time_t offset(void)
{
        return page ? atomic_load(&page->offset) : 0;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *time)
{
        int r = NEXT(clock_gettime)(clock, time);

        if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
                time->tv_sec += offset();
        return r;
}

EXPORT time_t time(time_t *out)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
        if (out)
                *out = now.tv_sec;
        return now.tv_sec;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
        int r = NEXT(gettimeofday)(now, zone);

        now->tv_sec += offset();
        return r;
}
