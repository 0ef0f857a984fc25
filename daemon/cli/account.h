/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Account: the entry of a sasldb that a login is checked against, found by asking the rules what
 * the daemon would look for; so nobody has to know which realm a program asks with. */

#include "daemon/cli/domains.h"
#include "daemon/cli/groups.h"
#include "daemon/config.h"
#include "daemon/ruleset.h"

#define ACCOUNT_DEFAULT_PATH "/etc/sasldb2" /* libsasl2's own (SASL_DB_PATH) */

/* Which user is meant; NULL = not said. */
typedef struct AccountWish {
        const char *login; /* as it is typed */
        const char *realm; /* in which it is kept */
        const char *vm;    /* at whose console he logs in */
        const char *service;
        const char *file;
} AccountWish;

typedef struct Account {
        char *login, *realm, *path; /* owned */
        const Rule *rule;           /* by which it is looked for, or NULL: there is none */
        const Rule *before;         /* what decides instead, or NULL: nothing does */
        const char *typed_realm;    /* what has to be typed as realm for that; "" = nothing */
} Account;

/* The configuration as it is asked. */
typedef struct AccountRules {
        const Config *config;
        Ruleset *ruleset;
        Groups groups;
        Domains domains;
        const char *vm_uuid; /* of the VM, or NULL: not known */
} AccountRules;

/* Prepares asking, as that VM or none (NULL); config may be empty, and must outlive it. Free with
 * account_rules_deinit(). */
void account_rules_init(AccountRules *rules, const Config *config, const char *vm);
void account_rules_deinit(AccountRules *rules);

/* Finds the account. Returns false if it cannot be told, with *wrong, owned by the caller, saying
 * what would. Free with account_deinit() in any case. */
bool account_find(AccountRules *rules, const AccountWish *wish, Account *account, char **wrong);
void account_deinit(Account *account);

/* The absolute path of the sasldb that is meant, owned: as it is wished, else the one that the
 * configuration has. Returns NULL if it cannot be told, with *wrong as above. */
char *account_path(const Config *config, const AccountWish *wish, char **wrong);

/* Whether that login in that realm of the sasldb is let in at the VM with the password it has
 * there. */
bool account_is_let_in(AccountRules *rules, const AccountWish *wish, const char *path,
        const char *login, const char *realm);

/* The realm that the machine's programs mean when they send none: its name. In a static buffer. */
const char *account_host(void);

/* "backend NAME …" of the sasldb at path, or NULL: the configuration has none. */
const BackendConfig *account_backend(const Config *config, const char *path);
