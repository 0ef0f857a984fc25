/* SPDX-License-Identifier: BSD-2-Clause */
#include "condition.h"

#include "daemon/template.h"
#include "proto/request.h"

#include <fnmatch.h>
#include <stdlib.h>

#define TEXT_MAX    2048u                    /* of an expanded item, with its NUL */
#define SUBJECT_MAX (2u * MUX_NAME_MAX + 2u) /* "login@realm", with its NUL */

static Tri tri_of(bool value)
{
        return value ? TRI_TRUE : TRI_FALSE;
}

/* What a value of the VM is if the item does not say it. */
static Tri without_vm_value(const Facts *facts)
{
        return facts->vm.state == VM_NONE ? TRI_FALSE : TRI_UNDECIDED;
}

/* Whether the words of an item are a pattern and not text. */
static bool is_pattern(const Item *item)
{
        return !item->quoted && (item->kind == ITEM_GLOB || item->kind == ITEM_UNIT);
}

/* Gives the text to compare with and TRI_TRUE, or what the item is because there is none. */
static Tri item_text(const Item *item, const Facts *facts, char *buffer, const char **text)
{
        TemplateOutcome outcome;

        *text = item->text;
        if (!item->has_tokens)
                return TRI_TRUE;
        *text = buffer;
        outcome = is_pattern(item) ? template_expand_pattern(item->text, facts, buffer, TEXT_MAX)
                                   : template_expand(item->text, facts, buffer, TEXT_MAX);
        if (outcome == TEMPLATE_NO_VALUE)
                return without_vm_value(facts);
        return outcome == TEMPLATE_DONE ? TRI_TRUE : TRI_UNDECIDED;
}

/* fnmatch(3) sees a subject only up to its first NUL: one with a NUL cannot be told. */
static Tri match_pattern(const char *pattern, Bytes subject)
{
        char string[SUBJECT_MAX];

        if (!bytes_to_string(subject, string, sizeof(string)))
                return TRI_UNDECIDED;
        switch (fnmatch(pattern, string, 0)) {
        case 0: return TRI_TRUE;
        case FNM_NOMATCH: return TRI_FALSE;
        default: return TRI_UNDECIDED;
        }
}

static Tri match_subject(const Item *item, const Facts *facts, Bytes subject)
{
        char buffer[TEXT_MAX];
        const char *text;
        Tri has_text = item_text(item, facts, buffer, &text);

        if (has_text != TRI_TRUE)
                return has_text;
        return is_pattern(item) ? match_pattern(text, subject)
                                : tri_of(bytes_equal_string(subject, text));
}

static Tri match_service(const Item *item, const Facts *facts)
{
        return match_subject(item, facts, facts->service);
}

static Tri match_socket(const Item *item, const Facts *facts)
{
        if (!facts->socket)
                return TRI_FALSE;
        return match_subject(item, facts, bytes_from_string(facts->socket));
}

static Tri match_realm(const Item *item, const Facts *facts)
{
        return match_subject(item, facts, facts->realm);
}

static Tri match_vm_name(const Item *item, const Facts *facts)
{
        if (facts->vm.state != VM_KNOWN || !facts->vm.name)
                return without_vm_value(facts);
        return match_subject(item, facts, bytes_from_string(facts->vm.name));
}

static Tri match_login_at_realm(const Item *item, const Facts *facts)
{
        uint8_t joined[SUBJECT_MAX];
        size_t size = facts->login.size + 1 + facts->realm.size;

        if (size >= sizeof(joined))
                return TRI_UNDECIDED;
        if (facts->login.size > 0)
                memcpy(joined, facts->login.data, facts->login.size);
        joined[facts->login.size] = '@';
        if (facts->realm.size > 0)
                memcpy(joined + facts->login.size + 1, facts->realm.data, facts->realm.size);
        return match_subject(item, facts, (Bytes){joined, size});
}

/* What counts is the @ in the file: a VM whose name holds one does not turn a word for logins into
 * one for logins with realms. */
static Tri match_user(const Item *item, const Facts *facts)
{
        Tri value;

        if (!strchr(item->text, '@'))
                return match_subject(item, facts, facts->login);
        value = match_login_at_realm(item, facts);
        if (bytes_contain(facts->login, '@'))
                value = tri_or(value, match_subject(item, facts, facts->login));
        return value;
}

static bool was_sent_client(const Facts *facts)
{
        return facts->client.size > 0;
}

typedef struct Field {
        const char *name;
        /* an item that is a text or a glob; NULL: there are none */
        Tri (*match_words)(const Item *item, const Facts *facts);
        /* whether there is anything to hold, whatever the items are; NULL: always */
        bool (*is_given)(const Facts *facts);
} Field;

static const Field fields[CONDITION_KINDS] = {
        [CONDITION_SERVICE] = {"service", match_service, NULL},
        [CONDITION_SOCKET] = {"socket", match_socket, NULL},
        [CONDITION_UNTIL] = {"until", NULL, NULL},
        [CONDITION_PEER] = {"peer", NULL, NULL},
        [CONDITION_VM] = {"vm", match_vm_name, NULL},
        [CONDITION_REALM] = {"realm", match_realm, NULL},
        [CONDITION_FROM] = {"from", NULL, was_sent_client},
        [CONDITION_USER] = {"user", match_user, NULL},
};

static Tri match_words(const Item *item, ConditionKind kind, const Facts *facts)
{
        return fields[kind].match_words ? fields[kind].match_words(item, facts) : TRI_UNDECIDED;
}

static Tri match_any(const Item *item, ConditionKind kind, const Facts *facts)
{
        (void)item;
        (void)kind;
        return facts->vm.state == VM_KNOWN ? TRI_TRUE : without_vm_value(facts);
}

static Tri match_none(const Item *item, ConditionKind kind, const Facts *facts)
{
        return tri_not(match_any(item, kind, facts));
}

static Tri match_uuid(const Item *item, ConditionKind kind, const Facts *facts)
{
        (void)kind;
        if (facts->vm.state != VM_KNOWN || !facts->vm.uuid)
                return without_vm_value(facts);
        return tri_of(strcmp(item->text, facts->vm.uuid) == 0);
}

static Tri match_list(const ItemList *list, ConditionKind kind, const Facts *facts);

static Tri match_group(const Item *item, ConditionKind kind, const Facts *facts)
{
        return match_list(item->members, kind, facts);
}

/* Asks for the group of the backend, -1 = of the system, whose name begins at that offset. */
static Tri look_up(const Item *item, const Facts *facts, int backend, size_t name_at)
{
        char buffer[TEXT_MAX];
        const char *text;
        Tri has_text = item_text(item, facts, buffer, &text);

        if (has_text != TRI_TRUE)
                return has_text;
        return facts->is_member(facts->userdata, facts->login, backend, text + name_at);
}

static Tri match_nss_group(const Item *item, ConditionKind kind, const Facts *facts)
{
        (void)kind;
        return look_up(item, facts, -1, 0);
}

static Tri match_backend_group(const Item *item, ConditionKind kind, const Facts *facts)
{
        (void)kind;
        return look_up(item, facts, item->backend.index, item->backend.name_at);
}

static Tri match_network(const Item *item, ConditionKind kind, const Facts *facts)
{
        (void)kind;
        if (!network_is_client(facts->client))
                return TRI_UNDECIDED;
        return tri_of(network_contains(&item->network, facts->client));
}

static Tri match_uid(const Item *item, ConditionKind kind, const Facts *facts)
{
        (void)kind;
        return facts->uid_known ? tri_of(facts->uid == item->uid) : TRI_UNDECIDED;
}

static Tri match_unit(const Item *item, ConditionKind kind, const Facts *facts)
{
        (void)kind;
        if (!facts->unit_known)
                return TRI_UNDECIDED;
        return facts->unit ? match_subject(item, facts, bytes_from_string(facts->unit)) : TRI_FALSE;
}

static Tri match_date(const Item *item, ConditionKind kind, const Facts *facts)
{
        (void)kind;
        return tri_of(facts->now < item->end);
}

static Tri (*const matchers[])(const Item *item, ConditionKind kind, const Facts *facts) = {
        [ITEM_EXACT] = match_words,
        [ITEM_GLOB] = match_words,
        [ITEM_ANY] = match_any,
        [ITEM_NONE] = match_none,
        [ITEM_UUID] = match_uuid,
        [ITEM_GROUP] = match_group,
        [ITEM_NSS_GROUP] = match_nss_group,
        [ITEM_BACKEND_GROUP] = match_backend_group,
        [ITEM_NETWORK] = match_network,
        [ITEM_UID] = match_uid,
        [ITEM_UNIT] = match_unit,
        [ITEM_DATE] = match_date,
};

static bool is_lookup(const Item *item)
{
        return item->kind == ITEM_NSS_GROUP || item->kind == ITEM_BACKEND_GROUP;
}

/* Which of the items of a list are meant. */
typedef struct Part {
        bool exclude;
        bool lookup;
} Part;

/* Adds the items of a part to a value, until it is true. */
static Tri match_part(
        Tri value, const ItemList *list, Part part, ConditionKind kind, const Facts *facts)
{
        for (size_t i = 0; i < list->count && value != TRI_TRUE; i++) {
                const Item *item = &list->items[i];

                if (item->exclude == part.exclude && is_lookup(item) == part.lookup)
                        value = tri_or(value, matchers[item->kind](item, kind, facts));
        }
        return value;
}

static bool has_exclusions_only(const ItemList *list)
{
        for (size_t i = 0; i < list->count; i++)
                if (!list->items[i].exclude)
                        return false;
        return list->count > 0;
}

/* Groups are looked up only where the other items leave it open what the list is. */
static Tri match_list(const ItemList *list, ConditionKind kind, const Facts *facts)
{
        Tri excluded = match_part(TRI_FALSE, list, (Part){.exclude = true}, kind, facts);
        Tri included = tri_of(has_exclusions_only(list));

        if (excluded == TRI_TRUE)
                return TRI_FALSE;
        included = match_part(included, list, (Part){.lookup = false}, kind, facts);
        included = match_part(included, list, (Part){.lookup = true}, kind, facts);
        if (included == TRI_FALSE)
                return TRI_FALSE;
        excluded = match_part(excluded, list, (Part){.exclude = true, .lookup = true}, kind, facts);
        return tri_and(included, tri_not(excluded));
}

const char *condition_name(ConditionKind kind)
{
        return fields[kind].name;
}

Tri condition_match(const Condition *condition, const Facts *facts)
{
        const Field *field = &fields[condition->kind];

        if (field->is_given && !field->is_given(facts))
                return TRI_FALSE;
        return match_list(&condition->list, condition->kind, facts);
}

bool condition_needs_lookup(const Condition *condition)
{
        for (size_t i = 0; i < condition->list.count; i++)
                if (is_lookup(&condition->list.items[i]))
                        return true;
        return false;
}

void item_list_deinit(ItemList *list)
{
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i].text);
        free(list->items);
        *list = (ItemList){NULL, 0};
}
