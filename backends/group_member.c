/* SPDX-License-Identifier: BSD-2-Clause */
#include "group_member.h"

#include "backends/name_service.h"
#include "backends/nss_error.h"
#include "proto/cleanup.h"

#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>

#define NAME_LENGTH_MAX 1024u
#define BUFFER_FIRST    4096u
#define BUFFER_MAX      (16u * 1024u * 1024u) /* a group of a million members */
#define GROUPS_FIRST    64
#define GROUPS_MAX      65536 /* NGROUPS_MAX */

static void __attribute__((format(printf, 2, 3)))
set_undecided(GroupMember *member, const char *format, ...)
{
        va_list arguments;

        member->state = MEMBERSHIP_UNDECIDED;
        va_start(arguments, format);
        (void)vsnprintf(member->text, sizeof(member->text), format, arguments);
        va_end(arguments);
}

/* An entry of the user or the group database, with the memory that its strings are in. */
typedef struct Entry {
        union {
                struct passwd user;
                struct group group;
        };
        char *buffer;
        bool found;
} Entry;

static void entry_deinit(Entry *entry)
{
        free(entry->buffer);
}

/* getgrnam_r() and getpwnam_r() for Entry. */
typedef int (*Lookup)(const char *name, Entry *entry, size_t size);

static int look_up_group(const char *name, Entry *entry, size_t size)
{
        struct group *found = NULL;
        int r = getgrnam_r(name, &entry->group, entry->buffer, size, &found);

        entry->found = found != NULL;
        return r;
}

static int look_up_user(const char *name, Entry *entry, size_t size)
{
        struct passwd *found = NULL;
        int r = getpwnam_r(name, &entry->user, entry->buffer, size, &found);

        entry->found = found != NULL;
        return r;
}

/* Returns 0 or an errno, as getpwnam_r(3). */
static int look_up(Lookup lookup, const char *name, Entry *entry)
{
        for (size_t size = BUFFER_FIRST; size <= BUFFER_MAX; size *= 4) {
                int r;

                free(entry->buffer);
                entry->buffer = malloc(size);
                if (!entry->buffer)
                        return ENOMEM;
                r = lookup(name, entry, size);
                if (r != ERANGE)
                        return r;
        }
        return ERANGE;
}

static bool is_listed(const struct group *group, const char *login)
{
        for (char *const *each = group->gr_mem; *each; each++)
                if (strcmp(*each, login) == 0)
                        return true;
        return false;
}

static bool holds(const gid_t *gids, int count, gid_t gid)
{
        for (int i = 0; i < count; i++)
                if (gids[i] == gid)
                        return true;
        return false;
}

/* libc says so too where the service that would know better is away: it has to be there. */
static void set_no(const char *login, bool is_known, const struct group *group, GroupMember *member)
{
        bool certain = name_services_rule_out(login, is_known, group, member->text);

        member->state = certain ? MEMBERSHIP_NO : MEMBERSHIP_UNDECIDED;
}

/* Asks for all groups of the user: a group's own entry need not list him. */
static void look_through_groups(
        const struct passwd *user, const struct group *group, GroupMember *member)
{
        _cleanup_(free_pointer) gid_t *gids = NULL;
        int room = GROUPS_FIRST, count;

        for (;; room *= 2) {
                free(gids);
                gids = calloc((size_t)room, sizeof(*gids));
                count = room;
                if (!gids) {
                        set_undecided(member, "groups of %.100s: no memory", user->pw_name);
                        return;
                }
                if (getgrouplist(user->pw_name, user->pw_gid, gids, &count) >= 0)
                        break;
                if (room >= GROUPS_MAX) {
                        set_undecided(member, "groups of %.100s: too many", user->pw_name);
                        return;
                }
        }
        if (holds(gids, count, group->gr_gid))
                member->state = MEMBERSHIP_YES;
        else
                set_no(user->pw_name, true, group, member);
}

static void judge_user(const char *login, const struct group *group, GroupMember *member)
{
        _cleanup_(entry_deinit) Entry entry = {};
        int r = look_up(look_up_user, login, &entry);

        if (!entry.found && nss_is_failure(r))
                set_undecided(member, "user %.100s: %s", login, strerror(r));
        else if (!entry.found)
                set_no(login, false, group, member);
        else if (entry.user.pw_gid == group->gr_gid || is_listed(group, entry.user.pw_name))
                member->state = MEMBERSHIP_YES;
        else
                look_through_groups(&entry.user, group, member);
}

/* A group that is not found may be one that only a service knows which is down: with "files sss"
 * and sssd stopped, getgrnam_r() says just that. */
static void judge_group(const char *login, const char *name, GroupMember *member)
{
        _cleanup_(entry_deinit) Entry entry = {};
        int r = look_up(look_up_group, name, &entry);

        if (!entry.found)
                set_undecided(member, "group %.100s: %s", name,
                        nss_is_failure(r) ? strerror(r) : "not found");
        else if (is_listed(&entry.group, login))
                member->state = MEMBERSHIP_YES;
        else
                judge_user(login, &entry.group, member);
}

void group_member_look_up(Bytes login, Bytes group, GroupMember *member)
{
        char login_text[NAME_LENGTH_MAX + 1], group_text[NAME_LENGTH_MAX + 1];

        *member = (GroupMember){.state = MEMBERSHIP_UNDECIDED};
        if (login.size == 0 || !bytes_to_string(login, login_text, sizeof(login_text)))
                set_undecided(member, "a login that no system has");
        else if (group.size == 0 || !bytes_to_string(group, group_text, sizeof(group_text)))
                set_undecided(member, "a group that no system has");
        else
                judge_group(login_text, group_text, member);
}
