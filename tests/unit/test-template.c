/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/template.h"
#include "proto/cleanup.h"

#include <fnmatch.h>

#include "table.h"

typedef struct CheckRow {
        const char *name; /* the text itself */
        const char *allowed;
        int at; /* of the fault, -1 = good */
} CheckRow;

static const CheckRow checks[] = {
        {"", TEMPLATE_VOUCHED, -1},
        {"plain", TEMPLATE_VOUCHED, -1},
        {"console-%v", TEMPLATE_VOUCHED, -1},
        {"%i%v%%", TEMPLATE_VOUCHED, -1},
        {"%%%%v", TEMPLATE_VOUCHED, -1},
        {"%u", TEMPLATE_VOUCHED, 0},
        {"a%v%r", TEMPLATE_VOUCHED, 3},
        {"%%%", TEMPLATE_VOUCHED, 2},
        {"100%", TEMPLATE_TYPED, 3},
        {"%", TEMPLATE_TYPED, 0},
        {"%u%r%R%s%h%v%i%%", TEMPLATE_TYPED, -1},
        {"% v", TEMPLATE_TYPED, 0},
        {"%V", TEMPLATE_TYPED, 0},
        {"%\xc3\xa4", TEMPLATE_TYPED, 0},
};

static void test_check(void **state)
{
        const CheckRow *row = *state;
        size_t at = 99;

        assert_int_equal(template_check(row->name, row->allowed, &at), row->at < 0);
        if (row->at >= 0)
                assert_int_equal(at, row->at);
        assert_int_equal(template_has_tokens(row->name), strchr(row->name, '%') != NULL);
}

typedef struct ExpandRow {
        const char *name;
        const char *text;
        Facts facts;
        TemplateOutcome outcome;
        const char *expanded;
} ExpandRow;

#define UUID "0123456789abcdef0123456789abcdef"
#define VM(vm_name)                                                                                \
        {                                                                                          \
                .vm = { VM_KNOWN, vm_name, UUID }                                                  \
        }

static const ExpandRow expansions[] = {
        {"nothing to put in", "a*b\\c", {.now = 0}, TEMPLATE_DONE, "a*b\\c"},
        {"name of the VM", "console-%v", VM("vmA"), TEMPLATE_DONE, "console-vmA"},
        {"UUID with hyphens", "%i", VM("vmA"), TEMPLATE_DONE,
                "01234567-89ab-cdef-0123-456789abcdef"},
        {"several", "%v%v-%%v", VM("x"), TEMPLATE_DONE, "xx-%v"},
        {"a value with tokens is no template", "%v", VM("%u%i"), TEMPLATE_DONE, "%u%i"},
        {"name not known", "%v", VM(NULL), TEMPLATE_NO_VALUE, ""},
        {"UUID not known", "%i", {.vm = {VM_KNOWN, "vmA", NULL}}, TEMPLATE_NO_VALUE, ""},
        {"a UUID that is none", "%i", {.vm = {VM_KNOWN, "vmA", "12"}}, TEMPLATE_NO_VALUE, ""},
        {"no VM", "x%v", {.vm = {VM_NONE, NULL, NULL}}, TEMPLATE_NO_VALUE, ""},
        {"could not tell which VM", "%v", {.vm = {VM_UNDECIDED, "vmA", UUID}}, TEMPLATE_NO_VALUE,
                ""},
        {"could not tell which UUID", "%i", {.vm = {VM_UNDECIDED, "vmA", UUID}}, TEMPLATE_NO_VALUE,
                ""},
        {"login and realm", "%u|%r|%R", {.login = LIT("alice"), .realm = LIT("example")},
                TEMPLATE_DONE, "alice|example|@example"},
        {"an empty realm", "%u%R,%r", {.login = LIT("alice")}, TEMPLATE_DONE, "alice,"},
        {"service", "pam-%s", {.service = LIT("smtp")}, TEMPLATE_DONE, "pam-smtp"},
        {"client address", "%h", {.client = LIT("192.0.2.1;4711")}, TEMPLATE_DONE, "192.0.2.1"},
        {"client address alone", "%h", {.client = LIT("::1")}, TEMPLATE_DONE, "::1"},
        {"no client", "%h", {.now = 0}, TEMPLATE_NO_VALUE, ""},
        {"a port without address", "%h", {.client = LIT(";1")}, TEMPLATE_NO_VALUE, ""},
        {"NUL in a value", "%u", {.login = LIT("a\0b")}, TEMPLATE_TOO_LONG, ""},
        {"just fits", "%u", {.login = LIT("123456789012345678901234567890123456789")},
                TEMPLATE_DONE, "123456789012345678901234567890123456789"},
        {"one byte too long", "%u-", {.login = LIT("123456789012345678901234567890123456789")},
                TEMPLATE_TOO_LONG, ""},
        {"the first failure is told", "%v%u",
                {.login = LIT("1234567890123456789012345678901234567890")}, TEMPLATE_NO_VALUE, ""},
};

static void test_expand(void **state)
{
        const ExpandRow *row = *state;
        char *out = malloc(40);

        assert_non_null(out);
        assert_int_equal(template_expand(row->text, &row->facts, out, 40), row->outcome);
        assert_string_equal(out, row->expanded);
        free(out);
}

typedef struct PatternRow {
        const char *name;
        const char *text;
        const char *vm;
        const char *expanded;
        const char *matching;  /* or NULL */
        const char *different; /* or NULL */
} PatternRow;

static const PatternRow patterns[] = {
        {"stars of the text stay", "*-%v", "vmA", "*-vmA", "x-vmA", "x-vmB"},
        {"a star of the value is a star", "%v", "*", "\\*", "*", "vmA"},
        {"every special character", "%v", "*?[]\\!^-", "\\*\\?\\[\\]\\\\\\!\\^\\-", "*?[]\\!^-",
                NULL},
        {"a range between brackets", "[%v]", "a-z", "[a\\-z]", "-", "m"},
        {"a negation between brackets", "[%v]", "!a", "[\\!a]", "!", "b"},
        {"a bracket between brackets", "[%v]", "]b", "[\\]b]", "]", "]b]"},
        {"a quoted token", "a\\%v", "*x", "a\\*x", "a*x", "abx"},
        {"a token behind a quoted backslash", "a\\\\%v", "*", "a\\\\\\*", "a\\*", "a\\x"},
        {"a quoted star", "\\*%v", "x", "\\*x", "*x", "ax"},
        {"a backslash at the end", "%v\\", "x", "x\\", NULL, "x"},
        {"a quoted %", "\\%%", "x", "%", "%", NULL},
};

static void test_pattern(void **state)
{
        const PatternRow *row = *state;
        Facts facts = {.vm = {VM_KNOWN, row->vm, NULL}};
        char out[64];

        assert_int_equal(
                template_expand_pattern(row->text, &facts, out, sizeof(out)), TEMPLATE_DONE);
        assert_string_equal(out, row->expanded);
        if (row->matching)
                assert_int_equal(fnmatch(out, row->matching, 0), 0);
        if (row->different)
                assert_int_equal(fnmatch(out, row->different, 0), FNM_NOMATCH);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_check, ROWS(checks));
        table_add_rows(&table, test_expand, ROWS(expansions));
        table_add_rows(&table, test_pattern, ROWS(patterns));
        return table_run(&table, "template");
}
