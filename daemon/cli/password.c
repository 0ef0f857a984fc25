/* SPDX-License-Identifier: BSD-2-Clause */
#include "password.h"

#include "proto/cleanup.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>

#define PASSWORD_MAX 65535u

/* The same secret without what stands behind size bytes. */
static Secret *cut(Secret *secret, size_t size)
{
        Secret *shorter = secret_new(size);
        size_t space;

        if (shorter) {
                memcpy(secret_space(shorter, &space), secret_bytes(secret).data, size);
                secret_commit(shorter, size);
        }
        secret_free(secret);
        return shorter;
}

static Secret *without_newline(Secret *secret)
{
        Bytes content = secret_bytes(secret);

        if (content.size == 0 || content.data[content.size - 1] != '\n')
                return secret;
        return cut(secret, content.size - 1);
}

/* One byte at a time on a terminal would do, too; a terminal gives a line at a time. */
static Secret *read_until(int fd, bool one_line)
{
        Secret *secret = secret_new(PASSWORD_MAX + 1);

        while (secret) {
                size_t space;
                uint8_t *buffer = secret_space(secret, &space);
                ssize_t size = read(fd, buffer, space);

                if (size < 0 || space == 0) {
                        errno = space == 0 ? EMSGSIZE : errno;
                        return secret_free(secret);
                }
                secret_commit(secret, (size_t)size);
                if (size == 0 || (one_line && buffer[size - 1] == '\n'))
                        return without_newline(secret);
        }
        return NULL;
}

Secret *password_read(int fd)
{
        return read_until(fd, false);
}

static int open_signals(sigset_t *ending)
{
        (void)sigemptyset(ending);
        (void)sigaddset(ending, SIGINT);
        (void)sigaddset(ending, SIGTERM);
        (void)sigaddset(ending, SIGHUP);
        (void)sigaddset(ending, SIGQUIT);
        return signalfd(-1, ending, SFD_CLOEXEC);
}

/* Waits for a line, or for a signal that ends us: it stays pending, and does so when the terminal
 * has been put back. Returns whether there is a line. */
static bool wait_for_line(int terminal, int signals)
{
        struct pollfd waited[] = {
                {.fd = terminal, .events = POLLIN}, {.fd = signals, .events = POLLIN}};

        return poll(waited, 2, -1) > 0 && waited[1].revents == 0;
}

static struct termios silenced(const struct termios *before)
{
        struct termios silent = *before;

        silent.c_lflag &= (tcflag_t)~ECHO;
        silent.c_cc[VSUSP] = _POSIX_VDISABLE; /* stopped, we would leave a shell without echo */
        return silent;
}

static Secret *ask(int terminal, int signals, const char *prompt)
{
        struct termios before, silent;
        Secret *secret = NULL;

        if (tcgetattr(terminal, &before) < 0)
                return NULL;
        silent = silenced(&before);
        if (tcsetattr(terminal, TCSAFLUSH, &silent) < 0)
                return NULL;
        (void)!write(terminal, prompt, strlen(prompt));
        errno = EINTR;
        if (wait_for_line(terminal, signals))
                secret = read_until(terminal, true);
        (void)!write(terminal, "\n", 1);
        (void)tcsetattr(terminal, TCSAFLUSH, &before);
        return secret;
}

Secret *password_prompt(const char *prompt)
{
        _cleanup_(close_fd) int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
        _cleanup_(close_fd) int signals = -1;
        sigset_t ending, previous;
        Secret *secret;

        if (terminal < 0)
                return NULL;
        signals = open_signals(&ending);
        if (signals < 0 || sigprocmask(SIG_BLOCK, &ending, &previous) < 0)
                return NULL;
        secret = ask(terminal, signals, prompt);
        (void)sigprocmask(SIG_SETMASK, &previous, NULL);
        return secret;
}
