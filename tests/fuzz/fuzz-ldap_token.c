/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a template and names: up to the first NUL the template, then counted strings. */

#include "proto/ldap_token.h"

#include "proto/counted.h"

#include "fuzz.h"

/* No value brings along what means something there; templates with it are not looked at. */
static void check_quoted(const char *text, LdapPlace place)
{
        for (const char *p = text; *p; p++) {
                CHECK(!strchr(place == LDAP_PLACE_FILTER ? "*()" : "\"+,;<>=#", *p));
                if (*p != '\\')
                        continue;
                CHECK(strchr("0123456789abcdef", p[1]) && p[1]);
                CHECK(strchr("0123456789abcdef", p[2]) && p[2]);
                p += 2;
        }
}

static bool is_plain(const char *template)
{
        return !strpbrk(template, "*()\\\"+,;<>=#D");
}

static void check_place(const char *template, const LdapNames *names, LdapPlace place)
{
        static char out[LDAP_TEMPLATE_TEXT_MAX];
        LdapExpansion outcome = ldap_template_expand(template, names, place, out, sizeof(out));

        CHECK(memchr(out, 0, sizeof(out)));
        CHECK(outcome == LDAP_EXPANDED || out[0] == '\0');
        if (outcome != LDAP_EXPANDED)
                return;
        if (is_plain(template))
                check_quoted(out, place);
        if (!ldap_template_varies(template))
                CHECK(strlen(out) <= strlen(template));
        CHECK(ldap_template_expand(template, names, place, out, strlen(out)) == LDAP_TOO_LONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
        LdapNames names = {};
        Bytes *const strings[] = {&names.login, &names.realm, &names.service, &names.vm_name,
                &names.vm_uuid, &names.dn};
        Bytes rest;

        if (!end || !ldap_template_check((Bytes){data, (size_t)(end - data)}, true))
                return 0;
        rest = (Bytes){end + 1, size - (size_t)(end - data) - 1};
        for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
                (void)counted_get(&rest, strings[i]);
        if (bytes_contain(names.dn, 0)) /* no server's */
                names.dn = BYTES_EMPTY;
        check_place((const char *)data, &names, LDAP_PLACE_FILTER);
        check_place((const char *)data, &names, LDAP_PLACE_DN);
        return 0;
}
