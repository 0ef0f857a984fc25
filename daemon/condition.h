/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Conditions of a rule: a list of items each, "service=spice,vnc", "user=@kvm,!eve". Values are
 * three-valued. A list holds if one of its items holds (or it has exclusions only) and none of its
 * exclusions does; an empty list never holds. An item that cannot be evaluated is undecided.
 */

#include "daemon/facts.h"
#include "daemon/network.h"

typedef enum ConditionKind { /* cheap ones first: they are evaluated in this order */
        CONDITION_SERVICE,
        CONDITION_SOCKET,
        CONDITION_UNTIL,
        CONDITION_PEER,
        CONDITION_VM,
        CONDITION_REALM,
        CONDITION_FROM,
        CONDITION_USER, /* last: its groups may have to be looked up */
        CONDITION_KINDS,
} ConditionKind;

typedef enum ItemKind {
        ITEM_EXACT,         /* text, tokens expanded if has_tokens, compared byte by byte */
        ITEM_GLOB,          /* text is a pattern as of fnmatch(3), tokens expanded if has_tokens */
        ITEM_ANY,           /* vm=any */
        ITEM_NONE,          /* vm=none */
        ITEM_UUID,          /* vm=uuid:…, text is 32 lower-case digits */
        ITEM_GROUP,         /* @text, a group of the file */
        ITEM_NSS_GROUP,     /* user=@text, a group of the system; may have tokens */
        ITEM_BACKEND_GROUP, /* user=@text, BACKEND:GROUP, a group as that backend knows it; the same
                             */
        ITEM_NETWORK,       /* from= */
        ITEM_UID,           /* peer=uid:… */
        ITEM_UNIT,          /* peer=unit:…, text is a pattern */
        ITEM_DATE,          /* until=, the last day on which the rule holds */
} ItemKind;

typedef struct ItemList ItemList;

typedef struct Item {
        ItemKind kind;
        bool exclude;
        bool quoted; /* as written: text is literal */
        bool has_tokens;
        char *text; /* as written, without !, prefix and quotes; owned */
        union {
                Network network;
                uid_t uid;
                struct {
                        int index;      /* in the configuration */
                        size_t name_at; /* where in text the group's name begins */
                } backend;
                time_t end; /* first second after the last day */
                const ItemList
                        *members; /* of the group, read as this condition's items; not owned */
        };
} Item;

struct ItemList {
        Item *items;
        size_t count;
};

typedef struct Condition {
        ConditionKind kind;
        ItemList list;
} Condition;

/* "service", "vm", … as in the file. */
const char *condition_name(ConditionKind kind);

/* The value of a condition. */
Tri condition_match(const Condition *condition, const Facts *facts);

/* Whether the value may need a group to be looked up. */
bool condition_needs_lookup(const Condition *condition);

/* Frees what the items own, and the items. */
void item_list_deinit(ItemList *list);
