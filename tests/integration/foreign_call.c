/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * foreign_call PID CALL [ARGUMENT…]: has a process that runs make a system call, and prints what
 * came of it: a number, "EPERM" and the like, or "SIGSYS" if it was the end of the process. Root
 * only.
 *
 * An argument is a number, or text:TEXT, socket:PATH (a struct sockaddr_un), whose address is
 * given.
 */

#include "proto/cleanup.h"

#include <elf.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>

#define ARGUMENTS_MAX 6
#define SCRATCH       8192 /* below the stack's end and what x86-64 has in use beneath it */
#define SLOT          256  /* for an argument's memory */

#if defined(__x86_64__)
typedef struct user_regs_struct Registers;
static const uint8_t instruction[] = {0x0f, 0x05}; /* syscall */

static void prepare(Registers *registers, int number, const uint64_t *arguments, uint64_t at)
{
        registers->rip = at;
        registers->rax = (uint64_t)number;
        registers->orig_rax = ~0ull; /* nothing is restarted */
        registers->rdi = arguments[0];
        registers->rsi = arguments[1];
        registers->rdx = arguments[2];
        registers->r10 = arguments[3];
        registers->r8 = arguments[4];
        registers->r9 = arguments[5];
}

static int64_t result(const Registers *registers)
{
        return (int64_t)registers->rax;
}

static uint64_t stack(const Registers *registers)
{
        return registers->rsp;
}
#elif defined(__aarch64__)
typedef struct user_regs_struct Registers;
static const uint8_t instruction[] = {0x01, 0x00, 0x00, 0xd4}; /* svc #0 */

static void prepare(Registers *registers, int number, const uint64_t *arguments, uint64_t at)
{
        registers->pc = at;
        registers->regs[8] = (uint64_t)number;
        memcpy(registers->regs, arguments, ARGUMENTS_MAX * sizeof(*arguments));
}

static int64_t result(const Registers *registers)
{
        return (int64_t)registers->regs[0];
}

static uint64_t stack(const Registers *registers)
{
        return registers->sp;
}
#else
#error "say here how a system call is made"
#endif

static _Noreturn void fail(const char *what)
{
        perror(what);
        exit(2);
}

static void get_registers(pid_t pid, Registers *registers)
{
        struct iovec space = {registers, sizeof(*registers)};

        if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &space) < 0)
                fail("PTRACE_GETREGSET");
}

static void set_registers(pid_t pid, Registers *registers)
{
        struct iovec space = {registers, sizeof(*registers)};

        if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &space) < 0)
                fail("PTRACE_SETREGSET");
}

/* On aarch64 what is restarted is in no register: -1 = nothing. Returns what it was. */
static int exchange_call(pid_t pid, int number)
{
#if defined(__aarch64__)
        int before = -1;
        struct iovec space = {&before, sizeof(before)};

        if (ptrace(PTRACE_GETREGSET, pid, NT_ARM_SYSTEM_CALL, &space) < 0)
                fail("NT_ARM_SYSTEM_CALL");
        space.iov_base = &number;
        if (ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &space) < 0)
                fail("NT_ARM_SYSTEM_CALL");
        return before;
#else
        (void)pid;
        return number;
#endif
}

static int open_memory(pid_t pid)
{
        char path[64];
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/mem", pid);
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
                fail(path);
        return fd;
}

/* Looks for the instruction in a range of code; returns its address, or 0. */
static uint64_t search(int memory, uint64_t from, uint64_t to)
{
        uint8_t page[4096];

        for (; from < to; from += sizeof(page)) {
                if (pread(memory, page, sizeof(page), (off_t)from) != sizeof(page))
                        return 0;
                for (size_t i = 0; i + sizeof(instruction) <= sizeof(page);
                        i += sizeof(instruction) == 4 ? 4 : 1)
                        if (memcmp(page + i, instruction, sizeof(instruction)) == 0)
                                return from + i;
        }
        return 0;
}

static uint64_t find_instruction(pid_t pid, int memory)
{
        char path[64], line[512];
        unsigned long from, to;
        uint64_t found = 0;
        FILE *maps;

        (void)snprintf(path, sizeof(path), "/proc/%d/maps", pid);
        maps = fopen(path, "re");
        while (maps && !found && fgets(line, sizeof(line), maps))
                if (strstr(line, "r-xp") && strstr(line, "/libc.so") &&
                        sscanf(line, "%lx-%lx", &from, &to) == 2)
                        found = search(memory, from, to);
        if (!found)
                fail("no system call instruction in libc");
        (void)fclose(maps);
        return found;
}

/* Puts what an argument points to at an address. */
static void put(int memory, uint64_t at, const void *content, size_t size)
{
        if (pwrite(memory, content, size, (off_t)at) != (ssize_t)size)
                fail("writing its memory");
}

static uint64_t parse_argument(const char *word, int memory, uint64_t at)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        if (strncmp(word, "text:", 5) == 0) {
                put(memory, at, word + 5, strlen(word + 5) + 1);
                return at;
        }
        if (strncmp(word, "socket:", 7) == 0) {
                (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", word + 7);
                put(memory, at, &address, sizeof(address));
                return at;
        }
        return strtoull(word, NULL, 0);
}

static int wait_for_stop(pid_t pid)
{
        int status;

        if (waitpid(pid, &status, __WALL) != pid)
                fail("waitpid");
        return status;
}

static void stop(pid_t pid)
{
        if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
                fail("PTRACE_SEIZE");
        (void)wait_for_stop(pid);
}

static void print_result(int64_t value)
{
        if (value < 0 && value > -4096)
                (void)printf("%s\n", strerrorname_np((int)-value));
        else
                (void)printf("%lld\n", (long long)value);
}

/* Untraced: its parent does not see the end of one that is traced as it sees any other. */
static void let_go(pid_t pid, int signal)
{
        if (ptrace(PTRACE_DETACH, pid, 0, signal) < 0)
                fail("PTRACE_DETACH");
}

/* The signal comes first, and behind it the SIGTRAP of the step, which nobody expects there. */
static void swallow_step(pid_t pid, int signal)
{
        if (ptrace(PTRACE_CONT, pid, 0, signal) < 0)
                fail("PTRACE_CONT");
        if (WIFSTOPPED(wait_for_stop(pid)))
                let_go(pid, 0);
}

static void run(pid_t pid, int number, char **words, int count)
{
        _cleanup_(close_fd) int memory = open_memory(pid);
        uint64_t arguments[ARGUMENTS_MAX] = {};
        Registers before, registers;
        int restarted, status;

        stop(pid);
        get_registers(pid, &before);
        registers = before;
        for (int i = 0; i < count; i++)
                arguments[i] = parse_argument(
                        words[i], memory, stack(&before) - SCRATCH + (uint64_t)i * SLOT);
        prepare(&registers, number, arguments, find_instruction(pid, memory));
        restarted = exchange_call(pid, -1);
        set_registers(pid, &registers);
        if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) < 0)
                fail("PTRACE_SINGLESTEP");
        status = wait_for_stop(pid);
        if (!WIFSTOPPED(status))
                fail("it ended at once");
        if (WSTOPSIG(status) != SIGTRAP) {
                (void)printf("SIG%s\n", sigabbrev_np(WSTOPSIG(status)));
                swallow_step(pid, WSTOPSIG(status));
                return;
        }
        get_registers(pid, &registers);
        print_result(result(&registers));
        set_registers(pid, &before);
        (void)exchange_call(pid, restarted);
        let_go(pid, 0);
}

int main(int argc, char **argv)
{
        int number = argc > 2 ? seccomp_syscall_resolve_name(argv[2]) : __NR_SCMP_ERROR;

        if (number < 0 || argc > 3 + ARGUMENTS_MAX) {
                (void)fprintf(stderr, "usage: foreign_call PID CALL [ARGUMENT...]\n");
                return 2;
        }
        run((pid_t)strtol(argv[1], NULL, 10), number, argv + 3, argc - 3);
        return 0;
}
