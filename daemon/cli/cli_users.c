/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_users.h"

#include "daemon/cli/account_options.h"
#include "daemon/cli/command.h"
#include "daemon/cli/grid.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/output.h"
#include "daemon/cli/user_list.h"
#include "proto/cleanup.h"

#define COMMAND     "users"
#define REASON_SIZE 1024

static int help(void)
{
        (void)printf(
                "usage: saslward users [options] [USER]\n"
                "\n"
                "Lists the users of a sasldb and their realms; with --vm those whom the rules\n"
                "let in there with the password that they have in it.\n"
                "\n" ACCOUNT_OPTIONS_HELP "  --json             for programs\n"
                "\n"
                "Exit status: 0 done; 1 it cannot be read; 2 wrong usage or configuration.\n");
        return command_finish(CLI_YES);
}

/* Leaves those whom the rules let in at the VM. */
static void keep_let_in(
        UserList *list, const Config *config, const AccountWish *wish, const char *path)
{
        _cleanup_(account_rules_deinit) AccountRules rules;
        size_t kept = 0;

        account_rules_init(&rules, config, wish->vm);
        for (size_t i = 0; i < list->count; i++) {
                User user = list->users[i];

                if (!account_is_let_in(&rules, wish, path, user.login, user.realm))
                        continue;
                list->users[i] = list->users[kept];
                list->users[kept++] = user;
        }
        for (size_t i = kept; i < list->count; i++) {
                free(list->users[i].login);
                free(list->users[i].realm);
        }
        list->count = kept;
}

static void print(const UserList *list, FILE *out)
{
        _cleanup_(grid_deinit) Grid grid;

        grid_init(&grid, 2);
        grid_add(&grid, "User");
        grid_add(&grid, "Realm");
        for (size_t i = 0; i < list->count; i++) {
                grid_add(&grid, list->users[i].login);
                grid_add(&grid, list->users[i].realm);
        }
        grid_print(&grid, 1, out);
}

static void print_json(const UserList *list, FILE *out)
{
        struct json_object *users = json_object_new_array();

        for (size_t i = 0; i < list->count; i++) {
                struct json_object *user = json_object_new_object();

                json_add(user, "user", list->users[i].login);
                json_add(user, "realm", list->users[i].realm);
                (void)json_object_array_add(users, user);
        }
        json_write(users, out);
}

static int run(const AccountOptions *options)
{
        _cleanup_(config_deinit) Config config;
        _cleanup_(user_list_deinit) UserList list = {};
        _cleanup_(free_pointer) char *wrong = NULL, *path = NULL;
        const AccountWish *wish = &options->wish;
        char reason[REASON_SIZE];

        config_init(&config);
        if (!account_options_read_config(options, &config))
                return CLI_ERROR;
        path = account_path(&config, wish, &wrong);
        if (!path)
                return command_usage(COMMAND, "%s", wrong);
        if (!user_list_read(&list, path, wish->login, wish->realm, reason, sizeof(reason))) {
                (void)fprintf(stderr, "saslward: %s\n", reason);
                return CLI_NO;
        }
        if (wish->vm)
                keep_let_in(&list, &config, wish, path);
        (options->json ? print_json : print)(&list, stdout);
        return command_finish(CLI_YES);
}

int cli_users(int argc, char **argv)
{
        _cleanup_(account_options_deinit) AccountOptions options;
        int status = account_options_parse(&options, COMMAND, true, argc, argv);

        if (status != CLI_YES)
                return status;
        return options.help ? help() : run(&options);
}
