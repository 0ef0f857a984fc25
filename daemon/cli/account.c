/* SPDX-License-Identifier: BSD-2-Clause */
#include "account.h"

#include "daemon/cli/asking.h"
#include "daemon/cli/explanation.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <limits.h>

/* The value of a backend's option, or NULL. */
static const char *find_argument(const BackendConfig *backend, const char *key)
{
        size_t length = strlen(key);

        for (size_t i = 0; i < backend->argument_count; i++)
                if (strncmp(backend->arguments[i], key, length) == 0 &&
                        backend->arguments[i][length] == '=')
                        return backend->arguments[i] + length + 1;
        return NULL;
}

static bool is_sasldb(const BackendConfig *backend)
{
        return backend->mechanism == mechanism_find("sasldb");
}

static const char *path_of(const BackendConfig *backend)
{
        const char *path = find_argument(backend, "path");

        return path ? path : ACCOUNT_DEFAULT_PATH;
}

const char *account_host(void)
{
        static char name[HOST_NAME_MAX + 1];

        if (name[0] == '\0' && gethostname(name, sizeof(name) - 1) < 0)
                (void)snprintf(name, sizeof(name), "localhost");
        return name;
}

const BackendConfig *account_backend(const Config *config, const char *path)
{
        for (size_t i = 0; i < config->backend_count; i++)
                if (is_sasldb(&config->backends[i]) &&
                        strcmp(path_of(&config->backends[i]), path) == 0)
                        return &config->backends[i];
        return NULL;
}

/* What a login without realm means there. */
static const char *default_realm(const BackendConfig *backend)
{
        const char *realm = backend ? find_argument(backend, "default-realm") : NULL;

        return realm ? realm : account_host();
}

char *account_path(const Config *config, const AccountWish *wish, char **wrong)
{
        const char *path = NULL;

        if (wish->file)
                return output_format("%s", wish->file);
        for (size_t i = 0; i < config->backend_count; i++) {
                const BackendConfig *backend = &config->backends[i];

                if (!is_sasldb(backend) || (path && strcmp(path, path_of(backend)) == 0))
                        continue;
                if (path) {
                        *wrong = output_format("the configuration has more than one sasldb; say "
                                               "which with -f: %s, %s, …",
                                path, path_of(backend));
                        return NULL;
                }
                path = path_of(backend);
        }
        return output_format("%s", path ? path : ACCOUNT_DEFAULT_PATH);
}

/* Its UUID, or NULL: libvirt does not tell it. */
static const char *find_uuid(const Domains *domains, const char *vm)
{
        for (size_t i = 0; vm && i < domains->count; i++)
                if (strcmp(domains->domains[i].name, vm) == 0)
                        return domains->domains[i].uuid;
        return NULL;
}

void account_rules_init(AccountRules *rules, const Config *config, const char *vm)
{
        *rules = (AccountRules){.config = config};
        groups_init(&rules->groups, config);
        domains_init(&rules->domains, DOMAINS_DIRECTORY);
        rules->vm_uuid = find_uuid(&rules->domains, vm);
        rules->ruleset = ruleset_new(config->rules, config->rule_count);
        if (!rules->ruleset)
                output_no_memory();
}

void account_rules_deinit(AccountRules *rules)
{
        groups_deinit(&rules->groups);
        domains_deinit(&rules->domains);
        (void)ruleset_free(rules->ruleset);
}

/* What the rules make of a login at the VM. */
typedef struct Outcome {
        Verdict verdict;
        const Rule *rule;             /* that decides, or NULL */
        const BackendConfig *backend; /* the sasldb that it asks, or NULL */
        char login[RULING_NAME_SIZE]; /* what is looked for there */
        char realm[RULING_NAME_SIZE];
        char *missing; /* owned */
} Outcome;

static void outcome_deinit(Outcome *outcome)
{
        free(outcome->missing);
}

static const BackendConfig *find_sasldb(const Config *config, const Rule *rule)
{
        for (size_t i = 0; i < rule->backend_count; i++)
                if (is_sasldb(&config->backends[rule->backends[i]]))
                        return &config->backends[rule->backends[i]];
        return NULL;
}

static void take_explanation(const Config *config, const Explanation *explanation, Outcome *outcome)
{
        outcome->verdict = explanation->verdict;
        outcome->rule = explanation->ruling.decision.rule;
        if (explanation->missing)
                outcome->missing = output_format("%s", explanation->missing);
        if (explanation->verdict != VERDICT_LET_IN)
                return;
        outcome->backend = find_sasldb(config, outcome->rule);
        if (!outcome->backend)
                return;
        memcpy(outcome->login, explanation->ruling.name, sizeof(outcome->login));
        (void)snprintf(outcome->realm, sizeof(outcome->realm), "%s",
                explanation->ruling.realm[0] ? explanation->ruling.realm
                                             : default_realm(outcome->backend));
}

/* Returns false if it makes no sense to ask, with *wrong. */
static bool ask_rules(AccountRules *rules, const AccountWish *wish, const char *login,
        const char *typed_realm, Outcome *outcome, char **wrong)
{
        const Description description = {
                .service = wish->service,
                .login = login,
                .realm = typed_realm,
                .vm = wish->vm,
                .uuid = rules->vm_uuid,
        };
        _cleanup_(asking_deinit) Asking asking = {};
        _cleanup_(explanation_deinit) Explanation explanation = {};

        if (rules->config->listen_count == 0) { /* there is no configuration */
                outcome->verdict = VERDICT_REFUSED;
                return true;
        }
        if (!asking_init(&asking, rules->config, &description, &rules->groups, wrong))
                return false;
        explanation_init(&explanation, rules->config, rules->ruleset, &asking, &rules->groups);
        take_explanation(rules->config, &explanation, outcome);
        return true;
}

static bool leads_to(const Outcome *outcome, const char *path, const char *login, const char *realm)
{
        return outcome->backend && strcmp(path_of(outcome->backend), path) == 0 &&
               strcmp(outcome->login, login) == 0 && strcmp(outcome->realm, realm) == 0;
}

bool account_is_let_in(AccountRules *rules, const AccountWish *wish, const char *path,
        const char *login, const char *realm)
{
        const char *const typed[] = {"", realm};

        for (size_t i = 0; i < 2; i++) {
                _cleanup_(outcome_deinit) Outcome outcome = {};
                _cleanup_(free_pointer) char *wrong = NULL;

                if (ask_rules(rules, wish, login, typed[i], &outcome, &wrong) &&
                        leads_to(&outcome, path, login, realm))
                        return true;
        }
        return false;
}

static void take_outcome(Account *account, const Outcome *outcome, const char *typed_realm)
{
        account->login = output_format("%s", outcome->login);
        account->realm = output_format("%s", outcome->realm);
        account->path = output_format("%s", path_of(outcome->backend));
        account->rule = outcome->rule;
        account->typed_realm = typed_realm;
}

/* Whether the rule that decides leads to what is wished. */
static bool is_wished(const AccountWish *wish, const Outcome *outcome)
{
        return outcome->backend && (!wish->realm || strcmp(wish->realm, outcome->realm) == 0) &&
               (!wish->file || strcmp(wish->file, path_of(outcome->backend)) == 0);
}

/* Why no realm can be proposed where none was said, owned, or NULL: the VM's name may be. */
static char *find_doubt(const Config *config, const AccountWish *wish, const Outcome *outcome)
{
        _cleanup_(free_pointer) char *place =
                outcome->rule ? output_place(config, outcome->rule->place) : NULL;

        if (outcome->verdict == VERDICT_UNTOLD)
                return output_format("%s: which password counts at %s depends on %s of saslward "
                                     "explain; say what is meant with --realm and -f",
                        place, wish->vm, outcome->missing);
        if (outcome->verdict == VERDICT_REFUSED || outcome->backend)
                return NULL;
        return output_format("%s lets %s in at %s by %s, which is no sasldb; his password is kept "
                             "there. To keep one in a sasldb all the same, give --realm",
                place, wish->login, wish->vm, config->backends[outcome->rule->backends[0]].name);
}

/* What no rule leads to yet. */
static bool propose(AccountRules *rules, const AccountWish *wish, const Outcome *outcome,
        Account *account, char **wrong)
{
        *wrong = wish->realm ? NULL : find_doubt(rules->config, wish, outcome);
        if (*wrong)
                return false;
        account->before = outcome->rule;
        account->path = account_path(rules->config, wish, wrong);
        account->login = output_format("%s", wish->login);
        account->realm = output_format("%s", wish->realm ? wish->realm : wish->vm);
        return account->path != NULL;
}

static bool find_at_vm(AccountRules *rules, const AccountWish *wish, Account *account, char **wrong)
{
        _cleanup_(outcome_deinit) Outcome outcome = {}, typed = {};

        if (!ask_rules(rules, wish, wish->login, "", &outcome, wrong))
                return false;
        if (is_wished(wish, &outcome)) {
                take_outcome(account, &outcome, "");
                return true;
        }
        if (!wish->realm)
                return propose(rules, wish, &outcome, account, wrong);
        if (!ask_rules(rules, wish, wish->login, wish->realm, &typed, wrong))
                return false;
        if (!is_wished(wish, &typed))
                return propose(rules, wish, &outcome, account, wrong);
        take_outcome(account, &typed, wish->realm);
        return true;
}

bool account_find(AccountRules *rules, const AccountWish *wish, Account *account, char **wrong)
{
        *account = (Account){};
        *wrong = NULL;
        if (wish->vm)
                return find_at_vm(rules, wish, account, wrong);
        account->path = account_path(rules->config, wish, wrong);
        if (!account->path)
                return false;
        account->login = output_format("%s", wish->login);
        account->realm = output_format(
                "%s", wish->realm ? wish->realm
                                  : default_realm(account_backend(rules->config, account->path)));
        return true;
}

void account_deinit(Account *account)
{
        free(account->login);
        free(account->realm);
        free(account->path);
}
