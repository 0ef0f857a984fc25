/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_filter.h"

#include "ldap_type.h"
#include "scan.h"

#include <ctype.h>

#define DEPTH_MAX 100 /* of filters in filters: libldap, too, calls itself for each */

static void skip_blanks(Bytes *rest)
{
        while (rest->size > 0 && isspace(rest->data[0]))
                scan_skip(rest, 1);
}

/* "=", "~=", ">=", "<=", or what stands before the value of an extensible match: ":dn", ":RULE". */
static bool take_operator(Bytes *rest, bool has_type, bool *is_equality)
{
        *is_equality = scan_prefix(rest, "=");
        if (*is_equality || scan_prefix(rest, "~=") || scan_prefix(rest, ">=") ||
                scan_prefix(rest, "<=") || scan_prefix(rest, ":=") || scan_prefix(rest, ":dn:="))
                return has_type;
        (void)scan_prefix(rest, ":dn");
        return scan_prefix(rest, ":") && ldap_type_take(rest) && scan_prefix(rest, ":=");
}

/* Takes an octet behind a backslash: two hexadecimal digits, or, as in LDAPv2, what is special. */
static bool take_escaped(Bytes *rest)
{
        bool is_pair = rest->size >= 2 && isxdigit(rest->data[0]) && isxdigit(rest->data[1]);

        if (!is_pair &&
                (rest->size == 0 || rest->data[0] == '\0' || !strchr("()*\\", rest->data[0])))
                return false;
        scan_skip(rest, is_pair ? 2 : 1);
        return true;
}

/* Takes a value up to what ends it. Between two * there has to be something. */
static bool take_value(Bytes *rest, bool has_stars)
{
        uint8_t last = 0;

        while (rest->size > 0 && rest->data[0] != ')') {
                uint8_t byte = rest->data[0];

                if (byte == '\0' || byte == '(' || (byte == '*' && (!has_stars || last == '*')))
                        return false;
                scan_skip(rest, 1);
                if (byte == '\\' && !take_escaped(rest))
                        return false;
                last = byte;
        }
        return true;
}

static bool take_item(Bytes *rest)
{
        bool has_type = !scan_starts_with(*rest, ":"), is_equality;

        if (has_type && !ldap_type_take_description(rest))
                return false;
        return take_operator(rest, has_type, &is_equality) && take_value(rest, is_equality);
}

static bool take_filter(Bytes *rest, unsigned depth);

static bool take_list(Bytes *rest, unsigned depth)
{
        for (skip_blanks(rest); scan_starts_with(*rest, "("); skip_blanks(rest))
                if (!take_filter(rest, depth))
                        return false;
        return true;
}

static bool take_negated(Bytes *rest, unsigned depth)
{
        skip_blanks(rest);
        return take_filter(rest, depth);
}

/* One in parentheses. */
static bool take_filter(Bytes *rest, unsigned depth)
{
        bool good;

        if (depth == 0 || !scan_prefix(rest, "("))
                return false;
        skip_blanks(rest);
        if (scan_prefix(rest, "&") || scan_prefix(rest, "|"))
                good = take_list(rest, depth - 1);
        else if (scan_prefix(rest, "!"))
                good = take_negated(rest, depth - 1);
        else
                good = take_item(rest);
        return good && scan_prefix(rest, ")");
}

bool ldap_filter_check(Bytes filter)
{
        bool good = scan_starts_with(filter, "(") ? take_filter(&filter, DEPTH_MAX)
                                                  : take_item(&filter);

        return good && filter.size == 0;
}
