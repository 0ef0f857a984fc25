/* SPDX-License-Identifier: BSD-2-Clause */
#include "suggestion.h"

#include "daemon/cli/output.h"
#include "daemon/pam_backend.h"
#include "daemon/ruling.h"
#include "daemon/template.h"

#include <string.h>

/* What a word may hold without quotes and mean just itself, wherever it stands. */
static bool is_plain(const char *text)
{
        for (const char *p = text; *p; p++)
                if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+",
                            *p) &&
                        !((uint8_t)*p & 0x80) && !(*p == '@' && p > text))
                        return false;
        return *text && strcmp(text, "any") != 0 && strcmp(text, "none") != 0;
}

static Item *add_condition(Suggestion *suggestion, ConditionKind kind, ItemKind item_kind)
{
        size_t i = suggestion->rule.condition_count++;

        suggestion->items[i] = (Item){.kind = item_kind};
        suggestion->conditions[i] = (Condition){kind, {&suggestion->items[i], 1}};
        return &suggestion->items[i];
}

static void set_text(Suggestion *suggestion, Item *item, const char *text)
{
        item->text = suggestion->texts[suggestion->rule.condition_count - 1] =
                output_format("%s", text);
}

static void add_word(Suggestion *suggestion, ConditionKind kind, Bytes value)
{
        Item *item = add_condition(suggestion, kind, ITEM_EXACT);
        char *text = output_format("%.*s", (int)value.size, (const char *)value.data);

        set_text(suggestion, item, text);
        item->quoted = !is_plain(text);
        free(text);
}

static void add_vm(Suggestion *suggestion, const VmFact *vm)
{
        if (vm->state == VM_NONE)
                set_text(suggestion, add_condition(suggestion, CONDITION_VM, ITEM_NONE), "none");
        else if (vm->name)
                add_word(suggestion, CONDITION_VM, bytes_from_string(vm->name));
        else
                set_text(suggestion, add_condition(suggestion, CONDITION_VM, ITEM_UUID), vm->uuid);
}

static bool is_expandable(const char *template, const Facts *facts)
{
        char expanded[RULING_NAME_SIZE];

        return !template ||
               template_expand(template, facts, expanded, sizeof(expanded)) == TEMPLATE_DONE;
}

static void take_chain(Suggestion *suggestion, const Rule *closest, const Facts *facts)
{
        suggestion->rule.backends = closest->backends;
        suggestion->rule.backend_count = closest->backend_count;
        if (!is_expandable(closest->as, facts) || !is_expandable(closest->as_realm, facts))
                return;
        suggestion->rule.as = closest->as;
        suggestion->rule.as_realm = closest->as_realm;
}

static bool is_barred(const Config *config, const Rule *rule, const Facts *facts)
{
        char reason[PAM_REASON_SIZE];

        return pam_backend_bars(config, rule, facts->service, reason);
}

/* Without any permit: the first backend that is there, or the one that needs no preparation. */
static void choose_backend(Suggestion *suggestion, const Config *config, const Facts *facts)
{
        suggestion->rule.backends = &suggestion->backend;
        suggestion->rule.backend_count = 1;
        for (unsigned i = 0; i < config->backend_count; i++) {
                suggestion->backend = i;
                if (!config->backends[i].mechanism->internal &&
                        !is_barred(config, &suggestion->rule, facts))
                        return;
        }
        suggestion->backend = 0;
        suggestion->stand_in = (BackendConfig){
                .name = (char *)"sasldb",
                .mechanism = mechanism_find("sasldb"),
                .realm_keyed = true,
        };
        suggestion->config = (Config){.backends = &suggestion->stand_in, .backend_count = 1};
}

/* There alice@a and alice@b are two people, and a rule has to say whom it means. */
static bool needs_realm(const Suggestion *suggestion, const Facts *facts)
{
        const Rule *rule = &suggestion->rule;

        if (rule->as_realm || bytes_contain(facts->login, '@'))
                return false;
        for (size_t i = 0; i < rule->backend_count; i++)
                if (suggestion->config.backends[rule->backends[i]].realm_keyed)
                        return true;
        return false;
}

bool suggestion_init(
        Suggestion *suggestion, const Config *config, const Rule *closest, const Facts *facts)
{
        *suggestion = (Suggestion){
                .rule = {.permit = true, .conditions = suggestion->conditions},
                .config = {.backends = config->backends, .backend_count = config->backend_count},
        };
        if (facts->vm.state == VM_UNDECIDED)
                return false;
        if (closest && !is_barred(config, closest, facts))
                take_chain(suggestion, closest, facts);
        else
                choose_backend(suggestion, config, facts);
        add_word(suggestion, CONDITION_SERVICE, facts->service);
        add_vm(suggestion, &facts->vm);
        if (needs_realm(suggestion, facts))
                add_word(suggestion, CONDITION_REALM, facts->realm);
        add_word(suggestion, CONDITION_USER, facts->login);
        return true;
}

void suggestion_deinit(Suggestion *suggestion)
{
        for (size_t i = 0; i < sizeof(suggestion->texts) / sizeof(suggestion->texts[0]); i++)
                free(suggestion->texts[i]);
}
