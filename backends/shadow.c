/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The backend of saslauthd's mechanisms "shadow" and "getpwent": the hashes of the system's user
 * database, through NSS and libxcrypt.
 */

#include "backends/crypt_method.h"
#include "backends/nss_error.h"
#include "backends/runtime.h"
#include "backends/same_text.h"
#include "proto/cleanup.h"
#include "proto/secret.h"

#include <crypt.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <time.h>

#define LOGIN_MAX     1024u
#define SECONDS_A_DAY 86400
#define USERS_MAX     1000 /* looked at */
#define METHODS_MAX   16

static struct {
        bool shadow;                           /* else the passwd database alone */
        char dummy[CRYPT_GENSALT_OUTPUT_SIZE]; /* what is computed where there is no hash */
} options;

static bool set(const char *key, const char *value)
{
        options.shadow = strcmp(value, "shadow") == 0;
        return strcmp(key, "source") == 0 && (options.shadow || strcmp(value, "passwd") == 0);
}

/* How many users have a hash of that method. */
typedef struct Method {
        char setting[CRYPT_METHOD_SIZE];
        unsigned users;
} Method;

typedef struct Methods {
        Method methods[METHODS_MAX];
        size_t count;
} Methods;

static void count_hash(Methods *methods, const char *hash)
{
        char setting[CRYPT_METHOD_SIZE];
        size_t i = 0;

        if (!hash || !crypt_method_setting(hash, setting))
                return;
        while (i < methods->count && strcmp(methods->methods[i].setting, setting) != 0)
                i++;
        if (i == METHODS_MAX)
                return;
        if (i == methods->count)
                memcpy(methods->methods[methods->count++].setting, setting, sizeof(setting));
        methods->methods[i].users++;
}

/* Those that can be listed: a directory's users mostly cannot. */
static void count_users(Methods *methods)
{
        const struct spwd *entry;
        const struct passwd *user;

        if (options.shadow) {
                setspent();
                for (int i = 0; i < USERS_MAX && (entry = getspent()); i++)
                        count_hash(methods, entry->sp_pwdp);
                endspent();
        } else {
                setpwent();
                for (int i = 0; i < USERS_MAX && (user = getpwent()); i++)
                        count_hash(methods, user->pw_passwd);
                endpwent();
        }
}

/* Where there is no hash, one is computed all the same, by the method that most users' hashes have,
 * which may be older than what the system hashes new passwords with: that takes as long as with
 * one. */
static int init(char *notice)
{
        Methods methods = {};
        const Method *commonest = methods.methods;

        (void)notice;
        count_users(&methods);
        for (size_t i = 1; i < methods.count; i++)
                if (methods.methods[i].users > commonest->users)
                        commonest = &methods.methods[i];
        if (methods.count > 0) {
                memcpy(options.dummy, commonest->setting, sizeof(commonest->setting));
                return 0;
        }
        return crypt_gensalt_rn(NULL, 0, NULL, 0, options.dummy, sizeof(options.dummy)) ? 0
                                                                                        : -errno;
}

/* Returns whether the password has that hash. A hash that no method knows is nobody's. */
static bool matches(const char *password, const char *hash)
{
        static struct crypt_data data;
        const char *computed = crypt_r(password, hash, &data);
        bool same = computed && computed[0] != '*' && is_same_text(hash, computed);

        explicit_bzero(&data, sizeof(data));
        return same;
}

static bool is_locked(const char *hash)
{
        return hash[0] == '!' || hash[0] == '*';
}

/* shadow(5): fields that are not set are -1; 0 is how "chage -E 0" disables an account. On its last
 * day it is "no longer accessible" (chage(1)); saslauthd lets it in until the day is over, pam_unix
 * does not. */
static const char *expiry(const struct spwd *entry)
{
        long today = (long)(time(NULL) / SECONDS_A_DAY);

        if (entry->sp_expire != -1 && today >= entry->sp_expire)
                return "the account has expired";
        if (entry->sp_lstchg == 0)
                return "the password must be changed first";
        if (entry->sp_lstchg > 0 && entry->sp_max >= 0 && today > entry->sp_lstchg + entry->sp_max)
                return "the password has expired";
        return NULL;
}

/* The password is judged first: only who knows it learns in what state the account is. */
static void judge(const char *hash, const struct spwd *entry, const char *password, Answer *answer)
{
        const char *expired = entry ? expiry(entry) : NULL;

        if (hash[0] == '\0') {
                (void)matches(password, options.dummy);
                answer_set(answer, RESULT_DENIED, "the account has no password");
        } else if (is_locked(hash)) {
                (void)matches(password, options.dummy);
                answer_set(answer, RESULT_DENIED, "the account is locked");
        } else if (!matches(password, hash)) {
                answer_set(answer, RESULT_MISMATCH, "wrong password");
        } else if (expired) {
                answer_set(answer, RESULT_DENIED, "%s", expired);
        } else {
                answer_set(answer, RESULT_OK, "%s", "");
        }
}

static void look_up(const char *login, const char *password, Answer *answer)
{
        const struct passwd *user;
        const struct spwd *entry = NULL;

        errno = 0;
        user = getpwnam(login);
        if (user && options.shadow) {
                errno = 0;
                entry = getspnam(login);
        }
        if (user && (entry || !options.shadow)) {
                judge(entry ? entry->sp_pwdp : user->pw_passwd, entry, password, answer);
                (void)snprintf(answer->account, sizeof(answer->account), "%s", user->pw_name);
        } else if (nss_is_failure(errno)) {
                answer_set(answer, RESULT_UNAVAILABLE, "the user database: %s", strerror(errno));
        } else {
                (void)matches(password, options.dummy);
                answer_set(answer, RESULT_UNKNOWN, "no such user");
        }
}

static void check(const Job *job, Answer *answer)
{
        char login[LOGIN_MAX + 1];
        _cleanup_(secret_freep) Secret *password = NULL;

        if (!bytes_to_string(job->login, login, sizeof(login)) || bytes_contain(job->password, 0)) {
                answer_set(answer, RESULT_DENIED, "a name or password that no account can have");
                return;
        }
        password = secret_new_string(job->password);
        if (password)
                look_up(login, (const char *)secret_bytes(password).data, answer);
}

static const Backend backend = {.name = "shadow", .set = set, .init = init, .check = check};

int main(int argc, char **argv)
{
        return backend_run(&backend, argc, argv);
}
