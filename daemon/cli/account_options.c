/* SPDX-License-Identifier: BSD-2-Clause */
#include "account_options.h"

#include "backends/sasldb_store.h"
#include "daemon/cli/command.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <ctype.h>
#include <getopt.h>

#define SERVICE_DEFAULT "spice"

enum {
        OPTION_VM = 256,
        OPTION_SERVICE,
        OPTION_REALM,
        OPTION_CONFIG,
        OPTION_JSON,
};

static const struct option long_options[] = {
        {"json", no_argument, NULL, OPTION_JSON}, /* first: who does not list begins behind it */
        {"vm", required_argument, NULL, OPTION_VM},
        {"service", required_argument, NULL, OPTION_SERVICE},
        {"realm", required_argument, NULL, OPTION_REALM},
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"help", no_argument, NULL, 'h'},
        {},
};

static bool set_option(AccountOptions *options, int option)
{
        switch (option) {
        case 'f': options->wish.file = optarg; return true;
        case OPTION_VM: options->wish.vm = optarg; return true;
        case OPTION_SERVICE: options->wish.service = optarg; return true;
        case OPTION_REALM: options->wish.realm = optarg; return true;
        case OPTION_CONFIG: options->config = optarg; return true;
        case OPTION_JSON: options->json = true; return true;
        case 'h': options->help = true; return true;
        default: return false;
        }
}

/* As a configuration has it. */
static void make_absolute(AccountOptions *options)
{
        const char *file = options->wish.file;
        _cleanup_(free_pointer) char *directory = NULL;

        if (!file || file[0] == '/')
                return;
        directory = getcwd(NULL, 0);
        if (directory)
                options->wish.file = options->file = output_format("%s/%s", directory, file);
}

int account_options_parse(
        AccountOptions *options, const char *command, bool lists, int argc, char **argv)
{
        const struct option *longs = lists ? long_options : long_options + 1;
        int option;

        *options = (AccountOptions){};
        while ((option = getopt_long(argc, argv, "f:h", longs, NULL)) != -1)
                if (!set_option(options, option))
                        return command_usage(command, "wrong usage");
        if (options->help)
                return CLI_YES;
        if (optind + 1 < argc)
                return command_usage(command, "%s: an argument too many", argv[optind + 1]);
        if (optind == argc && !lists)
                return command_usage(command, "say which USER");
        if (options->wish.service && !options->wish.vm)
                return command_usage(command, "--service is of use with --vm only");
        options->wish.login = argv[optind];
        if (!options->wish.service)
                options->wish.service = SERVICE_DEFAULT;
        make_absolute(options);
        return CLI_YES;
}

void account_options_deinit(AccountOptions *options)
{
        free(options->file);
}

bool account_options_read_config(const AccountOptions *options, Config *config)
{
        if (!options->config && access(CONFIG_FILE, F_OK) < 0)
                return true; /* the daemon may have been started with -a */
        return command_read_config(config, options->config, false);
}

/* What the daemon would refuse before it looks (proto/request.c), and what a sasldb cannot hold. */
static const char *find_fault(const char *text)
{
        size_t length = strlen(text);

        if (length == 0)
                return "is empty";
        if (isblank((unsigned char)text[0]) || isblank((unsigned char)text[length - 1]))
                return "has a blank at an end";
        for (size_t i = 0; i < length; i++)
                if (iscntrl((unsigned char)text[i]))
                        return "has a control byte";
        return NULL;
}

static bool check(const char *command, const Account *account)
{
        const char *login = find_fault(account->login), *realm = find_fault(account->realm);

        if (strchr(account->login, '@'))
                login = "has an @; give what stands behind it with --realm";
        else if (strlen(account->login) + 1 + strlen(account->realm) > STORE_NAME_MAX)
                login = "is too long with its realm";
        if (!login && !realm)
                return true;
        (void)command_usage(command, "%s \"%s\" %s", login ? "the user's name" : "the realm",
                login ? account->login : account->realm, login ? login : realm);
        return false;
}

bool account_options_find(
        const AccountOptions *options, const char *command, const Config *config, Account *account)
{
        _cleanup_(free_pointer) char *wrong = NULL;
        _cleanup_(account_rules_deinit) AccountRules rules;
        bool found;

        account_rules_init(&rules, config, options->wish.vm);
        found = account_find(&rules, &options->wish, account, &wrong);
        if (!found)
                (void)command_usage(command, "%s", wrong);
        return found && check(command, account);
}
