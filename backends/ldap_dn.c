/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_dn.h"

#include "proto/cleanup.h"

#include <ldap.h>

static void free_dn(LDAPDN *dn)
{
        ldap_dnfree(*dn);
}

/* NULL for one without parts, and for what is none. */
static LDAPDN parse(const char *text)
{
        LDAPDN dn = NULL;

        return ldap_str2dn(text, &dn, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS ? dn : NULL;
}

static Bytes value_of(const LDAPAVA *part)
{
        return (Bytes){(const uint8_t *)part->la_value.bv_val, part->la_value.bv_len};
}

static bool is_attribute(const LDAPAVA *part, const char *name)
{
        return part->la_attr.bv_len == strlen(name) &&
               strncasecmp(part->la_attr.bv_val, name, part->la_attr.bv_len) == 0;
}

bool ldap_dn_value(
        const char *dn, const char *attribute, char *out, size_t size, bool *is_of_attribute)
{
        _cleanup_(free_dn) LDAPDN parts = parse(dn);
        const LDAPAVA *found;

        *is_of_attribute = false;
        if (!parts || !parts[0] || !parts[0][0])
                return false;
        found = parts[0][0];
        for (LDAPAVA **each = parts[0]; *each && !*is_of_attribute; each++)
                if (is_attribute(*each, attribute)) {
                        found = *each;
                        *is_of_attribute = true;
                }
        return bytes_to_string(value_of(found), out, size);
}

static size_t count(LDAPDN dn)
{
        size_t n = 0;

        while (dn && dn[n])
                n++;
        return n;
}

static LDAPDN expand(const char *template, LdapNames names, Bytes vm_name)
{
        char text[LDAP_TEMPLATE_TEXT_MAX];

        names.vm_name = vm_name;
        return ldap_template_expand(template, &names, LDAP_PLACE_DN, text, sizeof(text)) ==
                               LDAP_EXPANDED
                       ? parse(text)
                       : NULL;
}

static bool has_value(LDAPRDN rdn, Bytes value)
{
        for (LDAPAVA **each = rdn; *each; each++)
                if (bytes_equal(value_of(*each), value))
                        return true;
        return false;
}

/* What is not the same for another VM is what the name is in. */
static bool is_part_of_vm(LDAPRDN found, LDAPRDN wanted, LDAPRDN others)
{
        for (size_t i = 0; wanted[i] && others[i]; i++)
                if (!bytes_equal(value_of(wanted[i]), value_of(others[i])) &&
                        !has_value(found, value_of(wanted[i])))
                        return false;
        return true;
}

bool ldap_dn_is_of_vm(const char *dn, const char *template, const LdapNames *names)
{
        const char *other = names->vm_name.size > 0 && names->vm_name.data[0] == 'x' ? "y" : "x";
        _cleanup_(free_dn) LDAPDN found = NULL, wanted = NULL, others = NULL;
        size_t below, size;

        if (!ldap_template_has_vm_name(template))
                return true;
        found = parse(dn);
        wanted = expand(template, *names, names->vm_name);
        others = expand(template, *names, bytes_from_string(other));
        size = count(wanted);
        if (size == 0 || count(others) != size || count(found) < size)
                return false;
        below = count(found) - size;
        for (size_t i = 0; i < size; i++)
                if (!is_part_of_vm(found[below + i], wanted[i], others[i]))
                        return false;
        return true;
}
