/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What the real testsaslauthd sends is, byte for byte, what mux_request_encode() makes of its
 * arguments: unlike libsasl2 it splits and strips nothing.
 */

#include "proto/request.h"

#include "proto/cleanup.h"

#include "recorder.h"
#include "table.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

static Recorder *recorder;
static char program[512];
static char greatest_password[4097];

/* Whether testsaslauthd is in $PATH or in /usr/sbin, which a user's $PATH may lack. */
static bool find_program(void)
{
        _cleanup_(free_pointer) char *path = NULL;
        char *rest, *directory;

        if (asprintf(&path, "%s:/usr/sbin", getenv("PATH") ?: "") < 0)
                return false;
        rest = path;
        while ((directory = strsep(&rest, ":"))) {
                (void)snprintf(program, sizeof(program), "%s/testsaslauthd", directory);
                if (access(program, X_OK) == 0)
                        return true;
        }
        return false;
}

/* Runs the program without its output. Returns its exit status, or -1. */
static int run(const char *const arguments[])
{
        posix_spawn_file_actions_t actions;
        int status, r;
        pid_t pid;

        (void)posix_spawn_file_actions_init(&actions);
        (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        r = posix_spawn(&pid, program, &actions, NULL, (char *const *)arguments, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
        if (r != 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
                return -1;
        return WEXITSTATUS(status);
}

typedef struct Row {
        const char *name;
        const char *user, *password;
        const char *realm, *service; /* NULL: not given */
} Row;

static const Row rows[] = {
        {"plain: the service is imap", "alice", "secret", NULL, NULL},
        {"-r", "alice", "secret", "vmA", NULL},
        {"-s", "alice", "secret", NULL, "spice"},
        {"-r and -s", "alice", "secret", "vmA", "spice"},
        {"one byte each", "a", "b", "c", "d"},
        {"a@b is not split", "a@b", "secret", NULL, "spice"},
        {"a@b@vm1 is not split", "a@b@vm1", "secret", NULL, "spice"},
        {"@vm1 is not split", "@vm1", "secret", NULL, "spice"},
        {"alice@vmA@ with a realm", "alice@vmA@", "secret", "vmB", "spice"},
        {"eve @x", "eve @x", "secret", NULL, "spice"},
        {"blanks are not stripped", " eve ", " secret ", " vmA ", " spice "},
        {"UTF-8", "m\303\274ller", "gr\303\274n", "\351\226\213", "spice"},
        {"not UTF-8", "\377\376", "\301", "\200", "spice"},
        {"control bytes", "al\1\177ice", "a\tb\nc", "\33[2J", "sp\tice"},
        {"empty login", "", "secret", NULL, "spice"},
        {"empty password", "alice", "", NULL, "spice"},
        {"empty realm and service", "alice", "secret", "", ""},
        {"password of one byte", "alice", "x", NULL, "spice"},
        {"password of 4096 bytes", "alice", greatest_password, "vmA", "spice"},
};

static int run_row(const Row *row)
{
        const char *arguments[12] = {"testsaslauthd", "-u", row->user, "-p", row->password, "-f",
                recorder_path(recorder)};
        size_t count = 7;

        if (row->realm) {
                arguments[count++] = "-r";
                arguments[count++] = row->realm;
        }
        if (row->service) {
                arguments[count++] = "-s";
                arguments[count++] = row->service;
        }
        return run(arguments);
}

static void test_row(void **state)
{
        static uint8_t wire[8192];
        const Row *row = *state;
        MuxRequest expected = {bytes_from_string(row->user), bytes_from_string(row->password),
                bytes_from_string(row->service ? row->service : "imap"),
                bytes_from_string(row->realm), BYTES_EMPTY};
        size_t size = mux_request_encode(&expected, wire, sizeof(wire));
        Bytes sent;
        int status;

        assert_int_not_equal(size, 0);
        assert_int_equal(recorder_start(recorder, size), 0);
        status = run_row(row);
        sent = recorder_finish(recorder);

        assert_bytes_equal(sent, (Bytes){wire, size});
        assert_int_equal(status, 0);
}

int main(void)
{
        static Table table;
        int failures;

        if (!find_program()) {
                (void)puts("1..0 # SKIP testsaslauthd is not installed (Debian: sasl2-bin)");
                return 0;
        }
        memset(greatest_password, 'p', sizeof(greatest_password) - 1);
        recorder = recorder_new();
        if (!recorder) {
                perror("cannot begin");
                return 99;
        }
        table_add_rows(&table, test_row, ROWS(rows));
        failures = table_run(&table, "testsaslauthd-bytes");
        recorder_free(recorder);
        return failures;
}
