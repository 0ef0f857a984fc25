/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The command line of passwd, deluser and users. */

#include "build-config.h"
#include "daemon/cli/account.h"

typedef struct AccountOptions {
        AccountWish wish; /* file is absolute */
        const char *config;
        bool json;
        bool help;
        char *file; /* of the wish, owned */
} AccountOptions;

#define ACCOUNT_OPTIONS_HELP                                                                       \
        "  --vm VM            at the console of this VM, as the rules have it\n"                   \
        "  --service SERVICE  with --vm: by this service (spice)\n"                                \
        "  --realm REALM      in this realm; else, without --vm, in the one that counts\n"         \
        "                     where none is sent: the machine's name or default-realm=\n"          \
        "  -f FILE            the sasldb; else the one of the configuration, else\n"               \
        "                     " ACCOUNT_DEFAULT_PATH "\n"                                          \
        "  --config FILE      the configuration (" CONFIG_FILE ")\n"

/* Reads it; where lists, USER may be left out, and there is --json. Returns CLI_YES, or CLI_ERROR
 * if it is wrong, which has been said. Free with account_options_deinit() in any case. */
int account_options_parse(
        AccountOptions *options, const char *command, bool lists, int argc, char **argv);
void account_options_deinit(AccountOptions *options);

/* Reads the configuration, if there is one, into an initialised *config. Returns false if it was
 * wrong, which has been said. */
bool account_options_read_config(const AccountOptions *options, Config *config);

/* Finds the account that is meant, and checks whether a sasldb can have it. Returns false if not,
 * which has been said. Free with account_deinit() in any case. */
bool account_options_find(
        const AccountOptions *options, const char *command, const Config *config, Account *account);
