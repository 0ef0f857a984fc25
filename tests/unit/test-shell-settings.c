/* SPDX-License-Identifier: BSD-2-Clause */

/* Settings files, as a shell reads them; dash -c '. ./FILE; printf %s "$V"' was asked about each.
 */

#include "daemon/cli/shell_settings.h"

#include "daemon/cli/statoverride.h"
#include "proto/cleanup.h"

#include "table.h"

typedef struct SettingsRow {
        const char *name;
        Bytes content;
        const char *value; /* of V */
        unsigned wrong;    /* line, or 0 */
} SettingsRow;

static const SettingsRow settings_rows[] = {
        {"plain", LIT("V=5\n"), "5"},
        {"no newline at the end", LIT("V=5"), "5"},
        {"empty", LIT("V=\n"), ""},
        {"not set", LIT("W=5\n"), ""},
        {"nothing at all", LIT(""), ""},
        {"set twice", LIT("V=5\nV=6\n"), "6"},
        {"indented", LIT("  \tV=5\n"), "5"},
        {"exported", LIT("export V=5\n"), "5"},
        {"called export", LIT("export=4 V=5\n"), "5"},
        {"two in a line", LIT("W=4 V=5\n"), "5"},
        {"semicolons", LIT("W=4; V=5;\n"), "5"},
        {"a comment", LIT("# V=4\nV=5 # V=6\n"), "5"},
        {"no comment", LIT("V=a#b\n"), "a#b"},
        {"an equals sign", LIT("V=a=b\n"), "a=b"},
        {"single quotes", LIT("V='-c \\$W \"x\"'\n"), "-c \\$W \"x\""},
        {"double quotes", LIT("V=\"-c -m /x\"\n"), "-c -m /x"},
        {"escapes in double quotes", LIT("V=\"\\$\\\"\\\\\\`\\x\"\n"), "$\"\\`\\x"},
        {"empty double quotes", LIT("V=\"\"\n"), ""},
        {"pieces", LIT("V=a\"b c\"'d e'\\ f\n"), "ab cd e f"},
        {"a newline in quotes", LIT("V=\"a\nb\"\n"), "a\nb"},
        {"a line that goes on", LIT("V=a\\\nb\n"), "ab"},
        {"a line that goes on in quotes", LIT("V=\"a\\\nb\"\n"), "ab"},
        {"no such thing in single quotes", LIT("V='a\\\nb'\n"), "a\\\nb"},
        {"another one", LIT("W=x\nV=\"-m $W/y\"\n"), "-m x/y"},
        {"another one in braces", LIT("W=x\nV=${W}y\n"), "xy"},
        {"itself", LIT("V=a\nV=\"$V b\"\n"), "a b"},
        {"one that is not set", LIT("V=a$W-b\n"), "a-b"},
        {"a dollar sign", LIT("V=\"a$ $\"\n"), "a$ $"},
        {"a command", LIT("V=5\nexit\nV=6\n"), "5", 2},
        {"a command with a setting", LIT("V=5 true\n"), "5", 1},
        {"the output of a command", LIT("V=$(id)\n"), "", 1},
        {"the same, in quotes", LIT("V=\"$(id)\"\n"), "", 1},
        {"backquotes", LIT("V=`id`\n"), "", 1},
        {"backquotes in quotes", LIT("V=\"`id`\"\n"), "", 1},
        {"a default", LIT("V=${W:-5}\n"), "", 1},
        {"a parameter", LIT("V=$1\n"), "", 1},
        {"a pipe", LIT("V=5|id\n"), "", 1},
        {"a condition", LIT("\nif true; then V=5; fi\n"), "", 2},
        {"a blank before the sign", LIT("V =5\n"), "", 1},
        {"a number", LIT("5=V\n"), "", 1},
        {"quotes without end", LIT("W=5\nV=\"a\n\n"), "", 2},
        {"single quotes without end", LIT("V='a\n"), "", 1},
        {"a NUL", LIT("V=5\0\n"), "", 1},
        {"a backslash at the end", LIT("V=a\\"), "", 1},
};

static void test_settings(void **state)
{
        const SettingsRow *row = *state;
        _cleanup_(shell_settings_deinit) ShellSettings settings = {};
        _cleanup_(exact_free) Bytes content = exact_copy(row->content);

        assert_int_equal(shell_settings_read(&settings, content), row->wrong);
        assert_string_equal(shell_settings_get(&settings, "V"), row->value);
}

static void test_two_files(void **state)
{
        _cleanup_(shell_settings_deinit) ShellSettings settings = {};

        (void)state;
        assert_int_equal(shell_settings_read(&settings, BYTES("V=5\nW=6\n")), 0);
        assert_int_equal(shell_settings_read(&settings, BYTES("V=\"$W $V\"\n")), 0);
        assert_string_equal(shell_settings_get(&settings, "V"), "6 5");
        assert_string_equal(shell_settings_get(&settings, "W"), "6");
}

typedef struct OverrideRow {
        const char *name;
        Bytes table;
        const char *user; /* NULL: none is found */
} OverrideRow;

#define LINE "root sasl 710 /run/sasl\n"

static const OverrideRow override_rows[] = {
        {"override: alone", LIT(LINE), "root"},
        {"override: no newline at the end", LIT("root sasl 710 /run/sasl"), "root"},
        {"override: behind others", LIT("cyrus mail 750 /x\npostfix sasl 710 /run/sasl\n"),
                "postfix"},
        {"override: a number", LIT("#107 sasl 710 /run/sasl\n"), "107"},
        {"override: of what is below", LIT("root sasl 710 /run/sasl/x\n"), NULL},
        {"override: of what is above", LIT("root sasl 710 /run\n"), NULL},
        {"override: too few words", LIT("root sasl /run/sasl\n"), NULL},
        {"override: an empty word", LIT("root  710 /run/sasl\n"), NULL},
        {"override: nothing", LIT(""), NULL},
        {"override: empty lines", LIT("\n\n"), NULL},
};

static void test_override(void **state)
{
        const OverrideRow *row = *state;
        _cleanup_(exact_free) Bytes table = exact_copy(row->table);
        Statoverride found;

        assert_int_equal(statoverride_find(table, "/run/sasl", &found), row->user != NULL);
        if (!row->user)
                return;
        assert_string_equal(found.user, row->user);
        assert_string_equal(found.group, "sasl");
        assert_string_equal(found.mode, "710");
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_settings, ROWS(settings_rows));
        table_add(&table, "two files", test_two_files, NULL);
        table_add_rows(&table, test_override, ROWS(override_rows));
        return table_run(&table, "shell-settings");
}
