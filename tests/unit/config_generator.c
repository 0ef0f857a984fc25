/* SPDX-License-Identifier: BSD-2-Clause */
#include "config_generator.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 12

static const char any_byte[] = "aB3_.-@!*?[]%#=:/,\\\" \t'é|";
static const char plain_byte[] = "aB3_.-@!#=:/'é|";
static const char glob_byte[] = "aB3_.-*?[]!";
static const char name_byte[] = "aB3_.-";

static bool one_in(Random *random, size_t n)
{
        return random_below(random, n) == 0;
}

static void *own(void *pointer)
{
        if (!pointer)
                abort();
        return pointer;
}

/* Text of min to TEXT_MAX of these bytes, to be freed. */
static char *text_of(Random *random, const char *bytes, size_t min)
{
        size_t size = min + random_below(random, TEXT_MAX - min);
        char *text = own(malloc(size + 1));

        for (size_t i = 0; i < size; i++)
                text[i] = bytes[random_below(random, strlen(bytes))];
        text[size] = '\0';
        return text;
}

/* The parts and a number in one text, to be freed. */
static char *join(const char *a, const char *b, size_t number)
{
        char *text;

        if (asprintf(&text, "%s%s%zu", a, b, number) < 0)
                abort();
        return text;
}

/* Text with a few of the tokens, which are separated by blanks; %% is one. */
static char *text_with_tokens(Random *random, const char *bytes, const char *const *tokens)
{
        char *text = strdup(""), *part, *longer;
        size_t parts = 1 + random_below(random, 3), count = 0;

        while (tokens[count])
                count++;
        for (size_t i = 0; i < parts; i++) {
                part = text_of(random, bytes, 0);
                longer = own(malloc(strlen(text) + strlen(part) + 3));
                (void)sprintf(longer, "%s%s%s", text, tokens[random_below(random, count)], part);
                free(text);
                free(part);
                text = longer;
        }
        return text;
}

static Item *add_item(ItemList *list)
{
        list->items = own(reallocarray(list->items, list->count + 1, sizeof(Item)));
        list->items[list->count] = (Item){};
        return &list->items[list->count++];
}

/* A word that is read as itself where it stands behind nothing or "!". */
static char *plain_word(Random *random)
{
        char *text = text_of(random, plain_byte, 1);

        if (strchr("@!#", text[0]) || strncmp(text, "uuid:", 5) == 0)
                text[0] = 'x';
        return text;
}

static char *glob_word(Random *random)
{
        char *text = text_of(random, glob_byte, 1);

        if (text[0] == '!')
                text[0] = '*';
        if (!strpbrk(text, "*?["))
                text[0] = '*';
        return text;
}

static void fill_name(Random *random, const char *const *tokens, Item *item)
{
        switch (random_below(random, 4)) {
        case 0:
                item->quoted = true;
                item->text = text_of(random, any_byte, 0);
                break;
        case 1:
                item->kind = ITEM_GLOB;
                item->text = glob_word(random);
                break;
        case 2:
                item->text = text_with_tokens(random, name_byte, tokens);
                item->has_tokens = true;
                break;
        default: item->text = plain_word(random); break;
        }
}

static const char *const vouched[] = {"%v", "%i", "%%", NULL};
static const char *const only_percent[] = {"%%", NULL};
static const char *const typed[] = {"%v", "%i", "%%", "%u", "%r", "%R", "%s", "%h", NULL};

static void fill_plain(Random *random, Item *item)
{
        fill_name(random, vouched, item);
}

static void fill_vm(Random *random, Item *item)
{
        switch (random_below(random, 5)) {
        case 0:
                item->kind = ITEM_ANY;
                item->text = strdup("any");
                break;
        case 1:
                item->kind = ITEM_NONE;
                item->text = strdup("none");
                break;
        case 2:
                item->kind = ITEM_UUID;
                item->text = own(malloc(33));
                for (int i = 0; i < 32; i++)
                        item->text[i] = "0123456789abcdef"[random_below(random, 16)];
                item->text[32] = '\0';
                break;
        default: fill_name(random, only_percent, item); break;
        }
}

static void fill_network(Random *random, Item *item)
{
        static const char *const networks[] = {
                "10.0.0.0/8", "192.0.2.1", "::1", "::/0", "2001:db8::/32", "0.0.0.0/0"};

        item->kind = ITEM_NETWORK;
        item->text = strdup(networks[random_below(random, 6)]);
        if (network_parse(item->text, &item->network))
                abort();
}

static void fill_uid(Random *random, Item *item)
{
        item->kind = ITEM_UID;
        item->uid = (uid_t)random_below(random, 70000);
        item->quoted = one_in(random, 3);
        if (one_in(random, 4)) {
                item->uid = 1000;
                item->quoted = true;
                item->text = strdup("Domain User");
        } else {
                item->text = join("", one_in(random, 2) ? "" : "u", item->uid);
        }
}

static void fill_peer(Random *random, Item *item)
{
        if (one_in(random, 2)) {
                fill_uid(random, item);
        } else {
                fill_name(random, only_percent, item);
                item->kind = ITEM_UNIT;
        }
}

static void fill_date(Random *random, Item *item)
{
        struct tm day = {.tm_year = 100 + (int)random_below(random, 40),
                .tm_mon = (int)random_below(random, 12),
                .tm_mday = 1 + (int)random_below(random, 28),
                .tm_isdst = -1};

        item->kind = ITEM_DATE;
        item->text = own(malloc(32));
        (void)sprintf(
                item->text, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
        day.tm_mday++;
        item->end = mktime(&day);
}

static void (*const fill[CONDITION_KINDS])(Random *random, Item *item) = {
        [CONDITION_SERVICE] = fill_plain,
        [CONDITION_REALM] = fill_plain,
        [CONDITION_SOCKET] = fill_plain,
        [CONDITION_USER] = fill_plain,
        [CONDITION_VM] = fill_vm,
        [CONDITION_FROM] = fill_network,
        [CONDITION_PEER] = fill_peer,
        [CONDITION_UNTIL] = fill_date,
};

/* Groups are made for a kind of condition each, "g0" for the first. */
static const GroupConfig *find_group(const Config *config, Random *random, ConditionKind kind)
{
        size_t first = random_below(random, CONDITION_KINDS);

        for (size_t i = first; i < config->group_count; i += CONDITION_KINDS)
                if (i % CONDITION_KINDS == (size_t)kind)
                        return config->groups[i];
        return (size_t)kind < config->group_count ? config->groups[kind] : NULL;
}

static void fill_system_group(Random *random, Item *item)
{
        item->kind = ITEM_NSS_GROUP;
        if (one_in(random, 3)) {
                item->quoted = true;
                item->text = text_of(random, any_byte, 1);
        } else if (one_in(random, 2)) {
                item->has_tokens = true;
                item->text = text_with_tokens(random, name_byte, vouched);
        } else {
                item->text = join("", "nss", random_below(random, 99));
        }
}

static void generate_items(
        const Config *config, Random *random, ConditionKind kind, bool lookups, ItemList *list)
{
        size_t count = kind == CONDITION_UNTIL ? 1 : 1 + random_below(random, 4);
        const GroupConfig *group = find_group(config, random, kind);

        for (size_t i = 0; i < count; i++) {
                Item *item = add_item(list);

                if (kind == CONDITION_USER && lookups && one_in(random, 4)) {
                        fill_system_group(random, item);
                } else if (kind != CONDITION_UNTIL && group && one_in(random, 4)) {
                        item->kind = ITEM_GROUP;
                        item->quoted = one_in(random, 3);
                        item->text = strdup(group->name);
                } else {
                        fill[kind](random, item);
                }
                item->exclude = one_in(random, 4);
        }
}

/* Words that fit the kind, as a group has them: no kind yet. */
static void generate_group(Config *config, Random *random)
{
        ConditionKind kind = (ConditionKind)(config->group_count % CONDITION_KINDS);
        GroupConfig *group = own(config_add_group(config, join("", "g", config->group_count)));
        size_t count = 1 + random_below(random, 4);

        for (size_t i = 0; i < count; i++) {
                Item *word = add_item(&group->words), item = {};

                fill[kind](random, &item);
                word->text = item.text;
                word->quoted = item.quoted;
                if (kind == CONDITION_PEER) { /* only a whole word can be quoted in a group */
                        free(item.text);
                        word->text = strdup(one_in(random, 2) ? "uid:u7" : "unit:a*");
                        word->quoted = false;
                }
        }
}

static void generate_listen(Config *config, Random *random)
{
        ListenConfig *listen = own(config_add_listen(config));
        unsigned number = (unsigned)config->listen_count;
        char *text = text_of(random, any_byte, 0);

        listen->place.line = number;
        listen->path = join("/", text, number);
        listen->mode = one_in(random, 2) ? CONFIG_SOCKET_MODE : (mode_t)random_below(random, 01000);
        listen->owner = one_in(random, 3) ? strdup("Domain User") : NULL;
        listen->group = one_in(random, 3) ? strdup("sasl") : NULL;
        listen->name = one_in(random, 2) ? join("", text, number) : NULL;
        listen->vm =
                one_in(random, 3) && config->identity.socket ? text_of(random, any_byte, 1) : NULL;
        listen->temporary = one_in(random, 3);
        for (size_t i = random_below(random, 3); i > 0; i--) {
                Item *item = add_item(&listen->allow);

                fill_peer(random, item);
                item->exclude = one_in(random, 3);
        }
        free(text);
}

static void add_argument(BackendConfig *backend, const char *key, const char *value)
{
        if (backend_add_argument(backend, key, value) < 0)
                abort();
}

static void add_arguments(BackendConfig *backend, Random *random)
{
        char *text = text_of(random, any_byte, 0), *path = join("/", text, 1);

        if (strcmp(backend->mechanism->name, "pam") == 0) {
                add_argument(backend, "services", one_in(random, 2) ? "spice" : "imap,smtp");
                if (one_in(random, 3))
                        add_argument(backend, "service", "x-%s");
                if (one_in(random, 3))
                        add_argument(backend, "pin", "no");
        } else if (strcmp(backend->mechanism->name, "sasldb") == 0) {
                if (one_in(random, 2))
                        add_argument(backend, "path", path);
                if (one_in(random, 2))
                        add_argument(backend, "default-realm", "r\"\\#=");
        } else if (strcmp(backend->mechanism->name, "program") == 0) {
                add_argument(backend, "command", path);
        }
        free(path);
        free(text);
}

static uint64_t some_duration(Random *random)
{
        return one_in(random, 2) ? 0 : 1000 * (1 + random_below(random, 100000));
}

static BackendConfig *add_backend(Config *config, const char *mechanism, char *name)
{
        BackendConfig *backend = own(config_add_backend(config));

        backend->name = name;
        backend->mechanism = mechanism_find(mechanism);
        backend->jobs_limit = backend->mechanism->jobs_per_worker;
        return backend;
}

static void generate_backend(Config *config, Random *random)
{
        static const char *const mechanisms[] = {"sasldb", "pam", "shadow", "getpwent", "program"};
        unsigned number = (unsigned)config->backend_count;
        BackendConfig *backend = add_backend(config, mechanisms[random_below(random, 5)],
                join("", one_in(random, 2) ? "sasldb." : "b-", number));

        backend->place.line = number + 1;
        add_arguments(backend, random);
        if (one_in(random, 2))
                backend->workers = 1 + (unsigned)random_below(random, 1024);
        if (one_in(random, 2))
                backend->jobs_limit = 1 + (unsigned)random_below(random, 1000000);
        backend->deadline_usec = some_duration(random);
}

static void generate_identity(Config *config, Random *random)
{
        IdentityConfig *identity = &config->identity;

        if (one_in(random, 2))
                return;
        *identity = (IdentityConfig){.place.line = 1, .socket = one_in(random, 2)};
        for (unsigned i = 0; i < PEER_SOURCES; i++)
                identity->sources[i] = one_in(random, 2);
        if (!identity->sources[PEER_SOURCE_CMDLINE]) {
                identity->sources[PEER_SOURCE_LIBVIRT] |= !identity->sources[PEER_SOURCE_MACHINED];
                return;
        }
        identity->uid_count = 1 + random_below(random, 3);
        identity->uids = own(calloc(identity->uid_count, sizeof(uid_t)));
        for (size_t i = 0; i < identity->uid_count; i++)
                identity->uids[i] = (uid_t)random_below(random, UINT32_MAX);
}

/* One that is written, or one that is known by its own name and then is there from now on. */
static unsigned some_backend(Config *config, Random *random)
{
        static const char *const own_names[] = {"sasldb", "shadow", "getpwent"};
        const char *name = own_names[random_below(random, 3)];
        int index;

        if (config->backend_count > 0 && !one_in(random, 3))
                return (unsigned)random_below(random, config->backend_count);
        index = config_find_backend(config, name);
        if (index < 0) {
                (void)add_backend(config, name, strdup(name));
                index = (int)config->backend_count - 1;
        }
        return (unsigned)index;
}

static bool is_in_chain(const Rule *rule, unsigned backend)
{
        for (size_t i = 0; i < rule->backend_count; i++)
                if (rule->backends[i] == backend)
                        return true;
        return false;
}

static void generate_chain(Config *config, Random *random, Rule *rule)
{
        size_t count = 1 + random_below(random, 3);

        rule->backends = own(calloc(count, sizeof(*rule->backends)));
        for (size_t i = 0; i < count; i++) {
                unsigned backend = some_backend(config, random);

                if (!is_in_chain(rule, backend))
                        rule->backends[rule->backend_count++] = backend;
        }
}

static Condition *add_condition(Rule *rule, ConditionKind kind)
{
        rule->conditions =
                own(reallocarray(rule->conditions, rule->condition_count + 1, sizeof(Condition)));
        rule->conditions[rule->condition_count] = (Condition){.kind = kind};
        return &rule->conditions[rule->condition_count++];
}

/* from= counts only where peer= says who may say it. */
static void generate_conditions(Config *config, Random *random, bool lookups, Rule *rule)
{
        for (ConditionKind kind = 0; kind < CONDITION_KINDS; kind++) {
                Condition *condition;

                if (!one_in(random, 3) ||
                        (kind == CONDITION_FROM && !rule_condition(rule, CONDITION_PEER)))
                        continue;
                condition = add_condition(rule, kind);
                generate_items(config, random, kind, lookups, &condition->list);
                if (kind == CONDITION_PEER)
                        condition->list.items[0].exclude = false;
        }
}

static void generate_rule(Config *config, Random *random)
{
        Rule *rule = own(config_add_rule(config));

        rule->place.line = rule->number;
        rule->permit = !one_in(random, 3);
        rule->temporary = one_in(random, 3);
        generate_conditions(config, random, true, rule);
        if (!rule->permit) {
                rule->reason =
                        one_in(random, 2) ? text_with_tokens(random, " \"\\,ab", typed) : NULL;
                return;
        }
        generate_chain(config, random, rule);
        rule->as = one_in(random, 3) ? text_with_tokens(random, " \"\\,#=ab", typed) : NULL;
        rule->deadline_usec = some_duration(random);
        rule->cache_usec = some_duration(random);
        rule->stale_usec = some_duration(random);
        rule->next_if_unavailable = one_in(random, 3);
        if (rule_condition(rule, CONDITION_USER) || one_in(random, 3)) /* it may be realm-keyed */
                rule->as_realm =
                        one_in(random, 4) ? strdup("") : text_with_tokens(random, name_byte, typed);
}

static void generate_penalty(Config *config, Random *random)
{
        Penalty *penalty = own(config_add_penalty(config));

        generate_conditions(config, random, false, &penalty->rule);
        penalty->none = one_in(random, 3);
        if (penalty->none)
                return;
        if (one_in(random, 2))
                penalty->limits.after = 1 + (unsigned)random_below(random, PENALTY_AFTER_MAX);
        if (one_in(random, 2))
                penalty->limits.every_usec = USEC_PER_MSEC * (1 + random_below(random, 100000));
}

void config_generate(Config *config, Random *random)
{
        config_init(config);
        if (config_add_file(config, "generated") < 0)
                abort();
        generate_identity(config, random);
        for (size_t i = random_below(random, 4); i > 0; i--)
                generate_listen(config, random);
        for (size_t i = random_below(random, 4); i > 0; i--)
                generate_backend(config, random);
        for (size_t i = random_below(random, 2 * CONDITION_KINDS); i > 0; i--)
                generate_group(config, random);
        for (size_t i = random_below(random, 5); i > 0; i--)
                generate_rule(config, random);
        for (size_t i = random_below(random, 4); i > 0; i--)
                generate_penalty(config, random);
        if (config->listen_count == 0) {
                ListenConfig *listen = own(config_add_listen(config));

                listen->path = strdup("/run/sasl2/mux");
                listen->mode = CONFIG_SOCKET_MODE;
        }
        if (config_complete(config) < 0)
                abort();
}
