/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_parameter.h"

#include "cleanup.h"
#include "ldap_filter.h"
#include "ldap_name.h"
#include "ldap_token.h"
#include "ldap_uri.h"
#include "nearest.h"
#include "scan.h"

#include <limits.h>
#include <stddef.h>

#define PARAMETER(name, kind, member)                                                              \
        {"ldap_" name, LDAP_PARAMETER_##kind, offsetof(LdapConfig, member)},

static const LdapParameter parameters[] = {LDAP_PARAMETERS(PARAMETER)};

#define PARAMETER_COUNT (sizeof(parameters) / sizeof(parameters[0]))

const LdapParameter *ldap_parameter_find(const char *name)
{
        for (size_t i = 0; i < PARAMETER_COUNT; i++)
                if (strcasecmp(parameters[i].name, name) == 0)
                        return &parameters[i];
        return NULL;
}

const char *ldap_parameter_nearest(const char *name)
{
        Nearest nearest;

        nearest_init(&nearest, name);
        for (size_t i = 0; i < PARAMETER_COUNT; i++)
                nearest_try(&nearest, parameters[i].name);
        return nearest.name;
}

static const char *set_text(char **target, Bytes value)
{
        char *copy = strndup((const char *)value.data, value.size);

        if (!copy)
                return "it again: out of memory";
        free(*target);
        *target = copy;
        return NULL;
}

/* saslauthd would take it from the directory it changes to. */
static const char *set_path(char **target, Bytes value)
{
        return value.data[0] == '/' ? set_text(target, value) : "an absolute path";
}

static const char *set_secret(Secret **target, Bytes value)
{
        Secret *copy = secret_new_string(value);

        if (!copy)
                return "it again: out of memory";
        (void)secret_free(*target);
        *target = copy;
        return NULL;
}

static const char *set_servers(char **target, Bytes value)
{
        static const char expected[] = "URIs as ldap://HOST/ or ldaps://HOST:PORT/, separated by "
                                       "blanks or commas";
        Bytes rest = value, uri = ldap_uri_next(&rest);

        if (uri.size == 0)
                return expected;
        for (; uri.size > 0; uri = ldap_uri_next(&rest))
                if (!ldap_uri_check(uri))
                        return expected;
        return set_text(target, value);
}

static const char *set_template(char **target, Bytes value, bool is_group)
{
        if (ldap_template_check(value, is_group))
                return set_text(target, value);
        return is_group ? "after each % one of u U d 1-9 s r R v i D or %"
                        : "after each % one of u U d 1-9 s r R v i or % (and %D only for groups)";
}

/* Active Directory has names for entries beside DNs. */
static const char *set_dn(char **target, Bytes value, bool is_group)
{
        if (ldap_name_check(value) || (scan_starts_with(value, "<") && scan_ends_with(value, ">")))
                return set_template(target, value, is_group);
        return "a DN, as ou=people,dc=example,dc=com";
}

/* And for accounts: NAME@DOMAIN, DOMAIN\NAME. */
static const char *set_account(char **target, Bytes value)
{
        if (ldap_name_check(value) || bytes_contain(value, '@') || bytes_contain(value, '\\'))
                return set_text(target, value);
        return "a DN, as cn=search,dc=example,dc=com";
}

/* What has no parentheses around it may be a DN, too, if the method turns out to be fastbind. */
static const char *set_filter(char **target, Bytes value, bool is_group)
{
        if ((scan_starts_with(value, "(") || is_group) && !ldap_filter_check(value))
                return "a filter, as (&(uid=%u)(objectClass=person))";
        return set_template(target, value, is_group);
}

static const char *set_number(int *target, Bytes value)
{
        uint64_t number;

        if (!scan_number(value, &number) || number > INT_MAX / 1000)
                return "a whole number";
        *target = (int)number;
        return NULL;
}

static const char *set_debug(int *target, Bytes value)
{
        bool negative = value.size > 1 && value.data[0] == '-';
        const char *expected;

        if (negative)
                scan_skip(&value, 1);
        expected = set_number(target, value);
        if (negative && !expected)
                *target = -*target;
        return expected;
}

static const char *set_version(int *target, Bytes value)
{
        if (!bytes_equal_string(value, "2") && !bytes_equal_string(value, "3"))
                return "2 or 3";
        *target = value.data[0] - '0';
        return NULL;
}

static bool begins(Bytes value, const char *prefix)
{
        return value.size >= strlen(prefix) &&
               strncasecmp((const char *)value.data, prefix, strlen(prefix)) == 0;
}

static bool begins_with_one(Bytes value, const char *const *prefixes)
{
        for (; *prefixes; prefixes++)
                if (begins(value, *prefixes))
                        return true;
        return false;
}

/* What libldap knows (ldap_pvt_sasl_secprops()). */
static bool is_security_property(Bytes word)
{
        static const char *const words[] = {"none", "noplain", "noactive", "nodict", "forwardsec",
                "noanonymous", "passcred", NULL};
        static const char *const limits[] = {"minssf=", "maxssf=", "maxbufsize=", NULL};
        uint64_t number;

        for (const char *const *each = words; *each; each++)
                if (word.size == strlen(*each) && begins(word, *each))
                        return true;
        if (!begins_with_one(word, limits))
                return false;
        (void)scan_part(&word, '=');
        return scan_number(word, &number) && number <= INT_MAX;
}

static const char *set_secprops(char **target, Bytes value)
{
        Bytes rest = value;

        while (rest.size > 0) {
                Bytes word = scan_part(&rest, ',');

                if (word.size > 0 && !is_security_property(word))
                        return "none, noplain, noactive, nodict, forwardsec, noanonymous, "
                               "passcred, "
                               "minssf=N, maxssf=N or maxbufsize=N, separated by commas";
        }
        return set_text(target, value);
}

/* saslauthd takes whatever else there is for "no", YES included: nobody means that by
 * "ldap_start_tls: YES" or "ldap_tls_check_peer: demand". */
static const char *set_switch(int *target, Bytes value)
{
        static const char *const on[] = {"1", "y", "on", "t", NULL};
        static const char *const off[] = {"0", "n", "of", "f", NULL};

        *target = begins_with_one(value, on);
        return *target || begins_with_one(value, off) ? NULL : "yes or no";
}

/* Sets the index of the word; words end with NULL. */
static const char *set_choice(
        int *target, Bytes value, const char *const *words, const char *expected)
{
        for (int i = 0; words[i]; i++)
                if (value.size == strlen(words[i]) && begins(value, words[i])) {
                        *target = i;
                        return NULL;
                }
        return expected;
}

static const char *const scopes[] = {"base", "one", "sub", NULL};
static const char *const derefs[] = {"never", "search", "find", "always", NULL};
static const char *const methods[] = {"bind", "custom", "fastbind", NULL};
static const char *const matches[] = {"attr", "filter", NULL};

const char *ldap_parameter_check(const LdapParameter *parameter, Bytes value)
{
        _cleanup_(ldap_config_deinit) LdapConfig scratch = {};

        return ldap_parameter_set(parameter, &scratch, value);
}

const char *ldap_parameter_set(const LdapParameter *parameter, LdapConfig *config, Bytes value)
{
        void *target = (char *)config + parameter->offset;

        switch (parameter->kind) {
        case LDAP_PARAMETER_TEXT: return set_text(target, value);
        case LDAP_PARAMETER_PATH: return set_path(target, value);
        case LDAP_PARAMETER_SERVERS: return set_servers(target, value);
        case LDAP_PARAMETER_ACCOUNT: return set_account(target, value);
        case LDAP_PARAMETER_DN: return set_dn(target, value, false);
        case LDAP_PARAMETER_GROUP_DN: return set_dn(target, value, true);
        case LDAP_PARAMETER_FILTER: return set_filter(target, value, false);
        case LDAP_PARAMETER_GROUP_FILTER: return set_filter(target, value, true);
        case LDAP_PARAMETER_SECRET: return set_secret(target, value);
        case LDAP_PARAMETER_SECPROPS: return set_secprops(target, value);
        case LDAP_PARAMETER_NUMBER: return set_number(target, value);
        case LDAP_PARAMETER_DEBUG: return set_debug(target, value);
        case LDAP_PARAMETER_VERSION: return set_version(target, value);
        case LDAP_PARAMETER_SWITCH: return set_switch(target, value);
        case LDAP_PARAMETER_SCOPE: return set_choice(target, value, scopes, "sub, one or base");
        case LDAP_PARAMETER_DEREF:
                return set_choice(target, value, derefs, "search, find, always or never");
        case LDAP_PARAMETER_METHOD:
                return set_choice(target, value, methods, "bind, custom or fastbind");
        case LDAP_PARAMETER_MATCH: return set_choice(target, value, matches, "attr or filter");
        }
        return "a known parameter";
}
