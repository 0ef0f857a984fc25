/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_token.h"

#include "scan.h"

#include <stdio.h>

#define UUID_DIGITS 32u
#define UUID_FORMAT "%.8s-%.4s-%.4s-%.4s-%.12s" /* RFC 4122, section 3 */

/* The text made so far; a C string only at the end. Nothing is written after a failure. */
typedef struct Writer {
        const LdapNames *names;
        LdapPlace place;
        char *out;
        size_t size;
        size_t used;
        LdapExpansion outcome;
} Writer;

static void fail(Writer *writer, LdapExpansion outcome)
{
        if (writer->outcome == LDAP_EXPANDED)
                writer->outcome = outcome;
}

static void put(Writer *writer, uint8_t byte)
{
        if (byte == '\0' || writer->used + 1 >= writer->size)
                fail(writer, LDAP_TOO_LONG);
        if (writer->outcome == LDAP_EXPANDED)
                writer->out[writer->used++] = (char)byte;
}

/* RFC 4515 and RFC 4514 both allow any octet as a backslash and two digits. */
static void put_escaped(Writer *writer, uint8_t byte)
{
        static const char digits[] = "0123456789abcdef";

        put(writer, '\\');
        put(writer, (uint8_t)digits[byte >> 4]);
        put(writer, (uint8_t)digits[byte & 15]);
}

/* Bytes behind ASCII, too: an octet that is not UTF-8 may stand in neither as it is. In a DN a
 * blank or # matters at an end only, and escaped it does not harm elsewhere. */
static bool is_special(uint8_t byte, LdapPlace place)
{
        const char *special = place == LDAP_PLACE_FILTER ? "*()\\" : "\"+,;<>=\\# ";

        return byte < 0x20 || byte >= 0x7f || strchr(special, byte) != NULL;
}

static void put_value(Writer *writer, Bytes value)
{
        for (size_t i = 0; i < value.size; i++)
                if (is_special(value.data[i], writer->place))
                        put_escaped(writer, value.data[i]);
                else
                        put(writer, value.data[i]);
}

/* The part of the login behind the first @, else the realm, as saslauthd's document says. */
static Bytes domain_of(const LdapNames *names)
{
        Bytes rest = names->login;

        (void)scan_part(&rest, '@');
        return rest.size > 0 ? rest : names->realm;
}

static Bytes user_of(const LdapNames *names)
{
        Bytes rest = names->login;

        return scan_part(&rest, '@');
}

/* Takes the last label off *domain. */
static Bytes last_label(Bytes *domain)
{
        size_t start = domain->size;
        Bytes label;

        while (start > 0 && domain->data[start - 1] != '.')
                start--;
        label = (Bytes){domain->data + start, domain->size - start};
        domain->size = start > 0 ? start - 1 : 0;
        return label;
}

/* The label of that number, from the right; empty if there are not so many. */
static Bytes label_of(const LdapNames *names, unsigned number)
{
        Bytes domain = domain_of(names), label = BYTES_EMPTY;

        while (number-- > 0)
                label = domain.size > 0 ? last_label(&domain) : BYTES_EMPTY;
        return label;
}

static void put_vm(Writer *writer, Bytes value)
{
        if (value.size == 0)
                fail(writer, LDAP_NO_VM);
        put_value(writer, value);
}

static void put_uuid(Writer *writer)
{
        char digits[UUID_DIGITS + 1], text[UUID_DIGITS + 5];

        if (writer->names->vm_uuid.size != UUID_DIGITS ||
                !bytes_to_string(writer->names->vm_uuid, digits, sizeof(digits))) {
                put_vm(writer, writer->names->vm_uuid);
                return;
        }
        (void)snprintf(text, sizeof(text), UUID_FORMAT, digits, digits + 8, digits + 12,
                digits + 16, digits + 20);
        put_value(writer, bytes_from_string(text));
}

/* A DN stands in a DN as it is, and as a value in a filter. */
static void put_dn(Writer *writer)
{
        if (writer->place == LDAP_PLACE_FILTER)
                put_value(writer, writer->names->dn);
        else
                for (size_t i = 0; i < writer->names->dn.size; i++)
                        put(writer, writer->names->dn.data[i]);
}

static void put_token(Writer *writer, char token)
{
        const LdapNames *names = writer->names;

        switch (token) {
        case '%': put(writer, '%'); break;
        case 'u': put_value(writer, names->login); break;
        case 'U': put_value(writer, user_of(names)); break;
        case 'd': put_value(writer, domain_of(names)); break;
        case 's': put_value(writer, names->service); break;
        case 'r': put_value(writer, names->realm); break;
        case 'R':
                if (names->realm.size > 0)
                        put(writer, '@');
                put_value(writer, names->realm);
                break;
        case 'v': put_vm(writer, names->vm_name); break;
        case 'i': put_uuid(writer); break;
        case 'D': put_dn(writer); break;
        default: put_value(writer, label_of(names, (unsigned)(token - '0'))); break;
        }
}

bool ldap_template_check(Bytes template, bool is_group)
{
        for (size_t i = 0; i < template.size; i++) {
                if (template.data[i] != '%')
                        continue;
                if (++i == template.size || template.data[i] == '\0' ||
                        !strchr(is_group ? "%uUdsrRvi123456789D" : "%uUdsrRvi123456789",
                                template.data[i]))
                        return false;
        }
        return true;
}

bool ldap_template_varies(const char *template)
{
        for (const char *p = strchr(template, '%'); p; p = strchr(p + 2, '%'))
                if (p[1] != '%')
                        return true;
        return false;
}

static bool has_token(const char *template, const char *tokens)
{
        for (const char *p = strchr(template, '%'); p && p[1]; p = strchr(p + 2, '%'))
                if (strchr(tokens, p[1]))
                        return true;
        return false;
}

bool ldap_template_has_realm(const char *template)
{
        return has_token(template, "rRd123456789");
}

bool ldap_template_has_vm_name(const char *template)
{
        return has_token(template, "v");
}

/* Ends the text. */
static LdapExpansion finish(Writer *writer)
{
        if (writer->size > 0)
                writer->out[writer->outcome == LDAP_EXPANDED ? writer->used : 0] = '\0';
        else
                fail(writer, LDAP_TOO_LONG);
        return writer->outcome;
}

LdapExpansion ldap_template_expand(
        const char *template, const LdapNames *names, LdapPlace place, char *out, size_t size)
{
        Writer writer = {names, place, out, size, 0, LDAP_EXPANDED};

        for (const char *p = template; *p; p++)
                if (*p == '%' && p[1])
                        put_token(&writer, *++p);
                else
                        put(&writer, (uint8_t)*p);
        return finish(&writer);
}

bool ldap_escape(Bytes value, LdapPlace place, char *out, size_t size)
{
        Writer writer = {NULL, place, out, size, 0, LDAP_EXPANDED};

        put_value(&writer, value);
        return finish(&writer) == LDAP_EXPANDED;
}
