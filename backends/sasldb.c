/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The backend "sasldb": passwords in the database that saslpasswd2(8) writes, read by libsasl2's
 * own sasldb plugin, since the file's format differs from distribution to distribution.
 */

#include "backends/auxprop.h"
#include "backends/database.h"
#include "backends/file_limit.h"
#include "backends/runtime.h"
#include "backends/wiping.h"
#include "proto/cleanup.h"
#include "proto/secret.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define HOST_NAME_SIZE 256
#define READS_MAX      10 /* of a database that is being written */

static struct {
        char path[PATH_MAX];
        char default_realm[HOST_NAME_SIZE];
} state;

static bool set(const char *key, const char *value)
{
        if (strcmp(key, "path") == 0)
                return snprintf(state.path, sizeof(state.path), "%s", value) <
                       (int)sizeof(state.path);
        if (strcmp(key, "default-realm") == 0)
                return snprintf(state.default_realm, sizeof(state.default_realm), "%s", value) <
                       (int)sizeof(state.default_realm);
        return false;
}

static int init(char *notice)
{
        int r;

        if (state.default_realm[0] == '\0' &&
                gethostname(state.default_realm, sizeof(state.default_realm) - 1) < 0)
                return -errno;
        wiping_begin();
        r = auxprop_init(state.path, state.default_realm);
        if (r < 0)
                return r;
        r = file_limit_enter(state.path); /* what is loaded is loaded */
        if (r != -ENOENT)
                return r;
        (void)snprintf(notice, NOTICE_TEXT_MAX + 1,
                "there is no directory of %.300s: this worker can read other files, too, until a "
                "reload when there is one",
                state.path);
        return 0;
}

static void set_failure(Answer *answer)
{
        const char *complaint = auxprop_complaint();

        if (strstr(complaint, state.path))
                answer_set(answer, RESULT_UNAVAILABLE, "%s", complaint);
        else
                answer_set(answer, RESULT_UNAVAILABLE, "%s: %s", state.path, complaint);
}

static void look_up(const char *login, const char *realm, const char *password, Answer *answer)
{
        switch (auxprop_check(login, realm, password)) {
        case AUXPROP_MATCH:
                answer_set(answer, RESULT_OK, "%s", "");
                (void)snprintf(answer->account, sizeof(answer->account), "%s", login);
                break;
        case AUXPROP_MISMATCH: answer_set(answer, RESULT_MISMATCH, "wrong password"); break;
        case AUXPROP_NO_USER:
                answer_set(answer, RESULT_UNKNOWN, "no such user in realm %.512s", realm);
                break;
        case AUXPROP_NO_PLUGIN:
                answer_set(answer, RESULT_UNAVAILABLE,
                        "libsasl2 has no sasldb plugin; install it (Debian: "
                        "libsasl2-modules-db), then: saslward reload");
                break;
        case AUXPROP_FAILED: set_failure(answer); break;
        }
}

static int64_t milliseconds(struct timespec time)
{
        return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* saslpasswd2 writes the file in place and locks nobody out, so what was read meanwhile may be half
 * of one state and half of the next. File times move with the kernel's tick (at most 10 ms): only a
 * file that was older than that when reading began has surely not changed since. */
static bool was_settled(const Database *database, struct timespec began)
{
        int64_t age = milliseconds(began) - milliseconds(database->changed);

        return age > 20 || age < -1000; /* the clock was set back: then it is not from now */
}

/* Whether a refusal stands. If not, it is to be tried again, or the answer has been changed. A
 * wrong password takes the same steps as an unknown user, and so the same time. */
static bool confirm_refusal(Answer *answer, struct timespec began)
{
        char reason[ANSWER_TEXT_MAX];
        Database database;
        bool truncated;

        if (!database_look(state.path, &database, reason, sizeof(reason))) {
                answer_set(answer, RESULT_UNAVAILABLE, "%s", reason);
                return true;
        }
        if (!was_settled(&database, began))
                return false;
        truncated = database_is_truncated(state.path, &database);
        if (answer->result == RESULT_UNKNOWN && truncated)
                answer_set(answer, RESULT_UNAVAILABLE, "%s: truncated", state.path);
        return true;
}

/* A right password is right whatever else is being written; a refusal is believed only from a file
 * that is there, whole and at rest. */
static void look_up_consistently(
        const char *login, const char *realm, const char *password, Answer *answer)
{
        const struct timespec pause = {.tv_nsec = 5000000};

        for (int i = 0; i < READS_MAX; i++) {
                struct timespec began;

                (void)clock_gettime(CLOCK_REALTIME_COARSE, &began);
                look_up(login, realm, password, answer);
                if (answer->result == RESULT_OK || confirm_refusal(answer, began))
                        return;
                (void)nanosleep(&pause, NULL);
        }
        answer_set(answer, RESULT_UNAVAILABLE, "%s: changes while it is read", state.path);
}

static void check(const Job *job, Answer *answer)
{
        char login[2048 + 2], realm[1024 + 1];
        _cleanup_(secret_freep) Secret *password = NULL;

        if (!bytes_to_string(job->login, login, sizeof(login)) ||
                !bytes_to_string(job->realm, realm, sizeof(realm)) ||
                bytes_contain(job->password, 0)) {
                answer_set(answer, RESULT_DENIED, "a name or password that no sasldb can hold");
                return;
        }
        password = secret_new_string(job->password);
        if (password)
                look_up_consistently(login, realm[0] ? realm : state.default_realm,
                        (const char *)secret_bytes(password).data, answer);
}

static const Backend backend = {
        .name = "sasldb",
        .set = set,
        .init = init,
        .check = check,
        .deinit = auxprop_deinit,
};

int main(int argc, char **argv)
{
        return backend_run(&backend, argc, argv);
}
