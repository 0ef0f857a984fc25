/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include "proto/cleanup.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define LINE_MAX_BYTES     4096 /* PIPE_BUF: a pipe that polls writable takes it without blocking */
#define LIMIT_INTERVAL     1000000u
#define SYSLOG_SOCKET_PATH "/dev/log"

static struct {
        const char *ident;
        unsigned targets;
        bool verbose;
        int syslog_fd;
        unsigned long lost;
} state = {"saslward", LOG_TO_STDERR, false, -1, 0};

static int connect_syslog(void)
{
        const struct sockaddr_un address = {AF_UNIX, SYSLOG_SOCKET_PATH};
        _cleanup_(close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        return take_fd(&fd);
}

int log_open(const char *ident, unsigned targets)
{
        state.ident = ident;
        state.targets = targets;
        close_fd(&state.syslog_fd);
        if (targets & LOG_TO_SYSLOG) {
                tzset(); /* localtime_r() must not have to read a file later on */
                state.syslog_fd = connect_syslog();
                return state.syslog_fd < 0 ? state.syslog_fd : 0;
        }
        return 0;
}

void log_leave_stderr(void)
{
        if (state.syslog_fd >= 0)
                state.targets = LOG_TO_SYSLOG;
}

int log_descriptor(void)
{
        return state.syslog_fd;
}

bool log_writes(int priority)
{
        return priority != LOG_DEBUG || state.verbose;
}

void log_set_verbose(bool verbose)
{
        state.verbose = verbose;
}

/* saslauthd's form on a terminal: "saslauthd[PID] :AREA            : text". */
static bool write_stderr(const char *area, const char *text)
{
        char line[LINE_MAX_BYTES];
        struct pollfd pollfd = {STDERR_FILENO, POLLOUT, 0};
        int length = snprintf(
                line, sizeof(line), "%s[%d] :%-16s: %s", state.ident, getpid(), area, text);

        if (length >= (int)sizeof(line) - 1)
                length = (int)sizeof(line) - 2;
        line[length++] = '\n';
        if (poll(&pollfd, 1, 0) != 1 || !(pollfd.revents & POLLOUT))
                return false;
        return write(STDERR_FILENO, line, (size_t)length) == length;
}

/* RFC 3164, as glibc's syslog() writes it to the local socket. If the receiver was restarted
 * without keeping its socket, one attempt is made to find the new one; a front cannot, and counts
 * the loss. */
static bool write_syslog(int priority, const char *area, const char *text)
{
        char line[LINE_MAX_BYTES], when[32] = "";
        const time_t now = time(NULL);
        struct tm broken_down;
        size_t length;

        if (localtime_r(&now, &broken_down))
                (void)strftime(when, sizeof(when), "%b %e %T", &broken_down);
        (void)snprintf(line, sizeof(line), "<%d>%s %s[%d]: %-16s: %s", LOG_AUTH | priority, when,
                state.ident, getpid(), area, text);
        length = strlen(line);
        if (state.syslog_fd >= 0 && send(state.syslog_fd, line, length, MSG_NOSIGNAL) >= 0)
                return true;
        if (state.syslog_fd >= 0 && errno == EAGAIN)
                return false;
        close_fd(&state.syslog_fd);
        state.syslog_fd = connect_syslog();
        return state.syslog_fd >= 0 && send(state.syslog_fd, line, length, MSG_NOSIGNAL) >= 0;
}

static bool write_line(int priority, const char *area, const char *text)
{
        bool written = true;

        if (state.targets & LOG_TO_STDERR)
                written = write_stderr(area, text) && written;
        if (state.targets & LOG_TO_SYSLOG)
                written = write_syslog(priority, area, text) && written;
        return written;
}

static void tell_lost(void)
{
        char text[96];

        (void)snprintf(text, sizeof(text),
                "%lu lines before this one were lost: the log did not take them", state.lost);
        if (write_line(LOG_WARNING, "log", text))
                state.lost = 0;
}

void log_line(int priority, const char *area, const char *format, ...)
{
        char text[LINE_MAX_BYTES];
        int saved = errno;
        va_list arguments;

        if (!log_writes(priority))
                return;
        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);

        if (state.lost > 0)
                tell_lost();
        if (!write_line(priority, area, text))
                state.lost++;
        errno = saved;
}

bool log_limit(LogLimit *limit, uint64_t now, uint64_t *left_out)
{
        if (limit->last != 0 && now - limit->last < LIMIT_INTERVAL) {
                limit->left_out++;
                return false;
        }
        *left_out = limit->left_out;
        limit->last = now;
        limit->left_out = 0;
        return true;
}
