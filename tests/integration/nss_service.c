/* SPDX-License-Identifier: BSD-2-Clause */

/* An NSS service that says one thing when a function of it is called first, and one thing later: it
 * is away, as one whose directory cannot be reached, or knows nobody, or comes back meanwhile, and
 * then knows everybody, in the group 6001. meson.build has which there are. */

#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>

#define JOIN(service, function) _nss_##service##_##function
#define NAME(service, function) JOIN(service, function)
#define GET_GROUP               NAME(SERVICE, getgrnam_r)
#define GET_USER                NAME(SERVICE, getpwnam_r)
#define GET_GROUPS              NAME(SERVICE, initgroups_dyn)
#define EXPORTED                __attribute__((visibility("default")))

#define GROUP 6001

enum nss_status GET_GROUP(
        const char *name, struct group *group, char *buffer, size_t size, int *error);
enum nss_status GET_USER(
        const char *name, struct passwd *user, char *buffer, size_t size, int *error);
enum nss_status GET_GROUPS(const char *user, gid_t primary, long *start, long *size, gid_t **groups,
        long limit, int *error);

static enum nss_status say(unsigned *calls, int *error)
{
        *error = ERROR;
        return (*calls)++ == 0 ? FIRST : LATER;
}

EXPORTED enum nss_status GET_GROUP(
        const char *name, struct group *group, char *buffer, size_t size, int *error)
{
        static unsigned calls;
        static char *nobody[] = {NULL};

        (void)buffer;
        (void)size;
        *group = (struct group){(char *)name, (char *)"x", GROUP, nobody};
        return say(&calls, error);
}

EXPORTED enum nss_status GET_USER(
        const char *name, struct passwd *user, char *buffer, size_t size, int *error)
{
        static unsigned calls;
        static char text[] = "";

        (void)buffer;
        (void)size;
        *user = (struct passwd){(char *)name, text, 7000, GROUP, text, text, text};
        return say(&calls, error);
}

#if LISTS_GROUPS
EXPORTED enum nss_status GET_GROUPS(const char *user, gid_t primary, long *start, long *size,
        gid_t **groups, long limit, int *error)
{
        static unsigned calls;
        enum nss_status status = say(&calls, error);

        (void)user;
        (void)primary;
        (void)limit;
        if (status == NSS_STATUS_SUCCESS && *start < *size)
                (*groups)[(*start)++] = GROUP;
        return status;
}
#endif
