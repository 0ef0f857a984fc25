/* SPDX-License-Identifier: BSD-2-Clause */
#include "parse_check.h"

#include "daemon/ldap_backend.h"
#include "daemon/pam_backend.h"
#include "daemon/trusted_file.h"
#include "proto/cleanup.h"
#include "proto/nearest.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUESSES_MAX 1000u /* groups that may have been meant */
#define LOOKUPS_MAX 1000u /* groups of the system, each a question to NSS, just for a warning */

static void check_required(Parse *parse, const BackendConfig *backend, Place place)
{
        const Mechanism *mechanism = backend->mechanism;

        for (const MechanismOption *option = mechanism->options; option && option->key; option++)
                if (option->required && !backend_argument(backend, option->key))
                        (void)report_error(parse->report, place,
                                "backend %s does not say %s=; write backend %s %s %s=%s",
                                backend->name, option->key, backend->name, mechanism->name,
                                option->key, option->required);
}

static void check_command(Parse *parse, const BackendConfig *backend, Place place)
{
        const char *command = backend_argument(backend, MECHANISM_COMMAND);
        char why[TRUSTED_FILE_TEXT_MAX];

        if (command && !parse->names->may_run(parse->names, command, why))
                (void)report_error(parse->report, place, "the program %s %s", command, why);
}

void parse_check_backend(Parse *parse, BackendConfig *backend, Place place)
{
        backend->realm_keyed = mechanism_needs_realm(backend->mechanism);
        check_required(parse, backend, place);
        check_command(parse, backend, place);
        ldap_backend_examine(parse->config, backend, parse->names, parse->report);
}

static void unknown_backend(Parse *parse, const char *name, Place place)
{
        Nearest nearest;

        if (parse->incomplete)
                return;
        nearest_init(&nearest, name);
        for (size_t i = 0; i < parse->config->backend_count; i++)
                nearest_try(&nearest, parse->config->backends[i].name);
        for (size_t i = 0; mechanism_name_at(i); i++)
                nearest_try(&nearest, mechanism_name_at(i));
        if (nearest.name)
                (void)report_error(parse->report, place,
                        "no backend \"%s\"; did you mean %s? Else write a line backend %s TYPE",
                        name, nearest.name, name);
        else
                (void)report_error(parse->report, place,
                        "no backend \"%s\"; write a line backend %s TYPE, or name one of: %s", name,
                        name, mechanism_names());
}

/* A mechanism with its defaults, under its own name. */
static void add_implicit_backend(Parse *parse, const Mechanism *mechanism, Place place)
{
        BackendConfig *backend = config_add_backend(parse->config);

        if (backend)
                backend->name = strdup(mechanism->name);
        if (!backend || !backend->name) {
                (void)parse_out_of_memory(parse, place);
                return;
        }
        backend->mechanism = mechanism;
        backend->jobs_limit = mechanism->jobs_per_worker;
        parse_check_backend(parse, backend, place);
}

/* The index of the backend that a rule means, or -1: there is none, which is reported. */
static int find_backend(Parse *parse, const char *name, Place place)
{
        int index = config_find_backend(parse->config, name);
        const Mechanism *mechanism = mechanism_find(name);

        if (index >= 0)
                return index;
        if (!mechanism || strcmp(mechanism->name, name) != 0) {
                unknown_backend(parse, name, place);
                return -1;
        }
        add_implicit_backend(parse, mechanism, place);
        return config_find_backend(parse->config, name);
}

static bool is_named_before(const Rule *rule, size_t item, unsigned backend)
{
        for (size_t i = 0; i < item; i++)
                if (rule->backends[i] == backend)
                        return true;
        return false;
}

static void resolve_backend(Parse *parse, Rule *rule, const ParseReference *reference)
{
        int index = find_backend(parse, reference->name, reference->place);

        rule->backends[reference->item] = index >= 0 ? (unsigned)index : UINT_MAX;
        if (index >= 0 && is_named_before(rule, reference->item, (unsigned)index))
                (void)report_error(parse->report, reference->place,
                        "backend %s is named twice; write it once", reference->name);
}

static void unknown_group(Parse *parse, const char *name, Place place)
{
        Nearest nearest;

        if (parse->incomplete)
                return;
        nearest_init(&nearest, name);
        for (size_t i = 0; i < parse->config->group_count && i < GUESSES_MAX; i++)
                nearest_try(&nearest, parse->config->groups[i]->name);
        if (nearest.name)
                (void)report_error(parse->report, place,
                        "no group \"%s\" in this file; did you mean @%s?", name, nearest.name);
        else
                (void)report_error(parse->report, place,
                        "no group \"%s\" in this file; write a line group %s WORD,WORD…", name,
                        name);
}

typedef struct Complaint {
        Report report;
        char text[512];
} Complaint;

static void keep_complaint(Report *report, Place place, bool is_warning, const char *text)
{
        Complaint *complaint = (Complaint *)(void *)report;

        (void)place;
        (void)is_warning;
        (void)snprintf(complaint->text, sizeof(complaint->text), "%s", text);
}

/* Whether a word says whose realm is meant. Groups of the file have been read by now. */
static bool item_names_realm(const Parse *parse, const Item *item)
{
        switch (item->kind) {
        case ITEM_NSS_GROUP:
        case ITEM_BACKEND_GROUP: return false;
        case ITEM_GROUP: return config_find_group(parse->config, item->text)->names_realm;
        default: return strchr(item->text, '@') != NULL;
        }
}

/* Whether all names in the list do. One of exclusions only holds for people of any realm. */
static bool names_realm(const Parse *parse, const ItemList *list)
{
        bool named = false;

        for (size_t i = 0; i < list->count; i++) {
                if (list->items[i].exclude)
                        continue;
                if (!item_names_realm(parse, &list->items[i]))
                        return false;
                named = true;
        }
        return named;
}

static void check_clash(Parse *parse, const GroupConfig *group)
{
        if (parse->names->warns && parse->lookups++ < LOOKUPS_MAX &&
                parse->names->has_group(parse->names, group->name))
                report_warning(parse->report, group->place,
                        "@%s is a group of this file and one of the system; this one is meant",
                        group->name);
}

/* Reads a group's words as items of a condition's kind, once. */
static void read_members(Parse *parse, GroupConfig *group, ConditionKind kind, Place place)
{
        Complaint complaint = {.report.write = keep_complaint};
        ItemList *members = &group->members[kind];

        if (group->is_read[kind])
                return;
        group->is_read[kind] = true;
        if (!item_list_convert(
                    kind, &group->words, group->place, parse->names, members, &complaint.report)) {
                (void)report_error(parse->report, group->place,
                        "%s=@%s at %s:%u cannot use \"%s\": %s", condition_name(kind), group->name,
                        config_file(parse->config, place), place.line,
                        group->words.items[members->count > 0 ? members->count - 1 : 0].text,
                        complaint.text);
                item_list_deinit(members);
                *members = (ItemList){};
        }
        if (kind == CONDITION_USER) {
                group->names_realm = members->count == 0 || names_realm(parse, members);
                check_clash(parse, group);
        }
}

/* A group as BACKEND:GROUP. */
static void resolve_backend_group(Parse *parse, Item *item, Place place)
{
        size_t length = strcspn(item->text, ":");
        _cleanup_(free_pointer) char *name = strndup(item->text, length);

        if (!name) {
                (void)report_error(parse->report, place, "out of memory");
                return;
        }
        item->backend.name_at = length + 1;
        item->backend.index = find_backend(parse, name, place);
        if (item->text[length + 1] == '\0')
                (void)report_error(parse->report, place,
                        "a group's name is missing; write it behind the colon");
        else if (item->backend.index >= 0 &&
                 !parse->config->backends[item->backend.index].mechanism->has_groups)
                (void)report_error(parse->report, place,
                        "backend %s knows no groups; those of type ldap and program do", name);
}

static void resolve_group(Parse *parse, Item *item, ConditionKind kind, Place place)
{
        GroupConfig *group = item->has_tokens ? NULL : config_find_group(parse->config, item->text);

        if (item->kind == ITEM_BACKEND_GROUP) {
                resolve_backend_group(parse, item, place);
        } else if (group) {
                read_members(parse, group, kind, place);
                item->members = group->members[kind].count > 0 ? &group->members[kind] : NULL;
        } else if (kind == CONDITION_USER) {
                item->kind = ITEM_NSS_GROUP;
        } else {
                unknown_group(parse, item->text, place);
        }
}

static const BackendConfig *find_realm_keyed(const Parse *parse, const Rule *rule)
{
        for (size_t i = 0; i < rule->backend_count; i++) {
                const BackendConfig *backend = rule->backends[i] < parse->config->backend_count
                                                       ? &parse->config->backends[rule->backends[i]]
                                                       : NULL;

                if (backend && backend->realm_keyed)
                        return backend;
        }
        return NULL;
}

/* alice@a and alice@b are two people. */
static void check_realm(Parse *parse, const Rule *rule)
{
        const Condition *user = rule_condition(rule, CONDITION_USER);
        const BackendConfig *backend = find_realm_keyed(parse, rule);

        if (!backend || !user || rule->as_realm || rule_condition(rule, CONDITION_REALM) ||
                names_realm(parse, &user->list))
                return;
        (void)report_error(parse->report, rule->place,
                "user= has no realm, but in %s alice@a and alice@b %s two people; add realm= or "
                "as-realm=, or write user=alice@REALM",
                backend->name, backend->mechanism->may_be_realm_keyed ? "may be" : "are");
}

static bool has_item(const Condition *condition, ItemKind kind)
{
        for (size_t i = 0; condition && i < condition->list.count; i++)
                if (condition->list.items[i].kind == kind && !condition->list.items[i].exclude)
                        return true;
        return false;
}

/* A list of exclusions only holds for everybody else. */
static bool has_inclusion(const Condition *condition)
{
        for (size_t i = 0; condition && i < condition->list.count; i++)
                if (!condition->list.items[i].exclude)
                        return true;
        return false;
}

/* Whoever runs in a VM's QEMU could claim any address. */
static void check_from(Parse *parse, const Rule *rule)
{
        const Condition *vm = rule_condition(rule, CONDITION_VM);

        if (!rule_condition(rule, CONDITION_FROM) ||
                has_inclusion(rule_condition(rule, CONDITION_PEER)) ||
                (vm && vm->list.count == 1 && has_item(vm, ITEM_NONE)))
                return;
        (void)report_error(parse->report, rule->place,
                "from= believes what the asking process says; add vm=none or peer= to say which "
                "processes are believed");
}

/* Whether a list has the word itself in it: whoever writes it means it. */
static bool names_word(const ItemList *list, const char *word)
{
        for (size_t i = 0; i < list->count; i++) {
                const Item *item = &list->items[i];

                if (item->exclude)
                        continue;
                if (item->kind == ITEM_EXACT && strcmp(item->text, word) == 0)
                        return true;
                if (item->kind == ITEM_GROUP && names_word(item->members, word))
                        return true;
        }
        return false;
}

/* A group that is not there is an error of its own. */
static bool has_all_groups(const ItemList *list)
{
        for (size_t i = 0; i < list->count; i++)
                if (list->items[i].kind == ITEM_GROUP && !list->items[i].members)
                        return false;
        return true;
}

/* Whether it holds for a service that it does not name, by a pattern or by excluding others. */
static bool takes_in(const Condition *condition, const char *service)
{
        const Facts facts = {.service = bytes_from_string(service)};

        return has_all_groups(&condition->list) && !names_word(&condition->list, service) &&
               condition_match(condition, &facts) == TRI_TRUE;
}

static void check_openness(Parse *parse, const Rule *rule)
{
        static const char *const consoles[] = {"spice", "vnc"};
        const Condition *service = rule_condition(rule, CONDITION_SERVICE);

        if (!rule->permit || rule_condition(rule, CONDITION_VM))
                return;
        if (!service)
                report_warning(parse->report, rule->place,
                        "without vm= and service= this opens every VM's console; add one of them");
        for (size_t i = 0; service && i < sizeof(consoles) / sizeof(consoles[0]); i++) {
                if (!takes_in(service, consoles[i]))
                        continue;
                report_warning(parse->report, rule->place,
                        "without vm= this opens every VM's console, for service= holds for %s; add "
                        "vm=, or !%s to service=",
                        consoles[i], consoles[i]);
        }
}

/* Each service that the list names by itself. */
static void check_services(Parse *parse, const Rule *rule, const ItemList *list)
{
        for (size_t i = 0; i < list->count; i++) {
                const Item *item = &list->items[i];
                char reason[PAM_REASON_SIZE];

                if (item->kind == ITEM_GROUP && item->members && !item->exclude)
                        check_services(parse, rule, item->members);
                else if (item->kind == ITEM_EXACT && !item->exclude && !item->has_tokens &&
                         pam_backend_bars(
                                 parse->config, rule, bytes_from_string(item->text), reason))
                        report_warning(parse->report, rule->place,
                                "nobody gets in for service %s: %s; add it there", item->text,
                                reason);
        }
}

static void check_barred(Parse *parse, const Rule *rule)
{
        const Condition *service = rule_condition(rule, CONDITION_SERVICE);

        if (rule->permit && service && parse->report->errors == 0)
                check_services(parse, rule, &service->list);
}

static void check_rule(Parse *parse, const Rule *rule)
{
        check_realm(parse, rule);
        check_from(parse, rule);
        check_openness(parse, rule);
        check_barred(parse, rule);
}

/* Whatever is looked up has to be waited for, and a penalty causes no work. */
static void check_penalty(Parse *parse, const Penalty *penalty)
{
        const Condition *user = rule_condition(&penalty->rule, CONDITION_USER);

        check_from(parse, &penalty->rule);
        if (user && condition_needs_lookup(user))
                (void)report_error(parse->report, penalty->rule.place,
                        "penalty cannot look up groups of the system or of a backend; write "
                        "users, or a line group NAME USER,USER…");
}

static void resolve(Parse *parse, const ParseReference *reference)
{
        Config *config = parse->config;

        switch (reference->kind) {
        case REFERENCE_BACKEND:
                resolve_backend(parse, &config->rules[reference->owner], reference);
                break;
        case REFERENCE_GROUP:
                resolve_group(parse, reference->group, reference->condition, reference->place);
                break;
        case REFERENCE_RULE: check_rule(parse, &config->rules[reference->owner]); break;
        case REFERENCE_PENALTY: check_penalty(parse, &config->penalties[reference->owner]); break;
        }
}

static void fill_listen(Parse *parse, const char *directory)
{
        ListenConfig *listen;

        if (parse->config->listen_count > 0)
                return;
        listen = config_add_listen(parse->config);
        if (!listen || asprintf(&listen->path, "%s/mux", directory) < 0) {
                if (listen)
                        listen->path = NULL;
                (void)parse_out_of_memory(parse, (Place){});
                return;
        }
        listen->mode = CONFIG_SOCKET_MODE;
}

static bool is_same(const char *a, const char *b)
{
        return a && b && strcmp(a, b) == 0;
}

/* What two sockets cannot have in common. */
static void check_pair(Parse *parse, const ListenConfig *listen, const ListenConfig *earlier)
{
        bool path = is_same(listen->path, earlier->path);

        if (!path && !is_same(listen->name, earlier->name))
                return;
        (void)report_error(parse->report, listen->place,
                "this %s is that of another listen, at %s:%u; %s",
                path ? "path" : "name=", config_file(parse->config, earlier->place),
                earlier->place.line, path ? "write one line" : "write another name");
}

static void check_listens(Parse *parse)
{
        const Config *config = parse->config;

        for (size_t i = 0; i < config->listen_count; i++) {
                const ListenConfig *listen = &config->listens[i];

                if (listen->vm && !config->identity.socket)
                        (void)report_error(parse->report, listen->place,
                                "vm= counts only if identity names socket; add socket there, at "
                                "%s:%u",
                                config_file(config, config->identity.place),
                                config->identity.place.line);
                for (size_t j = 0; j < i; j++)
                        check_pair(parse, listen, &config->listens[j]);
        }
}

void parse_finish(Parse *parse, const char *directory)
{
        Config *config = parse->config;

        fill_listen(parse, directory);
        check_listens(parse);
        for (size_t i = 0; i < parse->reference_count; i++)
                resolve(parse, &parse->references[i]);
        if (config->rule_count == 0 && parse->report->errors == 0)
                report_warning(parse->report, (Place){.line = 1, .column = 1},
                        "there is no rule, so everybody is refused; add a line permit …");
        if (parse->report->errors == 0 && config_complete(config) < 0)
                (void)parse_out_of_memory(parse, (Place){});
}
