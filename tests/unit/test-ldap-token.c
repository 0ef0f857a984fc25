/* SPDX-License-Identifier: BSD-2-Clause */

/* Templates of a saslauthd.conf, with names that mean something in filters and DNs. */

#include "proto/ldap_token.h"

#include "table.h"

#define UUID    "0123456789abcdef0123456789abcdef"
#define WRITTEN "01234567-89ab-cdef-0123-456789abcdef"

static const LdapNames alice = {LIT("alice"), LIT("example.org"), LIT("imap"), LIT("vmA"),
        LIT(UUID), LIT("uid=alice,dc=x")};
static const LdapNames mail = {
        LIT("bob@mail.example.org"), LIT("realm"), LIT("smtp"), LIT(""), LIT(""), LIT("")};
static const LdapNames odd = {LIT("*()\\\0\xc3\xbc"), LIT(""), LIT("a b"), LIT("v*"), LIT("short"),
        LIT("cn=a\\2cb,dc=(x)")};
static const LdapNames name = {LIT(" ,+\"<>;=#\\\0x"), LIT(""), LIT(""), LIT(""), LIT(""), LIT("")};

typedef struct ExpandRow {
        const char *name;
        const char *template;
        const LdapNames *names;
        LdapPlace place;
        LdapExpansion outcome;
        const char *expected;
} ExpandRow;

#define FILTER LDAP_PLACE_FILTER
#define DN     LDAP_PLACE_DN

static const ExpandRow expand_rows[] = {
        {"nothing", "", &alice, FILTER, LDAP_EXPANDED, ""},
        {"no token", "(uid=x)", &alice, FILTER, LDAP_EXPANDED, "(uid=x)"},
        {"%u", "(uid=%u)", &alice, FILTER, LDAP_EXPANDED, "(uid=alice)"},
        {"%u twice", "(|(uid=%u)(cn=%u))", &alice, FILTER, LDAP_EXPANDED,
                "(|(uid=alice)(cn=alice))"},
        {"%%", "100%%", &alice, FILTER, LDAP_EXPANDED, "100%"},
        {"%%u", "%%u", &alice, FILTER, LDAP_EXPANDED, "%u"},
        {"%U without @", "%U", &alice, FILTER, LDAP_EXPANDED, "alice"},
        {"%U with @", "%U", &mail, FILTER, LDAP_EXPANDED, "bob"},
        {"%d of the login", "%d", &mail, FILTER, LDAP_EXPANDED, "mail.example.org"},
        {"%d of the realm", "%d", &alice, FILTER, LDAP_EXPANDED, "example.org"},
        {"%d of nothing", "[%d]", &odd, FILTER, LDAP_EXPANDED, "[]"},
        {"labels", "%1 %2 %3 %4 %9", &mail, FILTER, LDAP_EXPANDED, "org example mail  "},
        {"labels of the realm", "dc=%2,dc=%1", &alice, DN, LDAP_EXPANDED, "dc=example,dc=org"},
        {"%r", "%r", &mail, FILTER, LDAP_EXPANDED, "realm"},
        {"%R", "%u%R", &alice, FILTER, LDAP_EXPANDED, "alice@example.org"},
        {"%R without realm", "x%R", &odd, FILTER, LDAP_EXPANDED, "x"},
        {"%s", "%s", &mail, FILTER, LDAP_EXPANDED, "smtp"},
        {"%v", "vm-%v", &alice, FILTER, LDAP_EXPANDED, "vm-vmA"},
        {"%v unknown", "(cn=vm-%v)", &mail, FILTER, LDAP_NO_VM, ""},
        {"%v escaped", "%v", &odd, FILTER, LDAP_EXPANDED, "v\\2a"},
        {"%i", "%i", &alice, FILTER, LDAP_EXPANDED, WRITTEN},
        {"%i unknown", "%i", &mail, FILTER, LDAP_NO_VM, ""},
        {"%i that is none", "%i", &odd, FILTER, LDAP_EXPANDED, "short"},
        {"%D in a filter", "(member=%D)", &odd, FILTER, LDAP_EXPANDED,
                "(member=cn=a\\5c2cb,dc=\\28x\\29)"},
        {"%D in a DN", "cn=x,%D", &odd, DN, LDAP_EXPANDED, "cn=x,cn=a\\2cb,dc=(x)"},
        {"special in a filter", "(uid=%u)", &odd, FILTER, LDAP_EXPANDED,
                "(uid=\\2a\\28\\29\\5c\\00\\c3\\bc)"},
        {"special in a DN", "uid=%u,dc=x", &name, DN, LDAP_EXPANDED,
                "uid=\\20\\2c\\2b\\22\\3c\\3e\\3b\\3d\\23\\5c\\00x,dc=x"},
        {"a lone % at the end", "x%", &alice, FILTER, LDAP_EXPANDED, "x%"},
};

static void test_expand(void **state)
{
        const ExpandRow *row = *state;
        char out[256];

        assert_int_equal(
                ldap_template_expand(row->template, row->names, row->place, out, sizeof(out)),
                row->outcome);
        assert_string_equal(out, row->expected);
        if (row->outcome != LDAP_EXPANDED)
                return;
        assert_int_equal(ldap_template_expand(
                                 row->template, row->names, row->place, out, strlen(row->expected)),
                LDAP_TOO_LONG);
        assert_int_equal(ldap_template_expand(row->template, row->names, row->place, out,
                                 strlen(row->expected) + 1),
                LDAP_EXPANDED);
}

typedef struct CheckRow {
        const char *name;
        Bytes template;
        bool is_group;
        bool good;
        bool varies;
} CheckRow;

static const CheckRow check_rows[] = {
        {"check: all", LIT("%u%U%d%1%9%s%r%R%v%i%%"), false, true, true},
        {"check: %D for groups", LIT("%D"), true, true, true},
        {"check: %D elsewhere", LIT("%D"), false, false, true},
        {"check: %0", LIT("%0"), true, false, true},
        {"check: %x", LIT("%x"), true, false, true},
        {"check: % at the end", LIT("x%"), true, false, true},
        {"check: % and NUL", LIT("x%\0"), true, false, true},
        {"check: only %%", LIT("a%%b"), false, true, false},
        {"check: none", LIT("dc=x"), false, true, false},
};

static void test_check(void **state)
{
        const CheckRow *row = *state;

        assert_int_equal(ldap_template_check(row->template, row->is_group), row->good);
        if (row->good)
                assert_int_equal(
                        ldap_template_varies((const char *)row->template.data), row->varies);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_expand, ROWS(expand_rows));
        table_add_rows(&table, test_check, ROWS(check_rows));
        return table_run(&table, "ldap-token");
}
