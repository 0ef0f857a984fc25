/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_uri.h"

#include "scan.h"

static bool is_separator(uint8_t byte)
{
        return byte == ' ' || byte == '\t' || byte == ',';
}

Bytes ldap_uri_next(Bytes *rest)
{
        Bytes uri;

        while (rest->size > 0 && is_separator(rest->data[0]))
                scan_skip(rest, 1);
        uri = (Bytes){rest->data, 0};
        while (uri.size < rest->size && !is_separator(rest->data[uri.size]))
                uri.size++;
        if (uri.size > 0)
                scan_skip(rest, uri.size);
        return uri;
}

static bool take_scheme(Bytes *uri, const char *scheme)
{
        size_t size = strlen(scheme);

        if (uri->size < size || strncasecmp((const char *)uri->data, scheme, size) != 0)
                return false;
        scan_skip(uri, size);
        return true;
}

static bool is_port(Bytes text)
{
        uint64_t number;

        return scan_number(text, &number) && number <= UINT16_MAX;
}

static bool is_address(uint8_t byte)
{
        return byte == ':' || byte == '.' || byte == '%' || (byte >= '0' && byte <= '9') ||
               (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Of IPv6, in brackets (RFC 3986, section 3.2.2). */
static bool take_address(Bytes *rest)
{
        Bytes address = BYTES_EMPTY;

        if (bytes_contain(*rest, ']'))
                address = scan_part(rest, ']');
        for (size_t i = 0; i < address.size; i++)
                if (!is_address(address.data[i]))
                        return false;
        return address.size > 0;
}

static bool is_authority(Bytes text)
{
        if (scan_prefix(&text, "[")) {
                if (!take_address(&text))
                        return false;
                return text.size == 0 || (scan_prefix(&text, ":") && is_port(text));
        }
        if (!bytes_contain(text, ':'))
                return true;
        (void)scan_part(&text, ':');
        return is_port(text);
}

bool ldap_uri_check(Bytes uri)
{
        if (take_scheme(&uri, "ldapi://"))
                return true;
        if (!take_scheme(&uri, "ldap://") && !take_scheme(&uri, "ldaps://"))
                return false;
        return is_authority(scan_part(&uri, '/'));
}
