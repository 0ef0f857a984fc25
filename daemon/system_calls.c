/* SPDX-License-Identifier: BSD-2-Clause */
#include "system_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define PERMISSION SCMP_ACT_ERRNO(EPERM)

/* Opening for reading has neither of these bits. */
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC)

/* ---- What all of ours need ---- */

/* Memory. Making it executable is another matter: see conditional calls. */
static const char *const memory[] = {
        "brk", "munmap", "mremap", "madvise", "mlock", "mlock2", "munlock", NULL};

/* Time, which the vdso does not always tell by itself, and sleeping. */
static const char *const time_[] = {"clock_gettime", "clock_gettime64", "clock_getres",
        "clock_getres_time64", "clock_nanosleep", "clock_nanosleep_time64", "nanosleep",
        "gettimeofday", "time", NULL};

/* Waiting for descriptors, and giving way. */
static const char *const waiting[] = {"poll", "ppoll", "ppoll_time64", "sched_yield", "futex",
        "futex_time64", "futex_wait", "futex_wake", "restart_syscall", NULL};

/* Descriptors that are open. A front's may be anything but a file; newfstatat and statx are how
 * glibc since 2.33 does fstat(). */
static const char *const descriptors[] = {"read", "readv", "write", "writev", "close",
        "close_range", "dup", "fstat", "fstat64", "fstatfs", "fstatfs64", "newfstatat", "fstatat64",
        "statx", "lseek", "_llseek", NULL};

/* Messages over sockets that are open. send() is sendto() in the kernel. */
static const char *const messages[] = {"recv", "recvfrom", "recvmsg", "send", "sendto", "sendmsg",
        "shutdown", "getsockopt", "setsockopt", NULL};

/* Who this process is, and how much memory there is (glibc's qsort() before 2.37 asks). */
static const char *const self[] = {"getpid", "gettid", "getppid", "getuid", "getuid32", "geteuid",
        "geteuid32", "getgid", "getgid32", "getegid", "getegid32", "uname", "sysinfo", "getcpu",
        "sched_getaffinity", "getrandom", NULL};

/* Signals to itself, and the end. A signal to somebody else is conditional. */
static const char *const end[] = {
        "rt_sigprocmask", "rt_sigreturn", "sigreturn", "exit", "exit_group", NULL};

/* What every process may do under a condition: no memory that was written is run (W^X); limits are
 * read, not changed. */
#define PLAIN_MEMORY                                                                               \
        {"mmap", {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}, 1},                                      \
                {"mmap2", {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}, 1},                             \
        {                                                                                          \
                "mprotect", {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}, 1                             \
        }
#define OWN_LIMITS                                                                                 \
        {                                                                                          \
                "prlimit64", {{0, SCMP_CMP_EQ, 0, 0}, {2, SCMP_CMP_EQ, 0, 0}}, 2                   \
        }

/* The commands that do no more than they say. Others have the kernel send signals for a
 * descriptor, to whom and which one likes (F_SETOWN, F_SETSIG, O_ASYNC). */
#define FCNTL(command)                                                                             \
        {"fcntl", {{1, SCMP_CMP_EQ, command, 0}}, 1},                                              \
        {                                                                                          \
                "fcntl64", {{1, SCMP_CMP_EQ, command, 0}}, 1                                       \
        }
#define FCNTL_FLAGS(name)                                                                          \
        {                                                                                          \
                name, {{1, SCMP_CMP_EQ, F_SETFL, 0}, {2, SCMP_CMP_MASKED_EQ, O_ASYNC, 0}}, 2       \
        }
#define DESCRIPTOR_FLAGS                                                                           \
        FCNTL(F_DUPFD), FCNTL(F_DUPFD_CLOEXEC), FCNTL(F_GETFD), FCNTL(F_SETFD), FCNTL(F_GETFL),    \
                FCNTL_FLAGS("fcntl"), FCNTL_FLAGS("fcntl64")
#define FILE_LOCKS                                                                                 \
        FCNTL(F_GETLK), FCNTL(F_SETLK), FCNTL(F_SETLKW), FCNTL(F_OFD_GETLK), FCNTL(F_OFD_SETLK),   \
                FCNTL(F_OFD_SETLKW)

/* ---- The front ---- */

/* The event loop (libsystemd's), and new connections on sockets that it was handed. */
static const char *const events[] = {"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
        "epoll_pwait2", "timerfd_create", "timerfd_settime", "timerfd_settime64", "accept",
        "accept4", NULL};

/* Who asks: a handle on the process, where the kernel does not give one with the connection
 * (SO_PEERPIDFD, 6.5). The handle alone permits nothing. */
static const char *const peers[] = {"pidfd_open", "getsockname", "getpeername", NULL};

/* What is tried by habit, and done without: libsystemd looks for the machine's number, and whether
 * what it complains to is a terminal; glibc for the time zone (the front's root directory is empty
 * anyway); log.c for a log that has gone. */
static const char *const front_refused[] = {"open", "openat", "access", "faccessat", "faccessat2",
        "stat", "stat64", "lstat", "lstat64", "readlink", "readlinkat", "statfs", "statfs64",
        "socket", "ioctl", NULL};

static const char *const *const front_lists[] = {
        memory, time_, waiting, descriptors, messages, self, end, events, peers, NULL};

/* A handler of SIGSYS, which tells what was forbidden, stays what it is. A signal goes to itself,
 * as abort() sends one, and to nobody else. */
static const ConditionalCall front_conditional[] = {
        PLAIN_MEMORY,
        OWN_LIMITS,
        DESCRIPTOR_FLAGS,
        {"rt_sigaction", {{0, SCMP_CMP_NE, SIGSYS, 0}}, 1},
        {"tgkill", {{0, SCMP_CMP_EQ, SYSTEM_CALLS_OWN_PID, 0}}, 1},
        {},
};

/* Anything else ends it, and is logged: nothing of ours asks for it, so it is somebody else's
 * code that does. */
const SystemCalls system_calls_front = {
        .otherwise = SCMP_ACT_TRAP,
        .lists = front_lists,
        .action = SCMP_ACT_ALLOW,
        .conditional = front_conditional,
        .refused = front_refused,
};

/* ---- Workers ---- */

/* Files, to be looked at. */
static const char *const files[] = {"access", "faccessat", "faccessat2", "stat", "stat64", "lstat",
        "lstat64", "readlink", "readlinkat", "statfs", "statfs64", "getcwd", "getdents64",
        "getdents", "pread64", "preadv", "flock", "fadvise64", "fadvise64_64", NULL};

#define READ_ONLY                                                                                  \
        {"open", {{1, SCMP_CMP_MASKED_EQ, WRITING, O_RDONLY}}, 1},                                 \
        {                                                                                          \
                "openat", {{2, SCMP_CMP_MASKED_EQ, WRITING, O_RDONLY}}, 1                          \
        }

static const char *const *const sasldb_lists[] = {
        memory, time_, waiting, descriptors, messages, self, end, files, NULL};

static const ConditionalCall sasldb_conditional[] = {
        PLAIN_MEMORY,
        OWN_LIMITS,
        DESCRIPTOR_FLAGS,
        FILE_LOCKS,
        READ_ONLY,
        {"rt_sigaction", {}, 0},
        {},
};

/* libsasl2 and its plugin are loaded by then: what is left is to read the database. */
const SystemCalls system_calls_sasldb = {
        .otherwise = PERMISSION,
        .lists = sasldb_lists,
        .action = SCMP_ACT_ALLOW,
        .conditional = sasldb_conditional,
};

/* NSS: its modules are loaded when they are first asked, so executable files are mapped; they ask
 * daemons (nscd, sssd, systemd-userdbd, winbindd) or servers over sockets, some with threads of
 * their own. */
static const char *const look_ups[] = {"mmap", "mmap2", "mprotect", "socketpair", "connect", "bind",
        "getsockname", "getpeername", "recvmmsg", "sendmmsg", "select", "_newselect", "pselect6",
        "pselect6_time64", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
        "epoll_pwait2", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_settime64",
        "pipe", "pipe2", "dup3", "rt_sigaction", "rt_sigtimedwait", "sigaltstack",
        "set_robust_list", "rseq", "membarrier", "alarm", "setitimer", "times", "getrusage",
        "umask", "getresuid", "getresuid32", "getresgid", "getresgid32", "getgroups", "getgroups32",
        "capget", "getpriority", "getpgrp", "getpgid", "getsid", "keyctl", NULL};

/* A process that is handed over is still alive. */
static const char *const processes[] = {"pidfd_open", "waitid", NULL};

/* What is there to read, that it does not wait, and which interfaces there are. Others send signals
 * (FIOSETOWN), or write to a terminal. */
#define IOCTL(request)                                                                             \
        {                                                                                          \
                "ioctl", {{1, SCMP_CMP_EQ, request, 0}}, 1                                         \
        }
#define SOCKET_REQUESTS                                                                            \
        IOCTL(FIONREAD), IOCTL(FIONBIO), IOCTL(FIOCLEX), IOCTL(TCGETS), IOCTL(SIOCGIFNAME),        \
                IOCTL(SIOCGIFINDEX), IOCTL(SIOCGIFCONF), IOCTL(SIOCGIFFLAGS), IOCTL(SIOCGIFADDR)

static const ConditionalCall look_up_conditional[] = {
        OWN_LIMITS,
        DESCRIPTOR_FLAGS,
        FILE_LOCKS,
        READ_ONLY,
        SOCKET_REQUESTS,
        {"socket", {{0, SCMP_CMP_EQ, AF_UNIX, 0}}, 1},
        {"socket", {{0, SCMP_CMP_EQ, AF_INET, 0}}, 1},
        {"socket", {{0, SCMP_CMP_EQ, AF_INET6, 0}}, 1},
        {"socket", {{0, SCMP_CMP_EQ, AF_NETLINK, 0}}, 1},
        {"prctl", {{0, SCMP_CMP_EQ, PR_SET_NAME, 0}}, 1}, /* of a thread */
        /* a thread, no process: all of memory and descriptors in common */
        {"clone", {{0, SCMP_CMP_MASKED_EQ, 0x00010f00, 0x00010f00}}, 1},
        {},
};

/* It hides its flags from a filter; glibc (since 2.34) then takes clone(). */
static const char *const new_clone[] = {"clone3", NULL};

static const char *const *const look_up_lists[] = {
        memory, time_, waiting, descriptors, messages, self, end, files, look_ups, NULL};
static const char *const *const resolve_lists[] = {
        memory, time_, waiting, descriptors, messages, self, end, files, look_ups, processes, NULL};

/* Rights are given up where it is ready: not before it has read its files, which may be missing at
 * first. */
static const char *const giving_up[] = {"capset", NULL};

static const char *const *const ldap_lists[] = {
        memory, time_, waiting, descriptors, messages, self, end, files, look_ups, giving_up, NULL};

const SystemCalls system_calls_shadow = {
        .otherwise = PERMISSION,
        .lists = look_up_lists,
        .action = SCMP_ACT_ALLOW,
        .conditional = look_up_conditional,
        .absent = new_clone,
};

const SystemCalls system_calls_resolve = {
        .otherwise = PERMISSION,
        .lists = resolve_lists,
        .action = SCMP_ACT_ALLOW,
        .conditional = look_up_conditional,
        .absent = new_clone,
};

const SystemCalls system_calls_ldap = {
        .otherwise = PERMISSION,
        .lists = ldap_lists,
        .action = SCMP_ACT_ALLOW,
        .conditional = look_up_conditional,
        .absent = new_clone,
};

/* ---- The supervisor, and with it everything that it starts ---- */

/* Memory and descriptors of other processes. */
static const char *const intrusion[] = {"ptrace", "process_vm_readv", "process_vm_writev",
        "process_madvise", "pidfd_getfd", "kcmp", "perf_event_open", "userfaultfd", NULL};

/* The kernel's own code and its interfaces of many holes. */
static const char *const kernel[] = {"init_module", "finit_module", "delete_module", "kexec_load",
        "kexec_file_load", "bpf", "io_uring_setup", "io_uring_enter", "io_uring_register", "iopl",
        "ioperm", "modify_ldt", "vm86", "vm86old", "lookup_dcookie", "nfsservctl", "uselib",
        "_sysctl", NULL};

/* The machine: its clock, name, swap, end. */
static const char *const machine[] = {"reboot", "swapon", "swapoff", "acct", "vhangup", "quotactl",
        "quotactl_fd", "settimeofday", "clock_settime", "clock_settime64", "clock_adjtime",
        "clock_adjtime64", "adjtimex", "stime", "sethostname", "setdomainname", NULL};

/* Other views of the file system, and ways round its names. chroot() is the front's. */
static const char *const views[] = {"mount", "umount", "umount2", "pivot_root", "open_tree",
        "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "setns",
        "unshare", "open_by_handle_at", NULL};

/* Signals for a descriptor, which need no right to send them if one is root. The kernel looks at
 * the lower half of a command. */
#define COMMAND(call, command)                                                                     \
        {                                                                                          \
                call, {{1, SCMP_CMP_MASKED_EQ, UINT32_MAX, command}}, 1                            \
        }
#define SIGNAL_COMMANDS(call)                                                                      \
        COMMAND(call, F_SETOWN), COMMAND(call, F_SETOWN_EX), COMMAND(call, F_SETSIG),              \
        {                                                                                          \
                call,                                                                              \
                        {{1, SCMP_CMP_MASKED_EQ, UINT32_MAX, F_SETFL},                             \
                                {2, SCMP_CMP_MASKED_EQ, O_ASYNC, O_ASYNC}},                        \
                        2                                                                          \
        }

static const ConditionalCall signals[] = {
        SIGNAL_COMMANDS("fcntl"),
        SIGNAL_COMMANDS("fcntl64"),
        COMMAND("ioctl", FIOASYNC),
        COMMAND("ioctl", FIOSETOWN),
        COMMAND("ioctl", SIOCSPGRP),
        {},
};

static const char *const *const supervisor_lists[] = {intrusion, kernel, machine, views, NULL};

/* Workers inherit it, and PAM modules are other people's code, of which nobody knows what it needs:
 * so it says what nobody gets who checks passwords. */
const SystemCalls system_calls_supervisor = {
        .otherwise = SCMP_ACT_ALLOW,
        .lists = supervisor_lists,
        .action = PERMISSION,
        .conditional = signals,
};
