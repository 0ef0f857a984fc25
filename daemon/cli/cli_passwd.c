/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_passwd.h"

#include "backends/sasldb_store.h"
#include "daemon/cli/account_advice.h"
#include "daemon/cli/account_options.h"
#include "daemon/cli/command.h"
#include "daemon/cli/output.h"
#include "daemon/cli/password.h"
#include "daemon/cli/user_list.h"
#include "proto/cleanup.h"

#include <openssl/crypto.h>

#define COMMAND     "passwd"
#define REASON_SIZE 1024

static int help(void)
{
        (void)printf(
                "usage: saslward passwd [options] USER\n"
                "\n"
                "Sets the password of a user in a sasldb, in the realm in which the daemon\n"
                "will look for it; the user may be new. It is asked for twice, or read from\n"
                "standard input if that is no terminal. It counts at once.\n"
                "\n" ACCOUNT_OPTIONS_HELP "\n"
                "Exit status: 0 done; 1 it cannot be stored; 2 wrong usage or configuration.\n");
        return command_finish(CLI_YES);
}

/* "alice in realm vmA of /etc/sasldb2", owned. */
static char *describe(const Account *account)
{
        return output_format("%s in realm %s of %s", account->login, account->realm, account->path);
}

static bool is_same(Bytes a, Bytes b)
{
        return a.size == b.size && CRYPTO_memcmp(a.data, b.data, a.size) == 0;
}

/* Returns NULL if there is none, which has been said. */
static Secret *ask_twice(const char *whose)
{
        _cleanup_(free_pointer) char *prompt = output_format("New password of %s: ", whose);
        _cleanup_(free_pointer) char *safe = output_safe(bytes_from_string(prompt));
        _cleanup_(secret_freep) Secret *first = password_prompt(safe);
        _cleanup_(secret_freep) Secret *second = first ? password_prompt("Again: ") : NULL;

        if (!second) {
                (void)fprintf(stderr, "saslward: cannot get a password: %s\n", strerror(errno));
                return NULL;
        }
        if (!is_same(secret_bytes(first), secret_bytes(second))) {
                (void)fprintf(stderr, "saslward: these are two passwords; nothing is changed\n");
                return NULL;
        }
        return TAKE_PTR(first);
}

static Secret *get_password(const char *whose)
{
        Secret *password;

        if (isatty(STDIN_FILENO))
                return ask_twice(whose);
        password = password_read(STDIN_FILENO);
        if (!password)
                (void)fprintf(stderr, "saslward: cannot get a password: %s\n", strerror(errno));
        return password;
}

static bool is_usable(Bytes password)
{
        const char *fault = NULL;

        if (password.size == 0)
                fault = "an empty password is refused everywhere; to lock a user out, use "
                        "saslward deluser";
        else if (bytes_contain(password, 0))
                fault = "a password with a NUL byte is refused everywhere";
        if (fault)
                (void)fprintf(stderr, "saslward: %s; nothing is changed\n", fault);
        return fault == NULL;
}

/* Who is in no database yet is new. */
static bool is_new(const Account *account)
{
        _cleanup_(user_list_deinit) UserList list;
        char reason[REASON_SIZE];

        return !user_list_read(&list, account->path, account->login, account->realm, reason,
                       sizeof(reason)) ||
               list.count == 0;
}

static int set_password(const AccountOptions *options, const Config *config, const Account *account)
{
        _cleanup_(free_pointer) char *whose = describe(account);
        _cleanup_(free_pointer) char *done = NULL;
        _cleanup_(secret_freep) Secret *password = get_password(whose);
        char reason[REASON_SIZE];
        bool is_first = is_new(account);

        if (!password || !is_usable(secret_bytes(password)))
                return CLI_NO;
        if (!sasldb_set_password(account->path, account->login, account->realm,
                    secret_bytes(password), reason, sizeof(reason))) {
                (void)fprintf(stderr, "saslward: %s\n", reason);
                return CLI_NO;
        }
        done = output_format("%s: %s", whose, is_first ? "a new user" : "the password is changed");
        output_wrapped(stdout, "", 0, done);
        account_advise(config, &options->wish, account, stdout);
        return command_finish(CLI_YES);
}

static int run(const AccountOptions *options)
{
        _cleanup_(config_deinit) Config config;
        _cleanup_(account_deinit) Account account = {};

        config_init(&config);
        if (!account_options_read_config(options, &config) ||
                !account_options_find(options, COMMAND, &config, &account))
                return CLI_ERROR;
        return set_password(options, &config, &account);
}

int cli_passwd(int argc, char **argv)
{
        _cleanup_(account_options_deinit) AccountOptions options;
        int status = account_options_parse(&options, COMMAND, false, argc, argv);

        if (status != CLI_YES)
                return status;
        return options.help ? help() : run(&options);
}
