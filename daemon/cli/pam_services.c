/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam_services.h"

#include "daemon/cli/output.h"
#include "proto/scan.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* As services= has them; what editors and package managers leave behind has other bytes, too. */
#define NAME_BYTES "_-0123456789abcdefghijklmnopqrstuvwxyz"

/* Of Debian, openSUSE and Fedora. */
static const char *const others[] = {"atd", "ch[fps]*", "common-*", "config-util", "cron", "crond",
        "cups", "*-auth", "gdm*", "group*", "kde*", "lightdm*", "login", "lxdm*", "newusers",
        "other", "passwd", "polkit-*", "postlogin", "ppp", "remote", "runuser*", "samba", "sddm*",
        "sshd", "su", "su-l", "sudo*", "systemd-*", "user*", "vlock", "vmtoolsd", "xdm*",
        "xscreensaver", "xserver"};

static bool is_in(const char *list, const char *name)
{
        Bytes rest = bytes_from_string(list);

        while (rest.size > 0)
                if (bytes_equal_string(scan_part(&rest, ','), name))
                        return true;
        return false;
}

static int is_service(const struct dirent *entry)
{
        const char *name = entry->d_name;

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (fnmatch(others[i], name, 0) == 0)
                        return false;
        return strspn(name, NAME_BYTES) == strlen(name);
}

char *pam_services_find(const char *known)
{
        struct dirent **entries;
        int count = scandir(PAM_DIRECTORY, &entries, is_service, alphasort);
        char *list = output_format("%s", "");

        for (int i = 0; i < count; i++) {
                if (!is_in(known, entries[i]->d_name)) {
                        char *longer = output_format(
                                "%s%s%s", list, list[0] ? ", " : "", entries[i]->d_name);

                        free(list);
                        list = longer;
                }
                free(entries[i]);
        }
        if (count >= 0)
                free(entries);
        return list;
}
