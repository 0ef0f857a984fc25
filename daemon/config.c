/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon/duration.h"
#include "daemon/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 8u

void config_init(Config *config)
{
        *config = (Config){
                .identity.sources[PEER_SOURCE_LIBVIRT] = true,
                .identity.sources[PEER_SOURCE_MACHINED] = true,
                .identity.socket = true,
                .read_deadline_usec = 5 * USEC_PER_SEC,
        };
}

static void listen_deinit(ListenConfig *listen)
{
        free(listen->path);
        free(listen->owner);
        free(listen->group);
        free(listen->name);
        free(listen->vm);
        item_list_deinit(&listen->allow);
}

static void backend_deinit(BackendConfig *backend)
{
        for (size_t i = 0; i < backend->argument_count; i++)
                free(backend->arguments[i]);
        free(backend->arguments);
        free(backend->name);
        free(backend->password_path);
}

static void group_free(GroupConfig *group)
{
        free(group->name);
        item_list_deinit(&group->words);
        for (int kind = 0; kind < CONDITION_KINDS; kind++)
                item_list_deinit(&group->members[kind]);
        free(group);
}

static void free_names(char **names, size_t count)
{
        for (size_t i = 0; i < count; i++)
                free(names[i]);
        free(names);
}

void config_deinit(Config *config)
{
        HASH_CLEAR(hh, config->groups_by_name);
        for (size_t i = 0; i < config->listen_count; i++)
                listen_deinit(&config->listens[i]);
        for (size_t i = 0; i < config->backend_count; i++)
                backend_deinit(&config->backends[i]);
        for (size_t i = 0; i < config->group_count; i++)
                group_free(config->groups[i]);
        for (size_t i = 0; i < config->rule_count; i++)
                rule_deinit(&config->rules[i]);
        for (size_t i = 0; i < config->penalty_count; i++)
                rule_deinit(&config->penalties[i].rule);
        free(config->listens);
        free(config->backends);
        free(config->groups);
        free(config->rules);
        free(config->penalties);
        free_names(config->files, config->file_count);
        free(config->identity.uids);
        free(config->path);
        free(config->directory);
        free(config->mech_option);
        free(config->state_directory);
}

static int copy_text(char **copy, const char *text)
{
        *copy = text ? strdup(text) : NULL;
        return text && !*copy ? -ENOMEM : 0;
}

int config_copy_options(Config *config, const Config *options, const char *path)
{
        int r;

        *config = *options;
        config->path = config->directory = config->mech_option = config->state_directory = NULL;
        r = copy_text(&config->path, path);
        if (r == 0)
                r = copy_text(&config->directory, options->directory);
        if (r == 0)
                r = copy_text(&config->mech_option, options->mech_option);
        if (r == 0)
                r = copy_text(&config->state_directory, options->state_directory);
        return r;
}

/* Room for one more element of size bytes in an array of count, whose capacity is the next power of
 * two. Returns the zeroed element, or NULL without memory. */
static void *add(void *array, size_t *count, size_t size)
{
        char **elements = array;

        if (*count == 0 || (*count >= FIRST_CAPACITY && (*count & (*count - 1)) == 0)) {
                size_t capacity = *count < FIRST_CAPACITY ? FIRST_CAPACITY : 2 * *count;
                char *grown = reallocarray(*elements, capacity, size);

                if (!grown)
                        return NULL;
                *elements = grown;
        }
        return memset(*elements + (*count)++ * size, 0, size);
}

ListenConfig *config_add_listen(Config *config)
{
        return add(&config->listens, &config->listen_count, sizeof(ListenConfig));
}

BackendConfig *config_add_backend(Config *config)
{
        BackendConfig *backend =
                add(&config->backends, &config->backend_count, sizeof(BackendConfig));

        if (backend)
                backend->workers = CONFIG_WORKERS_DEFAULT;
        return backend;
}

GroupConfig *config_add_group(Config *config, char *name)
{
        GroupConfig **slot = add(&config->groups, &config->group_count, sizeof(GroupConfig *));
        GroupConfig *group = slot ? calloc(1, sizeof(GroupConfig)) : NULL;

        if (!group) {
                config->group_count -= slot ? 1 : 0;
                free(name);
                return NULL;
        }
        *slot = group;
        group->name = name;
        HASH_ADD_KEYPTR(hh, config->groups_by_name, name, strlen(name), group);
        if (!HASH_ADDED(group)) {
                config->group_count--;
                free(group);
                free(name);
                return NULL;
        }
        return group;
}

Rule *config_add_rule(Config *config)
{
        Rule *rule = add(&config->rules, &config->rule_count, sizeof(Rule));

        if (rule)
                rule->number = (uint32_t)config->rule_count;
        return rule;
}

Penalty *config_add_penalty(Config *config)
{
        Penalty *penalty = add(&config->penalties, &config->penalty_count, sizeof(Penalty));

        if (penalty)
                penalty->limits = PENALTY_LIMITS_DEFAULT;
        return penalty;
}

int config_add_file(Config *config, const char *name)
{
        char *copy = strdup(name);
        char **slot = copy ? add(&config->files, &config->file_count, sizeof(char *)) : NULL;

        if (!slot) {
                free(copy);
                return -ENOMEM;
        }
        *slot = copy;
        return (int)config->file_count - 1;
}

int backend_add_argument(BackendConfig *backend, const char *key, const char *value)
{
        char **grown =
                reallocarray(backend->arguments, backend->argument_count + 2, sizeof(char *));

        if (!grown)
                return -ENOMEM;
        backend->arguments = grown;
        if (asprintf(&grown[backend->argument_count], "%s=%s", key, value) < 0)
                return -ENOMEM;
        grown[++backend->argument_count] = NULL;
        return 0;
}

const char *backend_argument(const BackendConfig *backend, const char *key)
{
        size_t length = strlen(key);

        for (size_t i = 0; i < backend->argument_count; i++)
                if (strncmp(backend->arguments[i], key, length) == 0 &&
                        backend->arguments[i][length] == '=')
                        return backend->arguments[i] + length + 1;
        return NULL;
}

bool backend_has_site_modules(const BackendConfig *backend)
{
        const char *value = backend_argument(backend, MECHANISM_SITE_MODULES);

        return value && strcmp(value, "yes") == 0;
}

bool config_has_site_modules(const Config *config)
{
        for (size_t i = 0; i < config->backend_count; i++)
                if (backend_has_site_modules(&config->backends[i]))
                        return true;
        return false;
}

int config_find_backend(const Config *config, const char *name)
{
        for (size_t i = 0; i < config->backend_count; i++)
                if (!(config->backends[i].mechanism && config->backends[i].mechanism->internal) &&
                        strcmp(config->backends[i].name, name) == 0)
                        return (int)i;
        return -1;
}

GroupConfig *config_find_group(const Config *config, const char *name)
{
        GroupConfig *group;

        HASH_FIND_STR(config->groups_by_name, name, group);
        return group;
}

const char *config_file(const Config *config, Place place)
{
        return config->files[place.file];
}

const ListenConfig *config_usual_listen(const Config *config, const char *vm)
{
        for (size_t i = 0; i < config->listen_count && vm; i++)
                if (config->listens[i].vm && strcmp(config->listens[i].vm, vm) == 0)
                        return &config->listens[i];
        for (size_t i = 0; i < config->listen_count; i++)
                if (!config->listens[i].vm)
                        return &config->listens[i];
        return &config->listens[0];
}

uint64_t config_longest_deadline(const Config *config)
{
        uint64_t longest =
                config->deadline_usec > 0 ? config->deadline_usec : CONFIG_DEADLINE_OTHER;

        for (size_t i = 0; i < config->rule_count; i++)
                if (config->rules[i].deadline_usec > longest)
                        longest = config->rules[i].deadline_usec;
        for (size_t i = 0; i < config->backend_count; i++)
                longest += config->backends[i].deadline_usec; /* one may be asked after another */
        return longest;
}

static BackendConfig *add_resolver(Config *config, const char *name)
{
        BackendConfig *backend = config_add_backend(config);

        if (!backend)
                return NULL;
        backend->mechanism = mechanism_resolve();
        backend->name = strdup(name);
        backend->workers = 1;
        backend->jobs_limit = backend->mechanism->jobs_per_worker;
        return backend->name ? backend : NULL;
}

/* The sources that the configuration names, as an argument of the resolver. */
static int add_sources(BackendConfig *backend, const IdentityConfig *identity)
{
        char names[64] = "";
        size_t used = 0;

        for (unsigned i = 0; i < PEER_SOURCES; i++)
                if (identity->sources[i])
                        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
                                used > 0 ? "," : "", peer_source_name(i));
        return used > 0 ? backend_add_argument(backend, "sources", names) : 0;
}

static int add_uids(BackendConfig *backend, const IdentityConfig *identity)
{
        char *list = NULL;
        size_t size;
        FILE *stream = open_memstream(&list, &size);
        int r;

        if (!stream)
                return -ENOMEM;
        for (size_t i = 0; i < identity->uid_count; i++)
                (void)fprintf(stream, "%s%u", i > 0 ? "," : "", identity->uids[i]);
        r = fclose(stream) == 0 ? backend_add_argument(backend, "cmdline-uids", list) : -ENOMEM;
        free(list);
        return r;
}

static bool list_has_groups(const ItemList *list)
{
        for (size_t i = 0; i < list->count; i++)
                if (list->items[i].kind == ITEM_NSS_GROUP)
                        return true;
        return false;
}

/* Whether a rule asks for a group of the system. */
static bool has_groups(const Config *config)
{
        for (size_t i = 0; i < config->rule_count; i++) {
                const Condition *user = rule_condition(&config->rules[i], CONDITION_USER);

                if (user && list_has_groups(&user->list))
                        return true;
        }
        return false;
}

int config_complete(Config *config)
{
        BackendConfig *identity, *groups;
        int r;

        config->identity_backend = (unsigned)config->backend_count;
        identity = add_resolver(config, "identity");
        if (!identity)
                return -ENOMEM;
        r = add_sources(identity, &config->identity);
        if (r == 0 && config->identity.uid_count > 0)
                r = add_uids(identity, &config->identity);
        if (r < 0)
                return r;
        config->groups_backend = (unsigned)config->backend_count;
        groups = add_resolver(config, "groups");
        if (!groups)
                return -ENOMEM;
        groups->workers = has_groups(config) ? 1 : 0;
        return 0;
}
