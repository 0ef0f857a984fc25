/* SPDX-License-Identifier: BSD-2-Clause */

/* An NSS service that cannot be reached and says so, as a directory behind nss_ldap does. */

#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>

enum nss_status _nss_saslwardtest_getgrnam_r(
        const char *name, struct group *group, char *buffer, size_t size, int *error);
enum nss_status _nss_saslwardtest_getpwnam_r(
        const char *name, struct passwd *user, char *buffer, size_t size, int *error);

__attribute__((visibility("default"))) enum nss_status _nss_saslwardtest_getgrnam_r(
        const char *name, struct group *group, char *buffer, size_t size, int *error)
{
        (void)name;
        (void)group;
        (void)buffer;
        (void)size;
        *error = EIO;
        return NSS_STATUS_UNAVAIL;
}

__attribute__((visibility("default"))) enum nss_status _nss_saslwardtest_getpwnam_r(
        const char *name, struct passwd *user, char *buffer, size_t size, int *error)
{
        (void)name;
        (void)user;
        (void)buffer;
        (void)size;
        *error = EIO;
        return NSS_STATUS_UNAVAIL;
}
