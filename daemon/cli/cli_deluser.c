/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_deluser.h"

#include "backends/sasldb_store.h"
#include "daemon/cli/account_options.h"
#include "daemon/cli/command.h"
#include "daemon/cli/output.h"
#include "daemon/cli/user_list.h"
#include "proto/cleanup.h"

#define COMMAND     "deluser"
#define REASON_SIZE 1024

static int help(void)
{
        (void)printf(
                "usage: saslward deluser [options] USER\n"
                "\n"
                "Deletes a user of a sasldb. The password does not count any more, at once;\n"
                "open consoles stay open.\n"
                "\n" ACCOUNT_OPTIONS_HELP "\n"
                "Exit status: 0 done; 1 there is no such user; 2 wrong usage or configuration.\n");
        return command_finish(CLI_YES);
}

/* Whether there is the user; if not, says where there is one of that login. */
static bool find(const Account *account)
{
        _cleanup_(user_list_deinit) UserList list;
        _cleanup_(free_pointer) char *text = output_format(
                "there is no %s in realm %s of %s", account->login, account->realm, account->path);
        char reason[REASON_SIZE];

        if (!user_list_read(&list, account->path, account->login, NULL, reason, sizeof(reason))) {
                (void)fprintf(stderr, "saslward: %s\n", reason);
                return false;
        }
        for (size_t i = 0; i < list.count; i++) {
                char *longer;

                if (strcmp(list.users[i].realm, account->realm) == 0)
                        return true;
                longer = output_format(
                        "%s%s%s", text, i > 0 ? ", " : ", but in realm ", list.users[i].realm);
                free(text);
                text = longer;
        }
        output_wrapped(stderr, "saslward:", 0, text);
        return false;
}

static int delete_user(const Account *account)
{
        _cleanup_(free_pointer) char *done = output_format(
                "%s in realm %s of %s: deleted", account->login, account->realm, account->path);
        char reason[REASON_SIZE];

        if (!find(account))
                return CLI_NO;
        if (!sasldb_delete_user(
                    account->path, account->login, account->realm, reason, sizeof(reason))) {
                (void)fprintf(stderr, "saslward: %s\n", reason);
                return CLI_NO;
        }
        output_wrapped(stdout, "", 0, done);
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
        return delete_user(&account);
}

int cli_deluser(int argc, char **argv)
{
        _cleanup_(account_options_deinit) AccountOptions options;
        int status = account_options_parse(&options, COMMAND, false, argc, argv);

        if (status != CLI_YES)
                return status;
        return options.help ? help() : run(&options);
}
