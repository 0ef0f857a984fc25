/* SPDX-License-Identifier: BSD-2-Clause */
#include "config_print.h"

#include "daemon/duration.h"

#include <string.h>

static void put_quoted(const char *text, FILE *out)
{
        (void)fputc('"', out);
        for (; *text; text++) {
                if (*text == '"' || *text == '\\')
                        (void)fputc('\\', out);
                (void)fputc(*text, out);
        }
        (void)fputc('"', out);
}

/* Text for which quotes make no difference but to what separates words. */
static void put_text(const char *text, FILE *out)
{
        if (strpbrk(text, " \t\"\\,#=") || text[0] == '\0')
                put_quoted(text, out);
        else
                (void)fputs(text, out);
}

static void put_option(const char *key, const char *text, FILE *out)
{
        if (!text)
                return;
        (void)fprintf(out, " %s=", key);
        put_text(text, out);
}

static void put_duration(const char *key, uint64_t usec, FILE *out)
{
        if (usec > 0)
                (void)fprintf(out, " %s=%llums", key, usec / USEC_PER_MSEC);
}

static const char *item_prefix(const Item *item)
{
        static const char *const prefixes[] = {
                [ITEM_UUID] = "uuid:",
                [ITEM_GROUP] = "@",
                [ITEM_NSS_GROUP] = "@",
                [ITEM_BACKEND_GROUP] = "@",
                [ITEM_UID] = "uid:",
                [ITEM_UNIT] = "unit:",
                [ITEM_DATE] = NULL,
        };

        return prefixes[item->kind] ? prefixes[item->kind] : "";
}

static void put_items(const ItemList *list, FILE *out)
{
        for (size_t i = 0; i < list->count; i++) {
                const Item *item = &list->items[i];

                (void)fprintf(out, "%s%s%s", i > 0 ? "," : "", item->exclude ? "!" : "",
                        item_prefix(item));
                if (item->quoted)
                        put_quoted(item->text, out);
                else
                        (void)fputs(item->text, out);
        }
}

static void put_listen(const ListenConfig *listen, bool all, FILE *out)
{
        (void)fputs("listen ", out);
        put_text(listen->path, out);
        put_option("owner", listen->owner, out);
        put_option("group", listen->group, out);
        if (all || listen->mode != CONFIG_SOCKET_MODE)
                (void)fprintf(out, " mode=0%o", listen->mode);
        put_option("name", listen->name, out);
        if (listen->vm) {
                (void)fputs(" vm=", out);
                put_quoted(listen->vm, out);
        }
        if (listen->allow.count > 0) {
                (void)fputs(" allow=", out);
                put_items(&listen->allow, out);
        }
        if (listen->temporary)
                (void)fputs(" unavailable=temporary", out);
        (void)fputc('\n', out);
}

/* What the mechanism is told unless the option is there, as "path=/etc/sasldb2"; it is one only
 * where a configuration may write it. */
static void put_default_argument(const BackendConfig *backend, FILE *out)
{
        const Mechanism *mechanism = backend->mechanism;
        size_t key = mechanism->argument ? strcspn(mechanism->argument, "=") : 0;

        if (key == 0 || !mechanism->option_key ||
                strncmp(mechanism->argument, mechanism->option_key, key) != 0)
                return;
        for (size_t i = 0; i < backend->argument_count; i++)
                if (strncmp(backend->arguments[i], mechanism->argument, key + 1) == 0)
                        return;
        (void)fprintf(out, " %.*s=", (int)key, mechanism->argument);
        put_quoted(mechanism->argument + key + 1, out);
}

static void put_backend(const BackendConfig *backend, bool all, FILE *out)
{
        (void)fprintf(out, "backend %s %s", backend->name, backend->mechanism->name);
        for (size_t i = 0; i < backend->argument_count; i++) {
                const char *argument = backend->arguments[i];
                size_t key = strcspn(argument, "=");

                (void)fprintf(out, " %.*s=", (int)key, argument);
                put_quoted(argument + key + 1, out);
        }
        if (all)
                put_default_argument(backend, out);
        if (all || backend->workers != CONFIG_WORKERS_DEFAULT)
                (void)fprintf(out, " workers=%u", backend->workers);
        if (all || backend->jobs_limit != backend->mechanism->jobs_per_worker)
                (void)fprintf(out, " jobs=%u", backend->jobs_limit);
        put_duration("deadline", backend->deadline_usec, out);
        (void)fputc('\n', out);
}

static void put_identity(const IdentityConfig *identity, FILE *out)
{
        (void)fputs("identity", out);
        for (unsigned i = 0; i < PEER_SOURCES; i++)
                if (identity->sources[i])
                        (void)fprintf(out, " %s", peer_source_name(i));
        if (identity->socket)
                (void)fputs(" socket", out);
        for (size_t i = 0; i < identity->uid_count; i++)
                (void)fprintf(out, "%s%u", i > 0 ? "," : " uid=", identity->uids[i]);
        (void)fputc('\n', out);
}

static void put_backends(const Config *config, const Rule *rule, FILE *out)
{
        for (size_t i = 0; i < rule->backend_count; i++)
                (void)fprintf(out, "%s%s",
                        i > 0 ? "," : " with=", config->backends[rule->backends[i]].name);
}

void config_print_condition(const Condition *condition, FILE *out)
{
        (void)fprintf(out, "%s=", condition_name(condition->kind));
        put_items(&condition->list, out);
}

static void put_conditions(const Rule *rule, FILE *out)
{
        for (size_t i = 0; i < rule->condition_count; i++) {
                (void)fputc(' ', out);
                config_print_condition(&rule->conditions[i], out);
        }
}

static void put_penalty(const Penalty *penalty, FILE *out)
{
        const PenaltyLimits *limits = &penalty->limits;

        (void)fputs(penalty->none ? "penalty none" : "penalty", out);
        if (limits->after != PENALTY_LIMITS_DEFAULT.after)
                (void)fprintf(out, " after=%u", limits->after);
        if (limits->every_usec != PENALTY_LIMITS_DEFAULT.every_usec)
                put_duration("every", limits->every_usec, out);
        put_conditions(&penalty->rule, out);
        (void)fputc('\n', out);
}

void config_print_rule_options(const Rule *rule, FILE *out)
{
        put_option("as", rule->as, out);
        put_option("as-realm", rule->as_realm, out);
        put_duration("deadline", rule->deadline_usec, out);
        put_duration("cache", rule->cache_usec, out);
        put_duration("stale", rule->stale_usec, out);
        if (rule->next_if_unavailable)
                (void)fputs(" on-unavailable=next", out);
        if (rule->temporary)
                (void)fputs(" unavailable=temporary", out);
        put_option("reason", rule->reason, out);
}

void config_print_rule(const Config *config, const Rule *rule, FILE *out)
{
        (void)fputs(rule->permit ? "permit" : "deny", out);
        put_conditions(rule, out);
        put_backends(config, rule, out);
        config_print_rule_options(rule, out);
}

static void print(const Config *config, bool all, FILE *out)
{
        if (all || config->identity.place.line > 0)
                put_identity(&config->identity, out);
        for (size_t i = 0; i < config->listen_count; i++)
                if (all || config->listens[i].place.line > 0)
                        put_listen(&config->listens[i], all, out);
        for (size_t i = 0; i < config->backend_count; i++)
                if ((all && !config->backends[i].mechanism->internal) ||
                        config->backends[i].place.line > 0)
                        put_backend(&config->backends[i], all, out);
        for (size_t i = 0; i < config->group_count; i++) {
                (void)fprintf(out, "group %s ", config->groups[i]->name);
                put_items(&config->groups[i]->words, out);
                (void)fputc('\n', out);
        }
        for (size_t i = 0; i < config->penalty_count; i++)
                put_penalty(&config->penalties[i], out);
        for (size_t i = 0; i < config->rule_count; i++) {
                config_print_rule(config, &config->rules[i], out);
                (void)fputc('\n', out);
        }
}

void config_print(const Config *config, FILE *out)
{
        print(config, false, out);
}

void config_print_all(const Config *config, FILE *out)
{
        print(config, true, out);
}
