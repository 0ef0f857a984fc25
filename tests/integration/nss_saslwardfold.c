/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * An NSS service that knows the accounts of /etc/passwd and /etc/shadow in any case and with any
 * domain behind an "@", as sssd (case_sensitive = false) and winbind know a directory's. The user
 * "fails" it cannot look up, and says so.
 */

#include <ctype.h>
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 256

enum nss_status _nss_saslwardfold_getpwnam_r(
        const char *name, struct passwd *user, char *buffer, size_t size, int *error);
enum nss_status _nss_saslwardfold_getspnam_r(
        const char *name, struct spwd *entry, char *buffer, size_t size, int *error);

static void fold(const char *name, char folded[static NAME_SIZE])
{
        (void)snprintf(folded, NAME_SIZE, "%.*s", (int)strcspn(name, "@"), name);
        for (char *at = folded; *at; at++)
                *at = (char)tolower((unsigned char)*at);
}

/* For what a search in a file came to. */
static enum nss_status status(int r, int *error)
{
        if (r == 0)
                return NSS_STATUS_SUCCESS;
        *error = r;
        if (r == EIO)
                return NSS_STATUS_UNAVAIL;
        return r == ERANGE ? NSS_STATUS_TRYAGAIN : NSS_STATUS_NOTFOUND;
}

__attribute__((visibility("default"))) enum nss_status _nss_saslwardfold_getpwnam_r(
        const char *name, struct passwd *user, char *buffer, size_t size, int *error)
{
        char folded[NAME_SIZE];
        struct passwd *found;
        FILE *file = fopen("/etc/passwd", "re");
        int r = file ? 0 : errno;

        fold(name, folded);
        if (strcmp(folded, "fails") == 0)
                r = EIO;
        while (r == 0) {
                r = fgetpwent_r(file, user, buffer, size, &found);
                if (r == 0 && strcmp(user->pw_name, folded) == 0)
                        break;
        }
        if (file)
                (void)fclose(file);
        return status(r, error);
}

__attribute__((visibility("default"))) enum nss_status _nss_saslwardfold_getspnam_r(
        const char *name, struct spwd *entry, char *buffer, size_t size, int *error)
{
        char folded[NAME_SIZE];
        struct spwd *found;
        FILE *file = fopen("/etc/shadow", "re");
        int r = file ? 0 : errno;

        fold(name, folded);
        while (r == 0) {
                r = fgetspent_r(file, entry, buffer, size, &found);
                if (r == 0 && strcmp(entry->sp_namp, folded) == 0)
                        break;
        }
        if (file)
                (void)fclose(file);
        return status(r, error);
}
