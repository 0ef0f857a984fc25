/* SPDX-License-Identifier: BSD-2-Clause */
#include "axes.h"

#include "daemon/cli/groups.h"
#include "daemon/cli/output.h"
#include "daemon/pam_backend.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <stdlib.h>
#include <string.h>

static AxisEntry *find(Axis *axis, AxisKind kind, const char *label)
{
        for (size_t i = 0; i < axis->count; i++)
                if (axis->entries[i].kind == kind && strcmp(axis->entries[i].label, label) == 0)
                        return &axis->entries[i];
        return NULL;
}

/* The entry of that kind and label, which is added if it is not there. */
static AxisEntry *add(Axis *axis, AxisKind kind, const char *label, const char *text)
{
        AxisEntry *entry = find(axis, kind, label);
        AxisEntry *grown;

        if (entry)
                return entry;
        grown = reallocarray(axis->entries, axis->count + 1, sizeof(AxisEntry));
        if (!grown)
                output_no_memory();
        axis->entries = grown;
        entry = &grown[axis->count++];
        *entry = (AxisEntry){
                .kind = kind,
                .label = output_format("%s", label),
                .text = output_format("%s", text),
        };
        return entry;
}

static void entry_deinit(AxisEntry *entry)
{
        free(entry->label);
        free(entry->text);
        free(entry->uuid);
}

static void add_group(Axis *axis, const Item *item)
{
        _cleanup_(free_pointer) char *label = output_format("@%s", item->text);
        char **logins = NULL;
        size_t count = 0;
        bool resolved = item->kind == ITEM_NSS_GROUP && !item->has_tokens &&
                        groups_members(item->text, &logins, &count);

        for (size_t i = 0; i < count; i++) {
                (void)add(axis, AXIS_TEXT, logins[i], logins[i]);
                free(logins[i]);
        }
        free(logins);
        if (!resolved)
                add(axis, AXIS_GROUP, label, item->text)->has_tokens = item->has_tokens;
}

/* An address of the network, with a port as libsasl sends it. */
static void add_network(Axis *axis, const Item *item)
{
        _cleanup_(free_pointer) char *client =
                output_format("%.*s;0", (int)strcspn(item->text, "/"), item->text);

        (void)add(axis, AXIS_TEXT, item->text, client);
}

static void add_uuid(Axis *axis, const Item *item)
{
        _cleanup_(free_pointer) char *label = output_format("uuid:%.8s-%.4s-%.4s-%.4s-%.12s",
                item->text, item->text + 8, item->text + 12, item->text + 16, item->text + 20);
        AxisEntry *entry = add(axis, AXIS_UUID, label, item->text);

        if (!entry->uuid)
                entry->uuid = output_format("%s", item->text);
}

static void add_items(Axis *axis, const ItemList *list)
{
        for (size_t i = 0; i < list->count; i++) {
                const Item *item = &list->items[i];

                switch (item->kind) {
                case ITEM_EXACT:
                        add(axis, AXIS_TEXT, item->text, item->text)->has_tokens |=
                                item->has_tokens;
                        break;
                case ITEM_GLOB:
                        add(axis, AXIS_GLOB, item->text, item->text)->has_tokens = item->has_tokens;
                        break;
                case ITEM_GROUP: add_items(axis, item->members); break;
                case ITEM_NSS_GROUP:
                case ITEM_BACKEND_GROUP: add_group(axis, item); break;
                case ITEM_NETWORK: add_network(axis, item); break;
                case ITEM_UUID: add_uuid(axis, item); break;
                default: break;
                }
        }
}

/* The sockets that there are, not those that rules name. */
static void add_sockets(Axis *sockets, const Config *config)
{
        for (size_t i = 0; i < config->listen_count; i++) {
                const ListenConfig *listen = &config->listens[i];

                if (listen->name)
                        add(sockets, AXIS_TEXT, listen->name, listen->name)->vm = listen->vm;
                else if (!listen->vm)
                        (void)add(sockets, AXIS_NONE, "", "");
        }
}

static void add_listens(Axes *axes, const Config *config)
{
        for (size_t i = 0; i < config->listen_count; i++) {
                const ListenConfig *listen = &config->listens[i];

                if (listen->vm)
                        (void)add(&axes->vms, AXIS_TEXT, listen->vm, listen->vm);
        }
}

static bool is_about(const Rule *rule, Bytes service)
{
        const Condition *condition = rule_condition(rule, CONDITION_SERVICE);
        const Facts facts = {.service = service};

        return !condition || condition_match(condition, &facts) == TRI_TRUE;
}

/* Of services that the rule does not name, those that its first backend does are not as others. */
static void add_backend_services(Axis *services, const Config *config, const Rule *rule)
{
        const BackendConfig *backend =
                rule->backend_count > 0 ? &config->backends[rule->backends[0]] : NULL;
        Bytes rest = backend && strcmp(backend->mechanism->name, "pam") == 0
                             ? bytes_from_string(backend_argument(backend, "services"))
                             : BYTES_EMPTY;

        while (rest.size > 0) {
                _cleanup_(free_pointer) char *text = NULL;
                Bytes service;

                if (!pam_backend_asked_as(backend, scan_part(&rest, ','), &service) ||
                        service.size == 0 || !is_about(rule, service))
                        continue;
                text = output_format("%.*s", (int)service.size, (const char *)service.data);
                (void)add(services, AXIS_TEXT, text, text);
        }
}

void axes_add_config(Axes *axes, const Config *config)
{
        Axis *const by_kind[CONDITION_KINDS] = {
                [CONDITION_SERVICE] = &axes->services,
                [CONDITION_VM] = &axes->vms,
                [CONDITION_USER] = &axes->users,
                [CONDITION_REALM] = &axes->realms,
                [CONDITION_FROM] = &axes->clients,
        };

        for (size_t i = 0; i < config->rule_count; i++) {
                const Rule *rule = &config->rules[i];

                for (size_t c = 0; c < rule->condition_count; c++)
                        if (by_kind[rule->conditions[c].kind])
                                add_items(by_kind[rule->conditions[c].kind],
                                        &rule->conditions[c].list);
                if (rule_condition(rule, CONDITION_SOCKET))
                        add_sockets(&axes->sockets, config);
                add_backend_services(&axes->services, config, rule);
        }
        add_listens(axes, config);
}

void axes_add_domains(Axes *axes, const Domains *domains)
{
        for (size_t i = 0; i < domains->count; i++) {
                const Domain *domain = &domains->domains[i];
                AxisEntry *entry = add(&axes->vms, AXIS_TEXT, domain->name, domain->name);

                entry->running = domain->running;
                if (domain->uuid && !entry->uuid)
                        entry->uuid = output_format("%s", domain->uuid);
        }
}

void axes_add_word(Axis *axis, const char *word)
{
        for (size_t i = 0; i < axis->count; i++)
                if (strcmp(axis->entries[i].label, word) == 0)
                        return;
        (void)add(axis, AXIS_TEXT, word, word);
}

static void remove_entry(Axis *axis, size_t at)
{
        entry_deinit(&axis->entries[at]);
        axis->count--;
        memmove(&axis->entries[at], &axis->entries[at + 1], (axis->count - at) * sizeof(AxisEntry));
}

/* A UUID whose VM is here stands under its name. */
static bool is_known_by_name(const Axis *vms, const AxisEntry *uuid)
{
        for (size_t i = 0; i < vms->count; i++)
                if (vms->entries[i].kind == AXIS_TEXT && vms->entries[i].uuid &&
                        strcmp(vms->entries[i].uuid, uuid->uuid) == 0)
                        return true;
        return false;
}

void axes_complete(Axes *axes)
{
        for (size_t i = axes->vms.count; i > 0; i--)
                if (axes->vms.entries[i - 1].kind == AXIS_UUID &&
                        is_known_by_name(&axes->vms, &axes->vms.entries[i - 1]))
                        remove_entry(&axes->vms, i - 1);
        (void)add(&axes->users, AXIS_OTHER, "anybody else", "");
        (void)add(&axes->services, AXIS_OTHER, "any other", "");
        (void)add(&axes->vms, AXIS_OTHER, "any other VM", "");
        (void)add(&axes->vms, AXIS_NONE, "no VM", "");
        if (axes->realms.count > 0)
                (void)add(&axes->realms, AXIS_OTHER, "another realm", "");
        if (axes->clients.count > 0)
                (void)add(&axes->clients, AXIS_OTHER, "another address", "");
}

void axes_keep(Axis *axis, const char *const *labels, size_t count)
{
        for (size_t i = axis->count; i > 0 && count > 0; i--) {
                bool wanted = false;

                for (size_t w = 0; w < count; w++)
                        wanted |= strcmp(axis->entries[i - 1].label, labels[w]) == 0;
                if (!wanted)
                        remove_entry(axis, i - 1);
        }
}

void axes_deinit(Axes *axes)
{
        Axis *const all[] = {&axes->users, &axes->services, &axes->vms, &axes->realms,
                &axes->sockets, &axes->clients};

        for (size_t a = 0; a < sizeof(all) / sizeof(all[0]); a++) {
                for (size_t i = 0; i < all[a]->count; i++)
                        entry_deinit(&all[a]->entries[i]);
                free(all[a]->entries);
        }
}
