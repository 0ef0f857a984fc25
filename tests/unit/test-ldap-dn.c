/* SPDX-License-Identifier: BSD-2-Clause */

/* What DNs of a directory say: the name of an account, and of which VM they are. */

#include "backends/ldap_dn.h"

#include "table.h"

typedef struct ValueRow {
        const char *name;
        const char *dn;
        const char *value; /* NULL = none */
        bool is_of_attribute;
} ValueRow;

static const ValueRow value_rows[] = {
        {"value: the attribute", "uid=eve,dc=x", "eve", true},
        {"value: its name in capitals", "UID=Eve,dc=x", "Eve", true},
        {"value: another attribute", "cn=Eve E.,uid=x", "Eve E.", false},
        {"value: one of two", "cn=Eve E.+uid=eve,dc=x", "eve", true},
        {"value: of two others", "cn=Eve E.+sn=eve,dc=x", "Eve E.", false},
        {"value: escaped", "uid=a\\,b\\2bc,dc=x", "a,b+c", true},
        {"value: a NUL", "uid=a\\00b,dc=x", NULL, true},
        {"value: too long", "uid=123456789012,dc=x", NULL, true},
        {"value: no DN", "eve@example.org", NULL, false},
        {"value: nothing", "", NULL, false},
};

static void test_value(void **state)
{
        const ValueRow *row = *state;
        char out[12];
        bool is_of_attribute;
        bool good = ldap_dn_value(row->dn, "uid", out, sizeof(out), &is_of_attribute);

        assert_int_equal(good, row->value != NULL);
        assert_int_equal(is_of_attribute, row->is_of_attribute);
        if (good)
                assert_string_equal(out, row->value);
}

#define GROUP "cn=vm-%v,ou=groups,dc=x"

typedef struct VmRow {
        const char *name;
        const char *dn;
        const char *template;
        const char *vm;
        bool is_of_vm;
} VmRow;

static const VmRow vm_rows[] = {
        {"itself", "cn=vm-vmA,ou=groups,dc=x", GROUP, "vmA", true},
        {"other case elsewhere", "CN=vm-vmA, OU=Groups, dc=X", GROUP, "vmA", true},
        {"other case", "cn=vm-vmA,ou=groups,dc=x", GROUP, "VMA", false},
        {"other width", "cn=vm-vmA,ou=groups,dc=x", GROUP, "ｖｍＡ", false},
        {"a blank behind", "cn=vm-vmA,ou=groups,dc=x", GROUP, "vmA ", false},
        {"two blanks for one", "cn=vm-a b,ou=groups,dc=x", GROUP, "a  b", false},
        {"special characters", "cn=vm-a\\2cb\\3d\\2b,ou=groups,dc=x", GROUP, "a,b=+", true},
        {"UTF-8", "cn=vm-Größe,ou=groups,dc=x", GROUP, "Größe", true},
        {"UTF-8 escaped", "cn=vm-Gr\\C3\\B6\\C3\\9Fe,ou=groups,dc=x", GROUP, "Größe", true},
        {"below a base", "uid=alice,ou=people,ou=vmA,dc=x", "ou=%v,dc=x", "vmA", true},
        {"below another base", "uid=alice,ou=people,ou=vmA,dc=x", "ou=%v,dc=x", "vma", false},
        {"the base has it twice", "uid=vmA,ou=vmA,dc=x", "uid=%v,ou=%v,dc=x", "vmA", true},
        {"one of two is another", "uid=vma,ou=vmA,dc=x", "uid=%v,ou=%v,dc=x", "vmA", false},
        {"a part of two", "cn=vmA+ou=x,dc=x", "ou=x+cn=%v,dc=x", "vmA", true},
        {"a part of two, another", "cn=vma+ou=x,dc=x", "ou=x+cn=%v,dc=x", "vmA", false},
        {"a VM called as what it is compared with", "cn=vm-x,ou=groups,dc=x", GROUP, "x", true},
        {"and in capitals", "cn=vm-x,ou=groups,dc=x", GROUP, "X", false},
        {"too short", "dc=x", GROUP, "vmA", false},
        {"no VM", "cn=vm-,ou=groups,dc=x", GROUP, "", false},
        {"no DN", "vm-vmA", GROUP, "vmA", false},
        {"a template that is none", "cn=vm-vmA,dc=x", "vm-%v", "vmA", false},
        {"without the name", "whatever", "cn=x", "vmA", true},
        {"with the UUID", "cn=x", "cn=%i", "vmA", true},
        {"a percent sign", "cn=x", "cn=%%v", "vmA", true},
};

static void test_vm(void **state)
{
        const VmRow *row = *state;
        const LdapNames names = {
                .login = bytes_from_string("alice"), .vm_name = bytes_from_string(row->vm)};

        assert_int_equal(ldap_dn_is_of_vm(row->dn, row->template, &names), row->is_of_vm);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_value, ROWS(value_rows));
        table_add_rows(&table, test_vm, ROWS(vm_rows));
        return table_run(&table, "ldap-dn");
}
