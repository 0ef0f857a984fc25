/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/plugin.h"
#include "daemon/cli/doctor/probe.h"
#include "daemon/cli/doctor/served.h"
#include "daemon/cli/output.h"
#include "daemon/cli/user_list.h"
#include "proto/cleanup.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REASON_SIZE 1024

static void examine_mode(const char *path, Diagnosis *diagnosis)
{
        struct stat status;

        diagnosis_look(diagnosis);
        if (stat(path, &status) < 0 || !(status.st_mode & (S_IROTH | S_IWOTH)))
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "sasldb-public",
                        .what = output_format("Everybody may read or write %s (mode %04o).", path,
                                status.st_mode & 07777),
                        .why = output_format("A sasldb holds passwords as they were typed."),
                        .remedy = output_format("chmod o-rwx %s", path)});
}

static void report_unusable(const char *path, const char *reason, Diagnosis *diagnosis)
{
        bool is_missing = access(path, F_OK) < 0;

        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "sasldb-unusable",
                        .what = output_format("The sasldb cannot be used: %s.", reason),
                        .why = output_format("Every login that is checked by it is refused."),
                        .remedy = output_format("%s%s%s%ssaslward passwd -f %s --realm REALM USER",
                                is_missing ? "" : "mv ", is_missing ? "" : path,
                                is_missing ? "" : " ",
                                is_missing ? "" : "/root/  # out of the way\n", path)});
}

/* The realms under which logins are looked up in a database. */
typedef struct Wanted {
        char host[HOST_NAME_MAX + 1]; /* what an empty realm means */
        const char *literal;          /* by as-realm=, or NULL */
        bool by_host;                 /* the realm that came: an empty one is the host's name */
        bool by_vm;                   /* as-realm=%v and the like: names of VMs */
        bool by_any;                  /* as the rules or users choose */
} Wanted;

/* Whether the rule itself says whose realm is meant. */
static bool says_realm(const Rule *rule)
{
        const Condition *users = rule_condition(rule, CONDITION_USER);

        for (size_t i = 0; users && i < users->list.count; i++)
                if (users->list.items[i].text && strchr(users->list.items[i].text, '@'))
                        return true;
        return rule_condition(rule, CONDITION_REALM) != NULL;
}

static void want(Wanted *wanted, const Rule *rule)
{
        const char *realm = rule->as_realm;

        if (!realm && says_realm(rule))
                wanted->by_any = true;
        else if (!realm)
                wanted->by_host = true;
        else if (strstr(realm, "%r") || strstr(realm, "%R"))
                wanted->by_any = true;
        else if (strchr(realm, '%'))
                wanted->by_vm = true;
        else
                wanted->literal = realm;
}

/* Whether a user of that realm is found by a login as most people type it: without one. */
static bool is_wanted(const Wanted *wanted, const char *realm)
{
        if (wanted->by_any || (wanted->literal && strcmp(realm, wanted->literal) == 0))
                return true;
        return strcmp(realm, wanted->host) == 0 ? wanted->by_host : wanted->by_vm;
}

/* What a new user's realm is to be, and what that is. */
static const char *realm_to_make(const Wanted *wanted, const char **what)
{
        *what = wanted->literal   ? "what as-realm= says"
                : wanted->by_host ? "the host's name, which an empty realm means"
                                  : "the name of a VM, as as-realm= says";
        return wanted->literal ? wanted->literal : wanted->by_host ? wanted->host : "VM";
}

static void report_realm(
        const char *path, const Wanted *wanted, const User *user, Diagnosis *diagnosis)
{
        const char *what, *realm = realm_to_make(wanted, &what);

        diagnosis_add(diagnosis,
                (Fault){.severity = wanted->by_host ? SEVERITY_WARNING : SEVERITY_ERROR,
                        .name = "sasldb-realm",
                        .what = output_format("No user in %s has the realm %s (%s). %s, for "
                                              "instance, is in the realm %s.",
                                path, realm, what, user->login, user->realm),
                        .why = output_format("A password counts in its realm only, and nobody is "
                                             "found who types none. saslpasswd2 without -u takes "
                                             "the host's name of the day."),
                        .remedy = output_format("saslward passwd -f %s --realm %s %s%s", path,
                                realm, user->login,
                                strcmp(realm, "VM") == 0 ? "  # VM: its name" : "")});
}

static void examine_realms(const char *path, const Wanted *wanted, Diagnosis *diagnosis)
{
        char reason[REASON_SIZE];
        _cleanup_(user_list_deinit) UserList list;

        if (!user_list_read(&list, path, NULL, NULL, reason, sizeof(reason))) {
                diagnosis_untried(diagnosis, output_format("the realms in %s: %s", path, reason));
                return;
        }
        diagnosis_look(diagnosis);
        for (size_t i = 0; i < list.count; i++)
                if (is_wanted(wanted, list.users[i].realm))
                        return;
        if (list.count > 0)
                report_realm(path, wanted, &list.users[0], diagnosis);
}

static void examine_backend(const Config *config, size_t index, Diagnosis *diagnosis)
{
        const BackendConfig *backend = &config->backends[index];
        const char *path = served_argument(backend, "path");
        const char *realm = served_argument(backend, "default-realm");
        _cleanup_(free_pointer) char *reason = NULL;
        Wanted wanted = {};

        examine_mode(path, diagnosis);
        diagnosis_look(diagnosis);
        switch (probe_backend(backend, &reason)) {
        case PROBE_ANSWERED: break;
        case PROBE_UNAVAILABLE: report_unusable(path, reason, diagnosis); return;
        case PROBE_UNTRIED:
                diagnosis_untried(
                        diagnosis, output_format("the backend %s: %s", backend->name, reason));
                return;
        }
        if (gethostname(wanted.host, sizeof(wanted.host)) < 0)
                wanted.host[0] = '\0';
        if (realm)
                (void)snprintf(wanted.host, sizeof(wanted.host), "%s", realm);
        for (size_t i = 0; i < config->rule_count; i++)
                if (served_by_backend(&config->rules[i], index))
                        want(&wanted, &config->rules[i]);
        if (wanted.literal || wanted.by_host || wanted.by_vm)
                examine_realms(path, &wanted, diagnosis);
}

static size_t count_backends(const Config *config)
{
        size_t count = 0;

        for (size_t i = 0; i < config->backend_count; i++)
                count += strcmp(config->backends[i].mechanism->name, "sasldb") == 0;
        return count;
}

void examine_sasldb(const Patient *patient, Diagnosis *diagnosis)
{
        const Config *config = patient->config;

        if (count_backends(config) == 0 ||
                !plugin_examine("sasldb", "the backend sasldb uses it", diagnosis))
                return;
        for (size_t i = 0; i < config->backend_count; i++) {
                if (strcmp(config->backends[i].mechanism->name, "sasldb") != 0)
                        continue;
                if (geteuid() == 0)
                        examine_backend(config, i, diagnosis);
                else
                        diagnosis_untried(
                                diagnosis, output_format("the sasldb of backend %s; run it as root",
                                                   config->backends[i].name));
        }
}
