/* SPDX-License-Identifier: BSD-2-Clause */
#include "parse_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_argument(const BackendConfig *backend, const char *key)
{
        size_t length = strlen(key);

        for (size_t i = 0; i < backend->argument_count; i++)
                if (strncmp(backend->arguments[i], key, length) == 0 &&
                        backend->arguments[i][length] == '=')
                        return true;
        return false;
}

void parse_check_required(Parse *parse, const BackendConfig *backend, Place place)
{
        const Mechanism *mechanism = backend->mechanism;

        for (const MechanismOption *option = mechanism->options; option && option->key; option++)
                if (option->required && !has_argument(backend, option->key))
                        (void)report_error(parse->report, place,
                                "backend %s needs %s=; write: backend %s %s %s=imap,smtp",
                                backend->name, option->key, backend->name, mechanism->name,
                                option->key);
}

/* The index of the backend that a rule means; one that is not written may be known by its own name.
 * Returns -1 if there is none, reported. */
static int find_backend(Parse *parse, const char *name, Place place)
{
        int index = config_find_backend(parse->config, name);
        const Mechanism *mechanism = mechanism_find(name);
        BackendConfig *backend;

        if (index >= 0)
                return index;
        if (!mechanism || strcmp(mechanism->name, name) != 0) {
                (void)report_error(parse->report, place,
                        "no backend \"%s\"; define it with: backend %s TYPE, or name one of: %s",
                        name, name, mechanism_names());
                return -1;
        }
        backend = config_add_backend(parse->config);
        if (backend)
                backend->name = strdup(name);
        if (!backend || !backend->name) {
                (void)report_error(parse->report, place, "out of memory");
                return -1;
        }
        backend->mechanism = mechanism;
        backend->jobs_limit = mechanism->jobs_per_worker;
        parse_check_required(parse, backend, place);
        return (int)parse->config->backend_count - 1;
}

static void resolve_group(Parse *parse, Item *item, ConditionKind kind, Place place)
{
        GroupConfig *group = item->has_tokens ? NULL : config_find_group(parse->config, item->text);

        if (!group && kind == CONDITION_USER) {
                item->kind = ITEM_NSS_GROUP;
                return;
        }
        if (!group) {
                (void)report_error(parse->report, place,
                        "no group \"%s\"; define it with: group %s WORD,WORD…", item->text,
                        item->text);
                return;
        }
        if (group->members[kind].count == 0 &&
                !item_list_convert(kind, &group->words, group->place, parse->names,
                        &group->members[kind], parse->report))
                return;
        item->members = &group->members[kind];
        if (kind == CONDITION_USER && parse->names->has_group(item->text))
                report_warning(parse->report, place,
                        "@%s is a group of this file and one of the system; the file's is meant",
                        item->text);
}

static void resolve(Parse *parse, const ParseReference *reference)
{
        Rule *rule = &parse->config->rules[reference->rule];

        if (reference->kind == REFERENCE_BACKEND) {
                int index = find_backend(parse, reference->name, reference->place);

                if (index >= 0)
                        rule->backends[reference->item] = (unsigned)index;
        } else {
                const Condition *condition = rule_condition(rule, reference->condition);

                resolve_group(parse, &condition->list.items[reference->item], condition->kind,
                        reference->place);
        }
}

/* Whether all names in the list say whose realm they mean. */
static bool names_realm(const ItemList *list)
{
        bool named = false;

        for (size_t i = 0; i < list->count; i++) {
                const Item *item = &list->items[i];

                if (item->exclude)
                        continue;
                if (item->kind == ITEM_NSS_GROUP ||
                        (item->kind == ITEM_GROUP && item->members &&
                                !names_realm(item->members)) ||
                        (item->kind != ITEM_GROUP && !strchr(item->text, '@')))
                        return false;
                named = true;
        }
        return named;
}

static const BackendConfig *find_realm_keyed(const Parse *parse, const Rule *rule)
{
        for (size_t i = 0; i < rule->backend_count; i++)
                if (parse->config->backends[rule->backends[i]].mechanism->realm_keyed)
                        return &parse->config->backends[rule->backends[i]];
        return NULL;
}

/* alice@a and alice@b are two people. */
static void check_realm(Parse *parse, const Rule *rule)
{
        const Condition *user = rule_condition(rule, CONDITION_USER);
        const BackendConfig *backend = find_realm_keyed(parse, rule);

        if (!backend || !user || rule->as_realm || rule_condition(rule, CONDITION_REALM) ||
                names_realm(&user->list))
                return;
        (void)report_error(parse->report, rule->place,
                "user= without a realm, but in %s alice@a and alice@b are two people; add realm= "
                "or "
                "as-realm=, or write user=alice@REALM",
                backend->name);
}

static bool has_item(const Condition *condition, ItemKind kind)
{
        for (size_t i = 0; condition && i < condition->list.count; i++)
                if (condition->list.items[i].kind == kind && !condition->list.items[i].exclude)
                        return true;
        return false;
}

/* Whoever runs in a VM's QEMU could claim any address. */
static void check_from(Parse *parse, const Rule *rule)
{
        const Condition *vm = rule_condition(rule, CONDITION_VM);

        if (!rule_condition(rule, CONDITION_FROM) || rule_condition(rule, CONDITION_PEER) ||
                (vm && vm->list.count == 1 && has_item(vm, ITEM_NONE)))
                return;
        (void)report_error(parse->report, rule->place,
                "from= believes what the asking process says; add vm=none or peer= to say which "
                "processes are believed");
}

static void check_openness(Parse *parse, const Rule *rule)
{
        if (rule->permit && !rule_condition(rule, CONDITION_VM) &&
                !rule_condition(rule, CONDITION_SERVICE))
                report_warning(parse->report, rule->place,
                        "without vm= and service= this opens every VM's console; add one of them");
}

static void fill_listen(Parse *parse, const char *directory)
{
        ListenConfig *listen;

        if (parse->config->listen_count > 0)
                return;
        listen = config_add_listen(parse->config);
        if (!listen || asprintf(&listen->path, "%s/mux", directory) < 0) {
                (void)report_error(parse->report, (Place){}, "out of memory");
                return;
        }
        listen->mode = CONFIG_SOCKET_MODE;
}

static bool is_same(const char *a, const char *b)
{
        return a && b && strcmp(a, b) == 0;
}

static void check_listens(Parse *parse)
{
        const Config *config = parse->config;

        for (size_t i = 0; i < config->listen_count; i++) {
                const ListenConfig *listen = &config->listens[i];

                if (listen->vm && !config->identity.socket)
                        (void)report_error(parse->report, listen->place,
                                "vm= counts only if \"identity\" names socket; add it there");
                for (size_t j = 0; j < i; j++)
                        if (is_same(listen->path, config->listens[j].path) ||
                                is_same(listen->name, config->listens[j].name))
                                (void)report_error(parse->report, listen->place,
                                        "this path or name= has another listen in line %u; write "
                                        "one of them",
                                        config->listens[j].place.line);
        }
}

void parse_finish(Parse *parse, const char *directory)
{
        Config *config = parse->config;

        for (size_t i = 0; i < parse->reference_count; i++)
                resolve(parse, &parse->references[i]);
        fill_listen(parse, directory);
        check_listens(parse);
        for (size_t i = 0; i < config->rule_count && parse->report->errors == 0; i++) {
                check_realm(parse, &config->rules[i]);
                check_from(parse, &config->rules[i]);
                check_openness(parse, &config->rules[i]);
        }
        if (config->rule_count == 0 && parse->report->errors == 0)
                report_warning(parse->report, (Place){.line = 1, .column = 1},
                        "there is no rule: everybody is refused; add a line permit …");
        if (parse->report->errors == 0 && config_complete(config) < 0)
                (void)report_error(parse->report, (Place){}, "out of memory");
}
