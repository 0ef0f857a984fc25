/* SPDX-License-Identifier: BSD-2-Clause */
#include "groups.h"

#include "backends/group_member.h"
#include "daemon/cli/output.h"
#include "daemon/hash.h"
#include "proto/cleanup.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

struct GroupLookup {
        char *key; /* login and group, a newline between them: neither can hold one */
        GroupMember member;
        UT_hash_handle hh;
};

void groups_init(Groups *groups, const Config *config)
{
        *groups = (Groups){.config = config};
}

void groups_deinit(Groups *groups)
{
        GroupLookup *lookup, *next;

        HASH_ITER(hh, groups->lookups, lookup, next)
        {
                HASH_DEL(groups->lookups, lookup);
                free(lookup->key);
                free(lookup);
        }
        free(groups->sayings);
        free(groups->unsaid);
}

void groups_say(Groups *groups, const char *name, bool is_member)
{
        GroupSaying *grown =
                reallocarray(groups->sayings, groups->saying_count + 1, sizeof(*grown));

        if (!grown)
                output_no_memory();
        groups->sayings = grown;
        grown[groups->saying_count++] = (GroupSaying){name[0] == '@' ? name + 1 : name, is_member};
}

void groups_forget(Groups *groups)
{
        free(groups->unsaid);
        groups->unsaid = NULL;
        groups->failure = NULL;
}

/* The name as the configuration writes it behind @, owned. */
static char *full_name(const Groups *groups, int backend, const char *group)
{
        if (backend < 0)
                return output_format("%s", group);
        return output_format("%s:%s", groups->config->backends[backend].name, group);
}

static const GroupSaying *find_saying(const Groups *groups, const char *name)
{
        for (size_t i = 0; i < groups->saying_count; i++)
                if (strcmp(groups->sayings[i].name, name) == 0)
                        return &groups->sayings[i];
        return NULL;
}

static const GroupMember *look_up(Groups *groups, Bytes login, const char *group)
{
        char *key = output_format("%.*s\n%s", (int)login.size, (const char *)login.data, group);
        GroupLookup *lookup;

        HASH_FIND_STR(groups->lookups, key, lookup);
        if (lookup) {
                free(key);
                return &lookup->member;
        }
        lookup = calloc(1, sizeof(*lookup));
        if (!lookup)
                output_no_memory();
        lookup->key = key;
        group_member_look_up(login, bytes_from_string(group), &lookup->member);
        HASH_ADD_KEYPTR(hh, groups->lookups, lookup->key, strlen(lookup->key), lookup);
        if (!HASH_ADDED(lookup))
                output_no_memory();
        return &lookup->member;
}

static Tri ask_system(Groups *groups, Bytes login, const char *group)
{
        const GroupMember *member = look_up(groups, login, group);

        switch (member->state) {
        case MEMBERSHIP_YES: return TRI_TRUE;
        case MEMBERSHIP_NO: return TRI_FALSE;
        default: groups->failure = member->text; return TRI_UNDECIDED;
        }
}

Tri groups_is_member(void *userdata, Bytes login, int backend, const char *group)
{
        Groups *groups = userdata;
        char *name = full_name(groups, backend, group);
        const GroupSaying *saying = find_saying(groups, name);

        if (!saying && backend >= 0) {
                free(groups->unsaid);
                groups->unsaid = name;
                groups->failure = "its backend was not asked";
                return TRI_UNDECIDED;
        }
        free(name);
        if (saying)
                return saying->is_member ? TRI_TRUE : TRI_FALSE;
        return ask_system(groups, login, group);
}

static void add_login(char ***logins, size_t *count, const char *login)
{
        char **grown = reallocarray(*logins, *count + 1, sizeof(char *));

        if (!grown)
                output_no_memory();
        *logins = grown;
        grown[*count] = output_format("%s", login);
        (*count)++;
}

bool groups_members(const char *group, char ***logins, size_t *count)
{
        const struct group *entry = getgrnam(group);
        const struct passwd *user;
        gid_t gid;

        *logins = NULL;
        *count = 0;
        if (!entry)
                return false;
        gid = entry->gr_gid;
        for (char *const *member = entry->gr_mem; *member; member++)
                add_login(logins, count, *member);
        setpwent();
        while ((user = getpwent()))
                if (user->pw_gid == gid)
                        add_login(logins, count, user->pw_name);
        endpwent();
        return true;
}
