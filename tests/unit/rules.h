/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Conditions and facts as initializers, and a system with groups named for what it answers. */

#include "daemon/condition.h"

#include "table.h"

#define EXACT(words)                                                                               \
        {                                                                                          \
                .kind = ITEM_EXACT, .text = (char *)(words)                                        \
        }
#define NOT_EXACT(words)                                                                           \
        {                                                                                          \
                .kind = ITEM_EXACT, .text = (char *)(words), .exclude = true                       \
        }
#define QUOTED(words)                                                                              \
        {                                                                                          \
                .kind = ITEM_EXACT, .text = (char *)(words), .quoted = true                        \
        }
#define TOKENS(words)                                                                              \
        {                                                                                          \
                .kind = ITEM_EXACT, .text = (char *)(words), .has_tokens = true                    \
        }
#define NOT_TOKENS(words)                                                                          \
        {                                                                                          \
                .kind = ITEM_EXACT, .text = (char *)(words), .has_tokens = true, .exclude = true   \
        }
#define GLOB(words)                                                                                \
        {                                                                                          \
                .kind = ITEM_GLOB, .text = (char *)(words)                                         \
        }
#define NOT_GLOB(words)                                                                            \
        {                                                                                          \
                .kind = ITEM_GLOB, .text = (char *)(words), .exclude = true                        \
        }
#define GLOB_TOKENS(words)                                                                         \
        {                                                                                          \
                .kind = ITEM_GLOB, .text = (char *)(words), .has_tokens = true                     \
        }
#define ANY_VM                                                                                     \
        {                                                                                          \
                .kind = ITEM_ANY                                                                   \
        }
#define NO_VM                                                                                      \
        {                                                                                          \
                .kind = ITEM_NONE                                                                  \
        }
#define NOT_ANY_VM                                                                                 \
        {                                                                                          \
                .kind = ITEM_ANY, .exclude = true                                                  \
        }
#define VM_UUID(digits)                                                                            \
        {                                                                                          \
                .kind = ITEM_UUID, .text = (char *)(digits)                                        \
        }
#define NSS(group)                                                                                 \
        {                                                                                          \
                .kind = ITEM_NSS_GROUP, .text = (char *)(group)                                    \
        }
#define NOT_NSS(group)                                                                             \
        {                                                                                          \
                .kind = ITEM_NSS_GROUP, .text = (char *)(group), .exclude = true                   \
        }
#define NSS_TOKENS(group)                                                                          \
        {                                                                                          \
                .kind = ITEM_NSS_GROUP, .text = (char *)(group), .has_tokens = true                \
        }
#define FILE_GROUP(list)                                                                           \
        {                                                                                          \
                .kind = ITEM_GROUP, .members = &(list)                                             \
        }
#define NOT_FILE_GROUP(list)                                                                       \
        {                                                                                          \
                .kind = ITEM_GROUP, .members = &(list), .exclude = true                            \
        }
#define UID(number)                                                                                \
        {                                                                                          \
                .kind = ITEM_UID, .uid = (number)                                                  \
        }
#define NOT_UID(number)                                                                            \
        {                                                                                          \
                .kind = ITEM_UID, .uid = (number), .exclude = true                                 \
        }
#define UNIT(words)                                                                                \
        {                                                                                          \
                .kind = ITEM_UNIT, .text = (char *)(words)                                         \
        }
#define NOT_UNIT(words)                                                                            \
        {                                                                                          \
                .kind = ITEM_UNIT, .text = (char *)(words), .exclude = true                        \
        }
#define QUOTED_UNIT(words)                                                                         \
        {                                                                                          \
                .kind = ITEM_UNIT, .text = (char *)(words), .quoted = true                         \
        }
#define UNTIL(second)                                                                              \
        {                                                                                          \
                .kind = ITEM_DATE, .end = (second)                                                 \
        }
#define NET8(first)                                                                                \
        {                                                                                          \
                .kind = ITEM_NETWORK, .network = { NET_ADDRESS(first), 104 }                       \
        }
#define NOT_NET8(first)                                                                            \
        {                                                                                          \
                .kind = ITEM_NETWORK, .network = {NET_ADDRESS(first), 104}, .exclude = true        \
        }
#define NET_ADDRESS(first)                                                                         \
        {                                                                                          \
                [10] = 0xff, [11] = 0xff, [12] = (first)                                           \
        }

/* The groups "in-…" have everybody as a member, "out-…" nobody, all others cannot be asked. Counts
 * in *userdata, if there is one. */
static inline Tri answer_membership(void *userdata, Bytes login, int backend, const char *group)
{
        unsigned *lookups = userdata;

        (void)login;
        (void)backend;
        if (lookups)
                (*lookups)++;
        if (strncmp(group, "in-", 3) == 0)
                return TRI_TRUE;
        return strncmp(group, "out-", 4) == 0 ? TRI_FALSE : TRI_UNDECIDED;
}
