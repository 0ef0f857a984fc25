/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_parser.h"

#include "ldap_filter.h"
#include "ldap_parameter.h"
#include "ldap_token.h"
#include "scan.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct Reading {
        LdapConfig *config;
        const LdapReporter *reporter;
        unsigned line;
        unsigned column;
} Reading;

static void __attribute__((format(__printf__, 3, 0)))
report(const Reading *reading, bool is_error, const char *format, va_list arguments)
{
        char text[LDAP_REPORT_TEXT_MAX];

        (void)vsnprintf(text, sizeof(text), format, arguments);
        reading->reporter->report(
                reading->reporter->userdata, is_error, reading->line, reading->column, text);
}

static bool __attribute__((format(__printf__, 2, 3)))
report_error(const Reading *reading, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        report(reading, true, format, arguments);
        va_end(arguments);
        return false;
}

static void __attribute__((format(__printf__, 2, 3)))
report_warning(const Reading *reading, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        report(reading, false, format, arguments);
        va_end(arguments);
}

static void warn_unknown(const Reading *reading, const char *key)
{
        const char *nearest = ldap_parameter_nearest(key);

        report_warning(reading, "unknown parameter \"%.64s\" is ignored%s%s%s", key,
                nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static bool set_value(
        const Reading *reading, const LdapParameter *parameter, Bytes value, const char *separator)
{
        const char *expected = ldap_parameter_set(parameter, reading->config, value);

        if (!expected)
                return true;
        if (parameter->kind == LDAP_PARAMETER_SECRET)
                return report_error(reading, "%s: write %s", parameter->name, expected);
        return report_error(reading, "%s%s%.*s: write %s", parameter->name, separator,
                (int)(value.size < 128 ? value.size : 128), (const char *)value.data, expected);
}

static bool is_key_byte(uint8_t byte)
{
        return isalnum(byte) || byte == '_' || byte == '-';
}

static Bytes skip_blanks(Bytes text)
{
        while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
                scan_skip(&text, 1);
        return text;
}

static Bytes drop_blanks_behind(Bytes text)
{
        while (text.size > 0 && isspace(text.data[text.size - 1]))
                text.size--;
        return text;
}

/* saslauthd's file has the password up to the line's end; blanks behind other values mean nothing
 * and are easily overlooked. */
static bool take_assignment(Reading *reading, const char *key, unsigned column, Bytes value)
{
        const LdapParameter *parameter = ldap_parameter_find(key);

        if (!parameter || parameter->kind != LDAP_PARAMETER_SECRET)
                value = drop_blanks_behind(value);
        if (value.size == 0)
                return report_error(reading, "%s has no value; write %s: VALUE", key, key);
        if (!parameter) {
                warn_unknown(reading, key);
                return true;
        }
        reading->column = column;
        if (bytes_contain(value, 0))
                return report_error(reading, "a NUL byte in the value of %s; take it out", key);
        return set_value(reading, parameter, value, ": ");
}

static bool take_line(Reading *reading, const Bytes whole)
{
        Bytes line = whole;
        char key[64];
        size_t size = 0;

        if (line.size > 0 && line.data[line.size - 1] == '\r')
                line.size--;
        line = skip_blanks(line);
        reading->column = (unsigned)(line.data - whole.data) + 1;
        if (line.size == 0 || line.data[0] == '#')
                return true;
        while (size < line.size && is_key_byte(line.data[size]))
                size++;
        if (!bytes_to_string((Bytes){line.data, size}, key, sizeof(key)) || size == 0 ||
                size == line.size || line.data[size] != ':')
                return report_error(reading, "no parameter; write NAME: VALUE, or # before a "
                                             "comment");
        scan_skip(&line, size + 1);
        line = skip_blanks(line);
        return take_assignment(reading, key, (unsigned)(line.data - whole.data) + 1, line);
}

bool ldap_config_parse(LdapConfig *config, Bytes content, const LdapReporter *reporter)
{
        Reading reading = {config, reporter, 0, 0};
        bool good = true;

        while (content.size > 0) {
                reading.line++;
                good = take_line(&reading, scan_part(&content, '\n')) && good;
        }
        return good;
}

bool ldap_config_set(
        LdapConfig *config, const char *key, const char *value, const LdapReporter *reporter)
{
        const Reading reading = {config, reporter, 0, 0};
        const LdapParameter *parameter = ldap_parameter_find(key);
        const char *nearest;

        if (parameter && parameter->kind == LDAP_PARAMETER_SECRET)
                return report_error(&reading,
                        "%s: a password does not belong here, where everybody can read it; write "
                        "ldap_password_file=PATH",
                        key);
        if (parameter && value[0])
                return set_value(&reading, parameter, bytes_from_string(value), "=");
        if (parameter)
                return report_error(&reading, "%s has no value", key);
        nearest = ldap_parameter_nearest(key);
        return report_error(&reading, "unknown parameter \"%.64s\"%s%s%s", key,
                nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* libldap follows a referral without StartTLS, and to servers that nobody has named. */
static void warn_of_referrals(const Reading *reading)
{
        const LdapConfig *config = reading->config;

        if (config->referrals && ldap_config_uses_tls(config))
                report_warning(reading, "ldap_referrals: yes has no effect together with TLS: "
                                        "libldap would follow referrals without; leave it out, and "
                                        "name the servers in ldap_servers");
}

/* What a filter finds is the directory's to say, and it has no regard to case. */
static void warn_of_vm_name(const Reading *reading, const char *name, const char *filter)
{
        if (filter && ldap_template_has_vm_name(filter))
                report_warning(reading,
                        "%s: %%v finds VMs whose names differ in case only, too; write %%i, the "
                        "UUID, in filters",
                        name);
}

/* A group that was asked for must not go unchecked. */
static bool check_groups(const Reading *reading)
{
        const LdapConfig *config = reading->config;

        if (config->group_match == LDAP_GROUP_BY_FILTER && !config->group_filter)
                return report_error(reading, "ldap_group_match_method: filter needs a "
                                             "ldap_group_filter; write one, as (member=%%D)");
        if (config->group_match == LDAP_GROUP_BY_ATTR && config->group_filter && !config->group_dn)
                return report_error(reading, "ldap_group_filter is not used with "
                                             "ldap_group_match_method: attr; write "
                                             "ldap_group_match_method: filter, too");
        return true;
}

static bool check_search(const Reading *reading)
{
        const LdapConfig *config = reading->config;

        if (ldap_config_filter_is_dn(config) && !config->filter)
                return report_error(reading, "fastbind needs a ldap_filter that is the user's DN; "
                                             "write one, as uid=%%u,ou=people,dc=example,dc=com");
        if (!ldap_config_filter_is_dn(config) && config->filter &&
                !ldap_filter_check(bytes_from_string(config->filter)))
                return report_error(reading,
                        "ldap_filter: %.128s: write a filter, as (uid=%%u), or ldap_auth_method: "
                        "fastbind, with which it is the user's DN",
                        config->filter);
        return true;
}

/* Those of libsasl2's mechanisms that know a client without a password. */
static bool is_without_password(const char *mechanism, size_t size)
{
        static const char *const names[] = {
                "EXTERNAL", "ANONYMOUS", "GSSAPI", "GSS-SPNEGO", "GS2-KRB5", "GS2-IAKERB"};

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (size == strlen(names[i]) && strncasecmp(mechanism, names[i], size) == 0)
                        return true;
        return false;
}

/* A user's bind by these would be that of this process, whatever the password. Several mechanisms
 * are separated by anything that none has in its name (sasl_client_start()). */
static bool check_mechanism(const Reading *reading)
{
        static const char bytes[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        const LdapConfig *config = reading->config;
        const char *rest = config->sasl_mech ? config->sasl_mech : "";

        while (ldap_config_user_binds_by_sasl(config) && *rest) {
                size_t size = strspn(rest, bytes);

                if (is_without_password(rest, size))
                        return report_error(reading,
                                "ldap_mech: %.*s does not use the user's password; write one that "
                                "does, as SCRAM-SHA-256, or ldap_auth_method: custom, with which "
                                "it is the search identity's",
                                (int)size, rest);
                rest += size > 0 ? size : 1;
        }
        return true;
}

bool ldap_password_line(Bytes content, Bytes *password)
{
        *password = scan_part(&content, '\n');
        return password->size > 0 && content.size == 0;
}

bool ldap_config_complete(LdapConfig *config, const LdapReporter *reporter)
{
        const Reading reading = {config, reporter, 0, 0};

        /* With SASL, "bind" is as good as "fastbind" to saslauthd, too. */
        if (config->method < 0 || config->method == LDAP_METHOD_BIND)
                config->method = config->use_sasl ? LDAP_METHOD_FASTBIND : LDAP_METHOD_BIND;
        if (config->start_tls || config->use_sasl)
                config->version = 3;
        if (config->start_tls && ldap_config_has_ldaps(config))
                return report_error(&reading, "ldap_start_tls: does not go together with ldaps: in "
                                              "ldap_servers; leave out one of them");
        if (!check_groups(&reading) || !check_search(&reading) || !check_mechanism(&reading))
                return false;
        warn_of_referrals(&reading);
        warn_of_vm_name(&reading, "ldap_group_filter", config->group_filter);
        if (!ldap_config_filter_is_dn(config))
                warn_of_vm_name(&reading, "ldap_filter", config->filter);
        if (!config->filter)
                config->filter = strdup("(uid=%u)");
        return config->filter != NULL;
}
