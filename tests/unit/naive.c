/* SPDX-License-Identifier: BSD-2-Clause */
#include "naive.h"

#include <stdlib.h>

#define GLYPHS_MAX 256

/* Whether a value may be true, and whether it may be false: one of them, or both. */
typedef struct May {
        bool hold;
        bool fail;
} May;

static const May yes = {true, false}, no = {false, true}, who_knows = {true, true};

typedef struct Glyph {
        char byte;
        bool wild; /* the byte is * or ? of a pattern */
} Glyph;

typedef struct Glyphs {
        Glyph glyphs[GLYPHS_MAX];
        size_t count;
} Glyphs;

static May may(bool value)
{
        return value ? yes : no;
}

static void add_text(Glyphs *glyphs, const char *text)
{
        for (; *text; text++)
                glyphs->glyphs[glyphs->count++] = (Glyph){*text, false};
}

static void add_uuid(Glyphs *glyphs, const char *digits)
{
        for (size_t i = 0; i < 32; i++) {
                if (i == 8 || i == 12 || i == 16 || i == 20)
                        add_text(glyphs, "-");
                add_text(glyphs, (char[]){digits[i], '\0'});
        }
}

/* Returns false if one of its tokens has no value. */
static bool read_glyphs(const Item *item, const Facts *facts, Glyphs *glyphs)
{
        bool pattern = item->kind == ITEM_GLOB || item->kind == ITEM_UNIT;
        bool known = facts->vm.state == VM_KNOWN;

        glyphs->count = 0;
        for (const char *p = item->text; *p; p++) {
                if (item->has_tokens && *p == '%') {
                        p++;
                        if (*p == '%')
                                add_text(glyphs, "%");
                        else if (*p == 'v' && known && facts->vm.name)
                                add_text(glyphs, facts->vm.name);
                        else if (*p == 'i' && known && facts->vm.uuid)
                                add_uuid(glyphs, facts->vm.uuid);
                        else
                                return false;
                        continue;
                }
                glyphs->glyphs[glyphs->count++] = (Glyph){*p, pattern && (*p == '*' || *p == '?')};
        }
        return true;
}

static bool glyphs_match(const Glyph *glyph, size_t count, Bytes rest)
{
        if (count == 0)
                return rest.size == 0;
        if (glyph->wild && glyph->byte == '*' && glyphs_match(glyph + 1, count - 1, rest))
                return true;
        if (rest.size == 0 || (!glyph->wild && (uint8_t)glyph->byte != rest.data[0]))
                return false;
        rest = (Bytes){rest.data + 1, rest.size - 1};
        if (glyph->wild && glyph->byte == '*')
                return glyphs_match(glyph, count, rest);
        return glyphs_match(glyph + 1, count - 1, rest);
}

static May unless_no_vm(const Facts *facts)
{
        return facts->vm.state == VM_NONE ? no : who_knows;
}

static May compare(const Item *item, const Facts *facts, Bytes subject)
{
        Glyphs glyphs;

        if (!read_glyphs(item, facts, &glyphs))
                return unless_no_vm(facts);
        if (item->kind != ITEM_EXACT && bytes_contain(subject, 0))
                return who_knows;
        return may(glyphs_match(glyphs.glyphs, glyphs.count, subject));
}

static May compare_user(const Item *item, const Facts *facts)
{
        uint8_t both[256];
        size_t size = facts->login.size;
        May with_realm, alone;

        if (!strchr(item->text, '@'))
                return compare(item, facts, facts->login);
        for (size_t i = 0; i < facts->login.size; i++)
                both[i] = facts->login.data[i];
        both[size++] = '@';
        for (size_t i = 0; i < facts->realm.size; i++)
                both[size++] = facts->realm.data[i];
        with_realm = compare(item, facts, (Bytes){both, size});
        alone = bytes_contain(facts->login, '@') ? compare(item, facts, facts->login) : no;
        return (May){with_realm.hold || alone.hold, with_realm.fail && alone.fail};
}

static May words(const Item *item, ConditionKind kind, const Facts *facts)
{
        switch (kind) {
        case CONDITION_SERVICE: return compare(item, facts, facts->service);
        case CONDITION_REALM: return compare(item, facts, facts->realm);
        case CONDITION_USER: return compare_user(item, facts);
        case CONDITION_SOCKET:
                return facts->socket ? compare(item, facts, bytes_from_string(facts->socket)) : no;
        case CONDITION_VM:
                if (facts->vm.state != VM_KNOWN || !facts->vm.name)
                        return unless_no_vm(facts);
                return compare(item, facts, bytes_from_string(facts->vm.name));
        default: abort();
        }
}

static May in_system_group(const Item *item, const Facts *facts)
{
        Glyphs glyphs;
        char name[GLYPHS_MAX];

        if (!read_glyphs(item, facts, &glyphs))
                return unless_no_vm(facts);
        for (size_t i = 0; i < glyphs.count; i++)
                name[i] = glyphs.glyphs[i].byte;
        name[glyphs.count] = '\0';
        switch (facts->is_member(facts->userdata, facts->login, -1, name)) {
        case TRI_TRUE: return yes;
        case TRI_FALSE: return no;
        default: return who_knows;
        }
}

static May list(const ItemList *items, ConditionKind kind, const Facts *facts);

static May one(const Item *item, ConditionKind kind, const Facts *facts)
{
        const VmFact *vm = &facts->vm;

        switch (item->kind) {
        case ITEM_ANY: return vm->state == VM_UNDECIDED ? who_knows : may(vm->state == VM_KNOWN);
        case ITEM_NONE: return vm->state == VM_UNDECIDED ? who_knows : may(vm->state == VM_NONE);
        case ITEM_UUID:
                if (vm->state != VM_KNOWN || !vm->uuid)
                        return unless_no_vm(facts);
                return may(strcmp(vm->uuid, item->text) == 0);
        case ITEM_GROUP: return list(item->members, kind, facts);
        case ITEM_NSS_GROUP: return in_system_group(item, facts);
        case ITEM_UID: return facts->uid_known ? may(facts->uid == item->uid) : who_knows;
        case ITEM_UNIT:
                if (!facts->unit_known)
                        return who_knows;
                return facts->unit ? compare(item, facts, bytes_from_string(facts->unit)) : no;
        case ITEM_DATE: return may(facts->now < item->end);
        default: return words(item, kind, facts);
        }
}

static May list(const ItemList *items, ConditionKind kind, const Facts *facts)
{
        May in = no, out = no;
        bool named = false;

        for (size_t i = 0; i < items->count; i++) {
                May value = one(&items->items[i], kind, facts);
                May *sum = items->items[i].exclude ? &out : &in;

                sum->hold |= value.hold;
                sum->fail &= value.fail;
                named |= !items->items[i].exclude;
        }
        if (!named && items->count > 0)
                in = yes;
        return (May){in.hold && out.fail, in.fail || out.hold};
}

/* All conditions but those of one kind. */
static May all(
        const Rule *rule, const Facts *facts, ConditionKind without, const Condition **undecided)
{
        May value = yes;

        *undecided = NULL;
        for (size_t i = 0; i < rule->condition_count; i++) {
                const Condition *condition = &rule->conditions[i];
                May part;

                if (condition->kind == without)
                        continue;
                part = list(&condition->list, condition->kind, facts);
                if (part.hold && part.fail && !*undecided)
                        *undecided = condition;
                value = (May){value.hold && part.hold, value.fail || part.fail};
        }
        return value;
}

Decision naive_decide(const Rule *rules, size_t count, const Facts *facts)
{
        for (size_t i = 0; i < count; i++) {
                const Condition *undecided;
                May value = all(&rules[i], facts, CONDITION_KINDS, &undecided);

                if (value.hold && value.fail)
                        return (Decision){&rules[i], TRI_UNDECIDED, undecided};
                if (value.hold)
                        return (Decision){&rules[i], TRI_TRUE, NULL};
        }
        return (Decision){NULL, TRI_FALSE, NULL};
}

static Tri cannot_tell(void *userdata, Bytes login, int backend, const char *group)
{
        (void)userdata;
        (void)login;
        (void)backend;
        (void)group;
        return TRI_UNDECIDED;
}

const Rule *naive_blame_vm(const Rule *rules, size_t count, const Facts *facts)
{
        Facts without_groups = *facts;

        without_groups.is_member = cannot_tell;
        for (size_t i = 0; i < count && i < 1000; i++) {
                const Condition *undecided;
                bool has_vm = false;

                for (size_t c = 0; c < rules[i].condition_count; c++)
                        has_vm |= rules[i].conditions[c].kind == CONDITION_VM;
                if (rules[i].permit && has_vm &&
                        !all(&rules[i], &without_groups, CONDITION_VM, &undecided).fail)
                        return &rules[i];
        }
        return NULL;
}
