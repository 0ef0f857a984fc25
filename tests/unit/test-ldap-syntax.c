/* SPDX-License-Identifier: BSD-2-Clause */

/* Filters and DNs as they stand in a saslauthd.conf. */

#include "proto/ldap_filter.h"
#include "proto/ldap_name.h"

#include "table.h"

#include <ldap.h>

typedef struct Row {
        Bytes text;
        bool good;
} Row;

static const Row filters[] = {
        {LIT("(uid=%u)"), true},
        {LIT("uid=%u"), true},
        {LIT("(&(uid=%u)(objectClass=person))"), true},
        {LIT("(&(|(uid=%U)(mail=%u))(!(locked=*)))"), true},
        {LIT("(& (uid=%u) (host=%s) )"), true},
        {LIT("(! (uid=x))"), true},
        {LIT("(&)"), true}, /* RFC 4526 */
        {LIT("(|)"), true},
        {LIT("(uid=)"), true},
        {LIT("(uid=*)"), true},
        {LIT("(cn=a*b*c)"), true},
        {LIT("(cn=*%u*)"), true},
        {LIT("(age>=18)"), true},
        {LIT("(age<=18)"), true},
        {LIT("(cn~=Eve)"), true},
        {LIT("(cn;lang-en=x)"), true},
        {LIT("(2.5.4.3=x)"), true},
        {LIT("(%s=x)"), true},
        {LIT("(member:1.2.840.113556.1.4.1941:=%D)"), true},
        {LIT("(cn:dn:caseExactMatch:=x)"), true},
        {LIT("(cn:dn:=x)"), true},
        {LIT("(cn:=x)"), true},
        {LIT("(:dn:2.5.13.5:=x)"), true},
        {LIT("(cn=\\28\\2A\\29)"), true},
        {LIT("(cn=\\(x\\)\\*\\\\)"), true},
        {LIT("(cn=a=b)"), true},
        {LIT("(cn=Gr\xc3\xb6\xc3\x9f"
             "e)"),
                true},
        {LIT(""), false},
        {LIT("uid"), false},
        {LIT("(uid)"), false},
        {LIT("()"), false},
        {LIT("("), false},
        {LIT("(uid=%u"), false},
        {LIT("uid=%u)"), false},
        {LIT("(uid=%u)(x=y)"), false},
        {LIT("(uid=%u) "), false},
        {LIT(" (uid=%u)"), false},
        {LIT("(&(uid=%u)(foo))"), false},
        {LIT("(&(uid=%u)x=y)"), false},
        {LIT("(&uid=%u)"), false},
        {LIT("((uid=%u))"), false},
        {LIT("(!)"), false},
        {LIT("(!(a=b)(c=d))"), false},
        {LIT("(=x)"), false},
        {LIT("(:=x)"), false},
        {LIT("(:dn:=x)"), false},
        {LIT("(cn=a**b)"), false},
        {LIT("(cn>=a*)"), false},
        {LIT("(cn<x)"), false},
        {LIT("(cn =x)"), false},
        {LIT("(2.5.=x)"), false},
        {LIT("(cn;=x)"), false},
        {LIT("(cn=\\2)"), false},
        {LIT("(cn=\\x)"), false},
        {LIT("(cn=x\0y)"), false},
        {LIT("(cn=x(y)"), false},
};

static const Row names[] = {
        {LIT("dc=org"), true},
        {LIT("cn=search,dc=example,dc=org"), true},
        {LIT("cn=a+sn=b,dc=org"), true},
        {LIT("CN = a , DC = org"), true},
        {LIT("cn=a;dc=org"), true},
        {LIT("cn=\"a,b\",dc=org"), true},
        {LIT("cn=a\\,b\\2c,dc=org"), true},
        {LIT("cn=a=b,dc=org"), true},
        {LIT("cn=#0401,dc=org"), true},
        {LIT("cn=,dc=org"), true},
        {LIT("2.5.4.3=a,dc=org"), true},
        {LIT("cn=Gr\xc3\xb6\xc3\x9f"
             "e,dc=org"),
                true},
        {LIT(""), false},
        {LIT("nonsense"), false},
        {LIT("search@example.org"), false},
        {LIT("cn=a,"), false},
        {LIT(",cn=a"), false},
        {LIT("cn=a,,dc=org"), false},
        {LIT("cn=a,org"), false},
        {LIT("=a"), false},
        {LIT("cn=a,-=b"), false},
        {LIT("2.5.=a"), false},
        {LIT("cn=#040,dc=org"), false},
        {LIT("cn=\"a,dc=org"), false},
        {LIT("cn=a\\"), false},
        {LIT("cn=a\\x"), false},
        {LIT("cn=a\"b"), false},
};

/* libldap does not know %D. */
static const Row templates[] = {
        {LIT("%D"), true},
        {LIT("cn=vm-%v,%D"), true},
        {LIT("%D,dc=org"), true},
        {LIT("%Dx"), false},
        {LIT("ou=%u,dc=%2,dc=%1"), true},
        {LIT("%r"), false},
        {LIT("cn=a\0,dc=org"), false},
};

static void test_filters(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
                Bytes filter = exact_copy(filters[i].text);

                if (ldap_filter_check(filter) != filters[i].good)
                        fail_msg("%s", (const char *)filters[i].text.data);
                exact_free(&filter);
        }
}

/* ( 100 times and more: no filter that anybody means needs as much of the stack. */
static void test_depth(void **state)
{
        char filter[1024] = "";

        (void)state;
        for (size_t depth = 1; depth < 150; depth++) {
                memset(filter, 0, sizeof(filter));
                for (size_t i = 1; i < depth; i++)
                        (void)strcat(filter, "(!");
                (void)strcat(filter, "(a=b)");
                memset(filter + strlen(filter), ')', depth - 1);
                assert_int_equal(ldap_filter_check(bytes_from_string(filter)), depth <= 100);
        }
}

static void check_names(const Row *rows, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                Bytes name = exact_copy(rows[i].text);

                if (ldap_name_check(name) != rows[i].good)
                        fail_msg("%s", (const char *)rows[i].text.data);
                exact_free(&name);
        }
}

static void test_names(void **state)
{
        (void)state;
        check_names(names, sizeof(names) / sizeof(names[0]));
        check_names(templates, sizeof(templates) / sizeof(templates[0]));
}

static void test_names_with_libldap(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                const char *text = (const char *)names[i].text.data;
                LDAPDN dn = NULL;
                bool good = ldap_str2dn(text, &dn, LDAP_DN_FORMAT_LDAP) == LDAP_SUCCESS && dn;

                ldap_dnfree(dn);
                if (good != names[i].good)
                        fail_msg("%s", text);
        }
}

int main(void)
{
        static Table table;

        table_add(&table, "filters", test_filters, NULL);
        table_add(&table, "filters in filters", test_depth, NULL);
        table_add(&table, "names", test_names, NULL);
        table_add(&table, "names, as libldap has them", test_names_with_libldap, NULL);
        return table_run(&table, "ldap-syntax");
}
