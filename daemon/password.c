/* SPDX-License-Identifier: BSD-2-Clause */
#include "password.h"

#include "proto/cleanup.h"

#include <fcntl.h>
#include <signal.h>
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

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
        caught = number;
}

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* Without SA_RESTART: read() ends with EINTR, and the terminal can be put back before we end. */
static void set_signals(void (*handler)(int))
{
        const struct sigaction action = {.sa_handler = handler};

        for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
                (void)sigaction(ending_signals[i], &action, NULL);
}

static struct termios silenced(const struct termios *before)
{
        struct termios silent = *before;

        silent.c_lflag &= (tcflag_t)~ECHO;
        silent.c_cc[VSUSP] = _POSIX_VDISABLE; /* stopped, we would leave a shell without echo */
        return silent;
}

Secret *password_prompt(const char *prompt)
{
        _cleanup_(close_fd) int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
        struct termios before, silent;
        Secret *secret;

        if (terminal < 0 || tcgetattr(terminal, &before) < 0)
                return NULL;
        silent = silenced(&before);
        set_signals(catch_signal);
        if (tcsetattr(terminal, TCSAFLUSH, &silent) < 0)
                return NULL;
        (void)!write(terminal, prompt, strlen(prompt));
        secret = read_until(terminal, true);
        (void)!write(terminal, "\n", 1);
        (void)tcsetattr(terminal, TCSAFLUSH, &before);
        set_signals(SIG_DFL);
        if (caught)
                (void)raise(caught);
        return secret;
}
