/* SPDX-License-Identifier: BSD-2-Clause */

/* nsswitch.conf: which services are asked for users and groups. */

#include "backends/name_switch.h"

#include "table.h"

#include <stdio.h>

#define LONGEST "abcdefghijklmnopqrstuvwxyz01234" /* 31 bytes */
#define SIXTEEN "a b c d e f g h i j k l m n o p"

typedef struct Row {
        const char *name;
        Bytes text;
        const char *services; /* "name:u", "name:g" or "name:ug", a blank behind each; NULL = none
                                 can be told */
} Row;

static const Row rows[] = {
        {"nothing", LIT(""), ""},
        {"files alone", LIT("passwd: files\ngroup: files\n"), ""},
        {"Debian's own", LIT("passwd:         files systemd\ngroup:          files systemd\n"), ""},
        {"compat and db", LIT("passwd: compat\ngroup: db files\n"), ""},
        {"sssd", LIT("passwd: files sss\ngroup: files sss\n"), "sss:ug "},
        {"before files", LIT("passwd: sss files\n"), "sss:u "},
        {"for groups", LIT("group: files sss\n"), "sss:g "},
        {"for the groups of users", LIT("initgroups: sss\n"), "sss:g "},
        {"behind compat", LIT("passwd: compat\npasswd_compat: ldap\ngroup_compat: nis\n"),
                "ldap:u nis:g "},
        {"several", LIT("passwd: files sss winbind\ngroup: files winbind\n"), "sss:u winbind:ug "},
        {"named twice", LIT("passwd: sss files sss\npasswd: sss\n"), "sss:u "},
        {"for others", LIT("hosts: dns\nshadow: sss\nnetgroup: nis\npasswd: files\n"), ""},
        {"a name that begins alike", LIT("passwd2: sss\npass: sss\n"), ""},
        {"a name in another case", LIT("Passwd: sss\n"), ""},
        {"conditions", LIT("passwd: files [NOTFOUND=return] sss [!UNAVAIL=return success=merge]\n"),
                "sss:u "},
        {"conditions without blanks", LIT("passwd: files[NOTFOUND=return]sss[a=b]ldap\n"),
                "sss:u ldap:u "},
        {"a condition that is not ended", LIT("passwd: files [NOTFOUND=return sss\n"), ""},
        {"a comment", LIT("# passwd: sss\npasswd: files # sss\n"), ""},
        {"blanks", LIT(" \tpasswd \t:\tfiles\tsss \n"), "sss:u "},
        {"no blanks", LIT("passwd:sss\n"), "sss:u "},
        {"no newline at the end", LIT("passwd: files sss"), "sss:u "},
        {"no colon", LIT("passwd sss\n"), ""},
        {"no service", LIT("passwd:\ngroup: \n"), ""},
        {"carriage returns", LIT("passwd: files\r\ngroup: files sss\r\n"), "sss:g "},
        {"the longest name", LIT("passwd: " LONGEST "\n"), LONGEST ":u "},
        {"too long a name", LIT("passwd: " LONGEST "5\n"), NULL},
        {"a path", LIT("passwd: files ../sss\n"), NULL},
        {"a colon", LIT("passwd: files: sss\n"), NULL},
        {"a NUL", LIT("passwd: files\0 sss\n"), NULL},
        {"a NUL elsewhere", LIT("hosts: \0\npasswd: sss\n"), "sss:u "},
        {"a name with a NUL", LIT("pas\0swd: sss\n"), ""},
        {"as many as there may be", LIT("passwd: " SIXTEEN "\n"),
                "a:u b:u c:u d:u e:u f:u g:u h:u i:u j:u k:u l:u m:u n:u o:u p:u "},
        {"as many, again", LIT("passwd: " SIXTEEN "\ngroup: " SIXTEEN "\n"),
                "a:ug b:ug c:ug d:ug e:ug f:ug g:ug h:ug i:ug j:ug k:ug l:ug m:ug n:ug o:ug p:ug "},
        {"too many", LIT("passwd: " SIXTEEN "\ngroup: q\n"), NULL},
};

static void test_row(void **state)
{
        const Row *row = *state;
        char text[1024] = "";
        size_t used = 0;
        NameSwitch name_switch;

        assert_int_equal(name_switch_parse(row->text, &name_switch), row->services != NULL);
        if (!row->services)
                return;
        for (size_t i = 0; i < name_switch.count; i++) {
                const NameService *service = &name_switch.services[i];

                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s:%s%s ",
                        service->name, service->users ? "u" : "", service->groups ? "g" : "");
                assert_true(used < sizeof(text));
        }
        assert_string_equal(text, row->services);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_row, ROWS(rows));
        return table_run(&table, "name-switch");
}
