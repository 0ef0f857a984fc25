/* SPDX-License-Identifier: BSD-2-Clause */
#include "point.h"

#include "daemon/cli/glob_sample.h"
#include "daemon/cli/output.h"
#include "daemon/template.h"
#include "proto/cleanup.h"

#include <string.h>

#define NO_UUID "ffffffffffffffffffffffffffffffff" /* that nobody names */

bool point_text(const AxisEntry *entry, const Facts *facts, char out[static POINT_TEXT_SIZE])
{
        char pattern[POINT_TEXT_SIZE];

        switch (entry->kind) {
        case AXIS_TEXT:
        case AXIS_GROUP:
                if (entry->has_tokens)
                        return template_expand(entry->text, facts, out, POINT_TEXT_SIZE) ==
                               TEMPLATE_DONE;
                return bytes_to_string(bytes_from_string(entry->text), out, POINT_TEXT_SIZE);
        case AXIS_GLOB:
                if (!entry->has_tokens)
                        return glob_sample(entry->text, out, POINT_TEXT_SIZE);
                return template_expand_pattern(entry->text, facts, pattern, POINT_TEXT_SIZE) ==
                               TEMPLATE_DONE &&
                       glob_sample(pattern, out, POINT_TEXT_SIZE);
        case AXIS_NONE: out[0] = '\0'; return true;
        default: (void)strcpy(out, GLOB_SAMPLE_NOBODY); return true;
        }
}

/* The UUID of a VM that is only named is not known; what is named nowhere has one that is not. */
static const char *uuid_of(const AxisEntry *vm)
{
        return vm->uuid || vm->kind == AXIS_TEXT ? vm->uuid : NO_UUID;
}

bool point_set_vm(Point *point)
{
        point->facts.vm = (VmFact){.state = VM_NONE};
        if (point->vm->kind == AXIS_NONE)
                return true;
        if (!point_text(point->vm, &point->facts, point->vm_text))
                return false;
        point->facts.vm = (VmFact){VM_KNOWN, point->vm_text, uuid_of(point->vm)};
        return true;
}

/* A word for a user with his realm, "alice@vmA", is a login and a realm. */
static bool names_realm(const AxisEntry *user)
{
        return (user->kind == AXIS_TEXT || user->kind == AXIS_GLOB) && strchr(user->text, '@');
}

static bool set_user(Point *point)
{
        char *at = NULL;

        if (point->user->kind == AXIS_GROUP) /* somebody in it, whoever that is */
                (void)strcpy(point->user_text, GLOB_SAMPLE_NOBODY);
        else if (!point_text(point->user, &point->facts, point->user_text))
                return false;
        if (names_realm(point->user))
                at = strrchr(point->user_text, '@');
        if (at) {
                *at = '\0';
                point->facts.realm = bytes_from_string(at + 1);
        }
        point->facts.login = bytes_from_string(point->user_text);
        return true;
}

static bool set_rest(Point *point)
{
        if (!point_text(point->service, &point->facts, point->service_text))
                return false;
        point->facts.service = bytes_from_string(point->service_text);
        if (point->facts.realm.size == 0 && point->realm) {
                if (!point_text(point->realm, &point->facts, point->realm_text))
                        return false;
                point->facts.realm = bytes_from_string(point->realm_text);
        }
        if (point->socket && point->socket->kind == AXIS_TEXT)
                point->facts.socket = point->socket->text;
        if (point->client)
                point->facts.client =
                        bytes_from_string(point->client->kind == AXIS_OTHER ? "255.255.255.255;0"
                                                                            : point->client->text);
        return true;
}

/* Who is named by a rule is looked up. Others are members of what they stand for, and of nothing
 * else; but a group of the system that does not resolve cannot be told for anybody. */
static Tri is_member(void *userdata, Bytes login, int backend, const char *group)
{
        Point *point = userdata;
        _cleanup_(free_pointer) char *full = NULL;
        char own[POINT_TEXT_SIZE];

        if (backend >= 0)
                full = output_format("%s:%s", point->groups->config->backends[backend].name, group);
        if (point->user->kind == AXIS_GROUP && point_text(point->user, &point->facts, own) &&
                strcmp(full ? full : group, own) == 0)
                return TRI_TRUE;
        if (point->user->kind != AXIS_TEXT && backend >= 0)
                return TRI_FALSE;
        return groups_is_member(point->groups, login, backend, group);
}

bool point_set(Point *point)
{
        point->facts = (Facts){
                .now = time(NULL),
                .is_member = is_member,
                .userdata = point,
        };
        return point_set_vm(point) && set_user(point) && set_rest(point);
}
