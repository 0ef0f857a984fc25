/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_name.h"

#include "ldap_type.h"
#include "scan.h"

#include <ctype.h>

static void skip_blanks(Bytes *rest)
{
        while (rest->size > 0 && isspace(rest->data[0]))
                scan_skip(rest, 1);
}

/* Takes what stands behind a backslash: two hexadecimal digits, or what is special. */
static bool take_escaped(Bytes *rest)
{
        bool is_pair = rest->size >= 2 && isxdigit(rest->data[0]) && isxdigit(rest->data[1]);

        if (!is_pair && (rest->size == 0 || rest->data[0] == '\0' ||
                                !strchr(" \"#+,;<=>\\", rest->data[0])))
                return false;
        scan_skip(rest, is_pair ? 2 : 1);
        return true;
}

/* Takes a value up to one of the bytes that end it. */
static bool take_until(Bytes *rest, const char *ends, const char *forbidden)
{
        while (rest->size > 0 && (rest->data[0] == '\0' || !strchr(ends, rest->data[0]))) {
                uint8_t byte = rest->data[0];

                if (byte == '\0' || strchr(forbidden, byte))
                        return false;
                scan_skip(rest, 1);
                if (byte == '\\' && !take_escaped(rest))
                        return false;
        }
        return true;
}

static bool take_digits(Bytes *rest)
{
        size_t size = 0;

        while (size < rest->size && isxdigit(rest->data[size]))
                size++;
        scan_skip(rest, size);
        return size > 0 && size % 2 == 0;
}

/* As digits, in quotes (LDAPv2), or as it is. */
static bool take_value(Bytes *rest)
{
        if (scan_prefix(rest, "#"))
                return take_digits(rest);
        if (scan_prefix(rest, "\""))
                return take_until(rest, "\"", "") && scan_prefix(rest, "\"");
        return take_until(rest, ",;+", "\"<>");
}

/* TYPE=VALUE */
static bool take_part(Bytes *rest)
{
        skip_blanks(rest);
        if (!ldap_type_take(rest))
                return false;
        skip_blanks(rest);
        if (!scan_prefix(rest, "="))
                return false;
        skip_blanks(rest);
        if (!take_value(rest))
                return false;
        skip_blanks(rest);
        return true;
}

static bool take_separator(Bytes *rest)
{
        return scan_prefix(rest, ",") || scan_prefix(rest, ";") || scan_prefix(rest, "+");
}

bool ldap_name_check(Bytes name)
{
        do {
                bool is_whole_name = scan_prefix(&name, "%D");

                if (!is_whole_name && !take_part(&name))
                        return false;
                if (name.size == 0)
                        return true;
        } while (take_separator(&name));
        return false;
}
