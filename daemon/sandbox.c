/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox.h"

#include "build-config.h"
#include "daemon/log.h"
#include "proto/cleanup.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define AREA                 "sandbox"
#define EXIT_FORBIDDEN       99
#define OPTIMIZE_BINARY_TREE 2
#define PROGRAM_MAX          512 /* instructions; ours have 240 */

static Shared *reported_to;

typedef struct Filter {
        const SystemCalls *calls;
        struct sock_filter program[PROGRAM_MAX];
        size_t size; /* bytes */
} Filter;

/* Made at the start, not when a process is to be started and memory may be short. */
static Filter supervisor_filter = {.calls = &system_calls_supervisor};
static Filter front_filter = {.calls = &system_calls_front};
static Filter worker_filters[] = {
        {.calls = &system_calls_sasldb},
        {.calls = &system_calls_resolve},
        {.calls = &system_calls_shadow},
        {.calls = &system_calls_ldap},
};

#define WORKER_FILTERS (sizeof(worker_filters) / sizeof(worker_filters[0]))

static void release_filter(scmp_filter_ctx *filter)
{
        seccomp_release(*filter);
}

/* Not every name is known everywhere: some are older than libseccomp, some of other processors. */
static int add_call(scmp_filter_ctx filter, uint32_t action, const ConditionalCall *call)
{
        int number = seccomp_syscall_resolve_name(call->name);

        if (number == __NR_SCMP_ERROR)
                return 0;
        return seccomp_rule_add_array(
                filter, action, number, call->condition_count, call->conditions);
}

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names)
{
        int r = 0;

        for (; *names && r == 0; names++)
                r = add_call(filter, action, &(ConditionalCall){.name = *names});
        return r;
}

static int add_lists(scmp_filter_ctx filter, const SystemCalls *calls)
{
        int r = 0;

        for (const char *const *const *list = calls->lists; *list && r == 0; list++)
                r = add_names(filter, calls->action, *list);
        for (const ConditionalCall *call = calls->conditional; call && call->name && r == 0; call++)
                r = add_call(filter, calls->action, call);
        if (calls->refused && r == 0)
                r = add_names(filter, SCMP_ACT_ERRNO(EPERM), calls->refused);
        if (calls->absent && r == 0)
                r = add_names(filter, SCMP_ACT_ERRNO(ENOSYS), calls->absent);
        return r;
}

/* Calls that are not ours (of another architecture) end the process, as libseccomp has it. What is
 * refused appears in the kernel's log, where that is switched on. */
static int make_filter(const SystemCalls *calls, scmp_filter_ctx *filter)
{
        int r;

        *filter = seccomp_init(calls->otherwise);
        if (!*filter)
                return -ENOMEM;
        r = seccomp_attr_set(*filter, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_BINARY_TREE);
        if (r == 0)
                r = seccomp_attr_set(*filter, SCMP_FLTATR_CTL_NNP, 0); /* privilege.c decides */
        if (r == 0)
                r = seccomp_attr_set(*filter, SCMP_FLTATR_API_SYSRAWRC, 1);
        if (r == 0)
                (void)seccomp_attr_set(*filter, SCMP_FLTATR_CTL_LOG, 1); /* since Linux 4.14 */
        return r < 0 ? r : add_lists(*filter, calls);
}

typedef struct Pipe {
        int reading, writing;
} Pipe;

static void close_pipe(Pipe *ends)
{
        close_fd(&ends->reading);
        close_fd(&ends->writing);
}

static int open_pipe(Pipe *ends)
{
        int fds[2];

        if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        *ends = (Pipe){fds[0], fds[1]};
        return 0;
}

/* libseccomp writes to a descriptor; a pipe holds more than a program. */
static int make_program(Filter *filter)
{
        _cleanup_(release_filter) scmp_filter_ctx context = NULL;
        _cleanup_(close_pipe) Pipe ends = {-1, -1};
        ssize_t size;
        int r = open_pipe(&ends);

        if (r == 0)
                r = make_filter(filter->calls, &context);
        if (r == 0)
                r = seccomp_export_bpf(context, ends.writing);
        if (r < 0)
                return r;
        size = read(ends.reading, filter->program, sizeof(filter->program));
        if (size < 0 || size == sizeof(filter->program))
                return size < 0 ? -errno : -E2BIG;
        filter->size = (size_t)size;
        return 0;
}

/* Where memory is short, libseccomp (2.5.4) crashes, goes round for ever, or makes a wrong program
 * and says nothing. So it makes two. */
static int prepare(Filter *filter)
{
        Filter again = {.calls = filter->calls};
        int r = make_program(filter);

        if (r == 0)
                r = make_program(&again);
        if (r == 0 && (filter->size != again.size ||
                              memcmp(filter->program, again.program, again.size) != 0))
                r = -ENOMEM;
        return r;
}

static int fail(const char *whose, int r)
{
        log_line(LOG_ERR, AREA, "cannot confine %s to its system calls: %s", whose, strerror(-r));
        return r;
}

/* Whether there can be filters. Without, everything else that a process has given up still holds.
 */
static bool is_available(void)
{
        if (!SANDBOX)
                return false;
        return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 || errno != EINVAL;
}

void sandbox_warn(void)
{
        if (!SANDBOX)
                log_line(LOG_WARNING, AREA,
                        "this build is for tests: no process is confined to its system calls");
        else if (!is_available())
                log_line(LOG_WARNING, AREA,
                        "the kernel has no seccomp: no process is confined to its system calls; "
                        "take one with CONFIG_SECCOMP_FILTER");
}

static int load(Filter *filter)
{
        struct sock_fprog program = {
                .len = (unsigned short)(filter->size / sizeof(filter->program[0])),
                .filter = filter->program,
        };

        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program) < 0
                       ? -errno
                       : 0;
}

int sandbox_enter_supervisor(bool no_new_privileges)
{
        int r;

        if (!is_available())
                return 0;
        r = load(&supervisor_filter);
        if (r == -EACCES && !no_new_privileges) {
                log_line(LOG_WARNING, AREA,
                        "the supervisor and PAM modules are not confined to their system calls: "
                        "that takes NoNewPrivileges=yes, or CAP_SYS_ADMIN");
                return 0;
        }
        return r < 0 ? fail("the supervisor", r) : 0;
}

/* SIGSYS, by SCMP_ACT_TRAP. */
static void on_forbidden(int number, siginfo_t *info, void *context)
{
        (void)number;
        (void)context;
        atomic_store(&reported_to->forbidden_call, info->si_syscall);
        _exit(EXIT_FORBIDDEN);
}

static int report_to(Shared *shared)
{
        struct sigaction action = {.sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO};

        reported_to = shared;
        return sigaction(SIGSYS, &action, NULL) < 0 ? -errno : 0;
}

static void put_own_pid(Filter *filter)
{
        for (size_t i = 0; i < filter->size / sizeof(filter->program[0]); i++)
                if (BPF_CLASS(filter->program[i].code) == BPF_JMP &&
                        filter->program[i].k == SYSTEM_CALLS_OWN_PID)
                        filter->program[i].k = (uint32_t)getpid();
}

int sandbox_enter_front(Shared *shared)
{
        int r;

        if (!is_available())
                return 0;
        put_own_pid(&front_filter); /* in the front's own memory */
        r = report_to(shared);
        if (r == 0)
                r = load(&front_filter);
        return r < 0 ? fail("the front", r) : 0;
}

int sandbox_prepare(void)
{
        int r = 0;

        if (!is_available())
                return 0;
        for (size_t i = 0; i < WORKER_FILTERS && r == 0; i++)
                r = prepare(&worker_filters[i]);
        if (r < 0)
                return fail("workers", r);
        r = prepare(&front_filter);
        if (r < 0)
                return fail("the front", r);
        r = prepare(&supervisor_filter);
        return r < 0 ? fail("the supervisor", r) : 0;
}

int sandbox_open_filter(const SystemCalls *calls, int *fd)
{
        _cleanup_(close_pipe) Pipe ends = {-1, -1};
        const Filter *filter = worker_filters;
        int r;

        *fd = -1;
        if (!calls || !is_available())
                return 0;
        while (filter->calls != calls) /* there is one for each kind of worker that has any */
                filter++;
        r = open_pipe(&ends);
        if (r == 0 && write(ends.writing, filter->program, filter->size) != (ssize_t)filter->size)
                r = -errno;
        if (r < 0)
                return fail("a worker", r);
        *fd = take_fd(&ends.reading);
        return 0;
}

char *sandbox_call_name(int number)
{
        return seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
}
