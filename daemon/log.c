/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include "daemon/journal.h"
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
        int system_fd;
        bool is_journal;   /* system_fd, else syslog */
        bool is_inherited; /* system_fd: another process connects it anew */
        bool is_gone;      /* nobody received the last line at system_fd */
        unsigned long lost;
        LogWitness *witness; /* or NULL */
        void *userdata;
} state = {"saslward", LOG_TO_STDERR, false, -1, false, false, false, 0, NULL, NULL};

static int reconnect_syslog(int fd)
{
        const struct sockaddr_un address = {AF_UNIX, SYSLOG_SOCKET_PATH};

        return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int connect_syslog(void)
{
        _cleanup_(close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int r = fd < 0 ? -errno : reconnect_syslog(fd);

        return r < 0 ? r : take_fd(&fd);
}

/* Leaves the connection that there is, unless there is another. */
static int connect_system(void)
{
        int fd = journal_connect();
        bool is_journal = fd >= 0;

        if (!is_journal)
                fd = connect_syslog();
        if (fd < 0)
                return fd;
        close_fd(&state.system_fd);
        state.system_fd = fd;
        state.is_journal = is_journal;
        return 0;
}

int log_open(const char *ident, unsigned targets)
{
        state.ident = ident;
        state.targets = targets;
        close_fd(&state.system_fd);
        if (!(targets & LOG_TO_SYSTEM))
                return 0;
        tzset(); /* localtime_r() must not have to read a file later on */
        return connect_system();
}

void log_leave_stderr(void)
{
        if (state.system_fd >= 0)
                state.targets = LOG_TO_SYSTEM;
}

void log_leave_connecting(void)
{
        state.is_inherited = true;
}

int log_descriptor(void)
{
        return state.system_fd;
}

void log_set_witness(LogWitness *witness, void *userdata)
{
        state.witness = witness;
        state.userdata = userdata;
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

/* RFC 3164, as glibc's syslog() writes it to the local socket. Returns 0 or a negative errno. */
static int send_syslog(int priority, const char *text)
{
        char line[LINE_MAX_BYTES], when[32] = "";
        const time_t now = time(NULL);
        struct tm broken_down;

        if (localtime_r(&now, &broken_down))
                (void)strftime(when, sizeof(when), "%b %e %T", &broken_down);
        (void)snprintf(line, sizeof(line), "<%d>%s %s[%d]: %s", LOG_AUTH | priority, when,
                state.ident, getpid(), text);
        return send(state.system_fd, line, strlen(line), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Returns 0 or a negative errno. */
static int send_system(int priority, Bytes fields, const char *text)
{
        if (state.system_fd < 0)
                return -ENOTCONN;
        if (!state.is_journal)
                return send_syslog(priority, text);
        return journal_send(
                state.system_fd, &(JournalEntry){priority, LOG_AUTH, state.ident, fields, text});
}

int log_reconnect(void)
{
        int r = -ENOTCONN;

        if (state.system_fd >= 0)
                r = state.is_journal ? journal_reconnect(state.system_fd)
                                     : reconnect_syslog(state.system_fd);
        return r < 0 ? connect_system() : 0;
}

/* Whether nobody receives there any more; else the line alone is lost, for want of room. */
static bool means_gone(int r)
{
        return r == -ECONNREFUSED || r == -ENOTCONN || r == -ECONNRESET || r == -EPIPE;
}

/* If the receiver was restarted without keeping its socket, one attempt is made to find the new
 * one. */
static bool write_system(int priority, const char *area, Bytes fields, const char *text)
{
        char line[LINE_MAX_BYTES];
        int r;

        (void)snprintf(line, sizeof(line), "%-16s: %s", area, text);
        r = send_system(priority, fields, line);
        if (means_gone(r) && !state.is_inherited && log_reconnect() == 0)
                r = send_system(priority, fields, line);
        state.is_gone = state.system_fd >= 0 && means_gone(r);
        return r == 0;
}

static bool write_line(int priority, const char *area, Bytes fields, const char *text)
{
        bool journals = state.is_journal && fields.size > 0;
        bool written = true;

        if (state.targets & LOG_TO_STDERR && log_writes(priority))
                written = write_stderr(area, text) && written;
        if (state.targets & LOG_TO_SYSTEM && (journals || log_writes(priority)))
                written = write_system(priority, area, fields, text) && written;
        return written;
}

static void tell_lost(void)
{
        char text[96];

        (void)snprintf(text, sizeof(text),
                "%lu lines before this one were lost: the log did not take them", state.lost);
        if (write_line(LOG_WARNING, "log", BYTES_EMPTY, text))
                state.lost = 0;
}

bool log_is_gone(void)
{
        if (state.is_gone)
                tell_lost();
        return state.is_gone;
}

void log_record(int priority, const char *area, Bytes fields, const char *text)
{
        int saved = errno;

        if (state.lost > 0)
                tell_lost();
        if (!write_line(priority, area, fields, text))
                state.lost++;
        errno = saved;
}

void log_line(int priority, const char *area, const char *format, ...)
{
        char text[LINE_MAX_BYTES];
        va_list arguments;

        if (!log_writes(priority))
                return;
        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        if (state.witness && priority <= LOG_WARNING)
                state.witness(priority, area, text, state.userdata);
        log_record(priority, area, BYTES_EMPTY, text);
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
