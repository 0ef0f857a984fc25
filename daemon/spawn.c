/* SPDX-License-Identifier: BSD-2-Clause */
#include "spawn.h"

#include "build-config.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"
#include "daemon/trusted_file.h"
#include "proto/cleanup.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define EXIT_CANNOT_START  127
#define PASSWORD_FILENO    3 /* in the worker */
#define PASSWORD_ARGUMENT  "password-fd=3"
#define FILTER_FILENO      4
#define FILTER_ARGUMENT    "filter-fd=4"
#define FIRST_FREE_FILENO  5
#define DIRECTORY_VARIABLE "SASLWARD_LIBEXECDIR"

/* What a worker is handed open; -1 = there is none. */
typedef struct SpawnDescriptors {
        int socket; /* to the front */
        int password;
        int filter; /* of its system calls */
} SpawnDescriptors;

static int program_path(const BackendConfig *backend, char path[static PATH_MAX])
{
        const char *directory = secure_getenv(DIRECTORY_VARIABLE);
        const char *program = backend->mechanism->program;
        int size;

        if (!directory || directory[0] == '\0')
                directory = WORKER_DIRECTORY;
        size = program ? snprintf(path, PATH_MAX, "%s/%s", directory, program)
                       : snprintf(path, PATH_MAX, "%s",
                                 backend_argument(backend, MECHANISM_COMMAND));
        return size >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* With -a it may be missing; what it is may have changed since the configuration was read. */
static int check_command(const BackendConfig *backend)
{
        const char *command = backend_argument(backend, MECHANISM_COMMAND);
        char why[TRUSTED_FILE_TEXT_MAX];

        if (!command)
                log_line(LOG_ERR, "worker", "%s: which program? Give -O PATH", backend->name);
        else if (!trusted_file_may_run(command, why))
                log_line(LOG_ERR, "worker", "%s: the program %s %s", backend->name, command, why);
        else
                return 0;
        return -EINVAL;
}

static int check_program(const BackendConfig *backend)
{
        char path[PATH_MAX];
        int r = program_path(backend, path);

        if (r == 0 && access(path, X_OK) < 0)
                r = -errno;
        if (r < 0)
                log_line(LOG_ERR, "worker",
                        "cannot run %s: %s; install saslward, or set " DIRECTORY_VARIABLE
                        " to the directory of its worker programs",
                        path, strerror(-r));
        return r;
}

int spawn_check(const Config *config)
{
        int r = 0;

        for (size_t i = 0; i < config->backend_count && r == 0; i++)
                r = config->backends[i].mechanism->program ? check_program(&config->backends[i])
                                                           : check_command(&config->backends[i]);
        return r;
}

/* The service manager talks to the supervisor, not to its workers. */
static void clean_environment(void)
{
        static const char *const variables[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"};

        for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
                (void)unsetenv(variables[i]);
}

/* Service managers and terminals signal the whole group; a worker finishes its job and leaves when
 * its socket is closed. */
static void ignore_group_signals(void)
{
        sigset_t none;

        (void)signal(SIGPIPE, SIG_DFL);
        (void)signal(SIGTERM, SIG_IGN);
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGHUP, SIG_IGN);
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int drop(const BackendConfig *backend, const Privilege *privilege)
{
        switch (backend->mechanism->rights) {
        case RIGHTS_READ_FILES: return privilege_drop_reader(privilege);
        case RIGHTS_NONE: return privilege_drop_all(privilege);
        case RIGHTS_MODULES:
                if (privilege->is_root && !backend_has_site_modules(backend))
                        return privilege_drop_modules();
                break;
        }
        return 0;
}

/* Makes fd that number for the program that is executed, or leaves nothing there. */
static int place(int fd, int number)
{
        return fd < 0 ? close_range((unsigned)number, (unsigned)number, 0) : dup2(fd, number);
}

/* Moves it out of the way of the others. */
static int move_up(int fd)
{
        return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FILENO);
}

/* Nothing is open in the program but the socket, standard error and, if there are such, password
 * and filter. */
static int place_descriptors(const SpawnDescriptors *open)
{
        int password = move_up(open->password), filter = move_up(open->filter);

        if (dup2(open->socket, STDIN_FILENO) < 0 || dup2(open->socket, STDOUT_FILENO) < 0)
                return -1;
        if (place(password, PASSWORD_FILENO) < 0 || place(filter, FILTER_FILENO) < 0)
                return -1;
        return close_range(FIRST_FREE_FILENO, ~0u, 0);
}

/* Between fork() and exec(); never returns. A group of its own: what a library of the worker's
 * starts is found, and ended, with it. */
static void run_child(const char *path, char **arguments, const BackendConfig *backend,
        const Privilege *privilege, const SpawnDescriptors *open)
{
        ignore_group_signals();
        clean_environment();
        if (setpgid(0, 0) < 0 || place_descriptors(open) < 0)
                _exit(EXIT_CANNOT_START);
        if (drop(backend, privilege) < 0)
                _exit(EXIT_CANNOT_START);
        (void)execv(path, arguments);
        _exit(EXIT_CANNOT_START);
}

/* What the program is called with: itself, its mechanism's argument, the backend's, and where its
 * password and its filter are. One of somebody else's gets none: its backend's only says which. */
static char **program_arguments(
        const BackendConfig *backend, const char *path, const SpawnDescriptors *open)
{
        char **arguments = calloc(backend->argument_count + 5, sizeof(char *));
        size_t count = 0;

        if (!arguments)
                return NULL;
        arguments[count++] = (char *)path;
        if (backend->mechanism->argument)
                arguments[count++] = (char *)backend->mechanism->argument;
        for (size_t i = 0; backend->mechanism->program && i < backend->argument_count; i++)
                arguments[count++] = backend->arguments[i];
        if (open->password >= 0)
                arguments[count++] = (char *)PASSWORD_ARGUMENT;
        if (open->filter >= 0)
                arguments[count++] = (char *)FILTER_ARGUMENT;
        return arguments;
}

/* A worker without it starts all the same: it says with each login that it is missing. */
static int open_password(const BackendConfig *backend)
{
        char why[TRUSTED_FILE_TEXT_MAX];
        struct stat status;
        int fd;

        if (!backend->password_path)
                return -1;
        fd = trusted_file_open(backend->password_path, TRUSTED_FILE_PRIVATE, &status, why);
        if (fd < 0)
                log_line(LOG_ERR, "worker", "%s: ldap_password_file %s %s", backend->name,
                        backend->password_path, why);
        return fd;
}

static void close_descriptors(SpawnDescriptors *open)
{
        close_fd(&open->socket);
        close_fd(&open->password);
        close_fd(&open->filter);
}

/* Returns the pid, or a negative errno. */
static pid_t fork_worker(
        const BackendConfig *backend, const Privilege *privilege, const SpawnDescriptors *open)
{
        char path[PATH_MAX];
        _cleanup_(free_pointer) char **arguments = program_arguments(backend, path, open);
        int r = program_path(backend, path);
        pid_t pid;

        if (r < 0)
                return r;
        if (!arguments)
                return -ENOMEM;
        pid = fork();
        if (pid == 0)
                run_child(path, arguments, backend, privilege, open);
        return pid < 0 ? -errno : pid;
}

pid_t spawn_worker(const BackendConfig *backend, const Privilege *privilege, int *socket)
{
        _cleanup_(close_descriptors) SpawnDescriptors open = {-1, open_password(backend), -1};
        _cleanup_(close_fd) int ours = -1;
        int r = sandbox_open_filter(backend->mechanism->calls, &open.filter);
        int pair[2];
        pid_t pid;

        if (r < 0)
                return r;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        ours = pair[0];
        open.socket = pair[1];
        pid = fork_worker(backend, privilege, &open);
        if (pid > 0)
                *socket = take_fd(&ours);
        return pid;
}
