/* SPDX-License-Identifier: BSD-2-Clause */

/* Files as saslauthd reads them, and as nobody should write them. */

#include "proto/ldap_parser.h"

#include "proto/cleanup.h"

#include "table.h"

#include <stdio.h>

static void report(void *userdata, bool is_error, unsigned line, unsigned column, const char *text)
{
        char *log = userdata;
        size_t used = strlen(log);

        (void)snprintf(log + used, 4096 - used, "%s %u:%u: %s\n", is_error ? "error" : "warning",
                line, column, text);
}

typedef struct FileRow {
        const char *name;
        Bytes content;
        bool good;
        const char *said; /* is in what was reported; "" = nothing was */
} FileRow;

static const FileRow file_rows[] = {
        {"empty", LIT(""), true, ""},
        {"comments and blank lines", LIT("# x\n\n  \t\n  # y\n"), true, ""},
        {"one", LIT("ldap_version: 2\n"), true, ""},
        {"no newline at the end", LIT("ldap_version: 2"), true, ""},
        {"a carriage return", LIT("ldap_version: 2\r\n"), true, ""},
        {"capitals", LIT("LDAP_Scope: SUB\n"), true, ""},
        {"no colon", LIT("\nldap_version 2\n"), false,
                "error 2:1: no parameter; write NAME: VALUE"},
        {"a blank before the colon", LIT("ldap_version : 2\n"), false, "error 1:1: no parameter"},
        {"no key", LIT(": 2\n"), false, "error 1:1: no parameter"},
        {"no value", LIT("ldap_version:\n"), false,
                "error 1:1: ldap_version has no value; write ldap_version: VALUE"},
        {"blanks for a value", LIT("ldap_version: \t \n"), false, "has no value"},
        {"a NUL", LIT("ldap_bind_dn: cn=a\0b\n"), false, "error 1:15: a NUL byte"},
        {"a NUL in a key", LIT("ldap_\0: x\n"), false, "error 1:1: no parameter"},
        {"an unknown key", LIT("#\nldap_serves: x\n"), true,
                "warning 2:1: unknown parameter \"ldap_serves\" is ignored; did you mean "
                "ldap_servers?"},
        {"a key like no other", LIT("foo: x\n"), true,
                "warning 1:1: unknown parameter \"foo\" is ignored\n"},
        {"a long key", LIT("ldap_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: x"),
                false, "error 1:1: no parameter"},
        {"every error", LIT("ldap_scope: x\nldap_deref: y\n"), false,
                "error 2:13: ldap_deref: y: write search, find, always or never"},
        {"no such method", LIT("ldap_auth_method: x\n"), false, "write bind, custom or fastbind"},
        {"no such match", LIT("ldap_group_match_method: x\n"), false, "write attr or filter"},
        {"version 4", LIT("ldap_version: 4\n"), false, "write 2 or 3"},
        {"a number in words", LIT("ldap_timeout: soon\n"), false, "write a whole number"},
        {"a negative number", LIT("ldap_timeout: -1\n"), false, "write a whole number"},
        {"a number too great", LIT("ldap_timeout: 99999999999\n"), false, "write a whole number"},
        {"a negative debug", LIT("ldap_debug: -1\n"), true, ""},
        {"an unclear switch", LIT("ldap_tls_check_peer: demand\n"), false, "write yes or no"},
        {"no URI", LIT("ldap_servers: ldap://a/ b\n"), false, "write URIs as"},
        {"several URIs", LIT("ldap_servers: ldap://a/  LDAPS://b ldapi:///\n"), true, ""},
        {"URIs with commas", LIT("ldap_servers: ldap://a/,ldaps://b:636,\tldap://c\n"), true, ""},
        {"URIs with no URI", LIT("ldap_servers: ldap://a/,b\n"), false, "write URIs as"},
        {"a comma", LIT("ldap_servers: ,\n"), false, "write URIs as"},
        {"a port", LIT("ldap_servers: ldap://a:65535/dc=x ldap://a:0\n"), true, ""},
        {"a port too great", LIT("ldap_servers: ldap://a:65536/\n"), false, "write URIs as"},
        {"a hexadecimal port", LIT("ldap_servers: ldap://127.0.0.1:0x/\n"), false, "write URIs as"},
        {"an empty port", LIT("ldap_servers: ldap://a:/\n"), false, "write URIs as"},
        {"a negative port", LIT("ldap_servers: ldap://a:-1\n"), false, "write URIs as"},
        {"an address", LIT("ldap_servers: ldap://[2001:db8::1]/ ldap://[fe80::1%25eth0]:389\n"),
                true, ""},
        {"an unfinished address", LIT("ldap_servers: ldap://[2001:db8::1/\n"), false, "write URIs"},
        {"no address", LIT("ldap_servers: ldap://[x/]/\n"), false, "write URIs as"},
        {"an address with rubbish", LIT("ldap_servers: ldap://[::1]389/\n"), false, "write URIs"},
        {"an address without brackets", LIT("ldap_servers: ldap://::1/\n"), false, "write URIs"},
        {"a parenthesis", LIT("ldap_filter: (uid=%u\n"), false,
                "error 1:14: ldap_filter: (uid=%u: write a filter, as (&(uid=%u)"},
        {"parentheses the wrong way", LIT("ldap_filter: )uid=%u(\n"), false,
                "error 0:0: ldap_filter: )uid=%u(: write a filter, as (uid=%u)"},
        {"no value in a filter", LIT("ldap_filter: (uid)\n"), false, "error 1:14: ldap_filter"},
        {"two filters", LIT("ldap_filter: (uid=%u)(x=y)\n"), false, "error 1:14: ldap_filter"},
        {"a filter without parentheses", LIT("ldap_filter: uid=%u\n"), true, ""},
        {"a word for a filter", LIT("ldap_filter: uid\n"), false, "error 0:0: ldap_filter: uid"},
        {"a name for fastbind", LIT("ldap_auth_method: fastbind\nldap_filter: %u@example.org\n"),
                true, ""},
        {"a filter for fastbind", LIT("ldap_filter: (uid=%u\nldap_auth_method: fastbind\n"), false,
                "error 1:14: ldap_filter"},
        {"a word for a group's filter",
                LIT("ldap_group_match_method: filter\nldap_group_filter: member\n"), false,
                "error 2:20: ldap_group_filter: member: write a filter"},
        {"a group's filter without parentheses",
                LIT("ldap_group_match_method: filter\nldap_group_filter: member=%D\n"), true, ""},
        {"a word for a search base", LIT("ldap_search_base: nonsense\n"), false,
                "error 1:19: ldap_search_base: nonsense: write a DN, as ou=people"},
        {"a token for a search base", LIT("ldap_search_base: %r\n"), false, "write a DN, as"},
        {"a search base of tokens", LIT("ldap_search_base: ou=%s,dc=%2,dc=%1\n"), true, ""},
        {"a search base of Active Directory", LIT("ldap_search_base: <GUID=0123>\n"), true, ""},
        {"a word for a group", LIT("ldap_group_dn: staff\n"), false, "write a DN, as"},
        {"a user for a group", LIT("ldap_group_dn: %D\n"), true, ""},
        {"a word for groups", LIT("ldap_group_search_base: groups\n"), false, "write a DN, as"},
        {"a word for the search identity", LIT("ldap_bind_dn: nonsense\n"), false,
                "error 1:15: ldap_bind_dn: nonsense: write a DN, as cn=search"},
        {"a search identity of Active Directory", LIT("ldap_bind_dn: search@example.org\n"), true,
                ""},
        {"one with a domain", LIT("ldap_bind_dn: EXAMPLE\\search\n"), true, ""},
        {"security properties", LIT("ldap_sasl_secprops: noplain,MinSSF=56,,maxbufsize=0\n"), true,
                ""},
        {"no security properties", LIT("ldap_sasl_secprops: none\n"), true, ""},
        {"rubbish for them", LIT("ldap_sasl_secprops: noplain, none\n"), false,
                "error 1:21: ldap_sasl_secprops: noplain, none: write none, noplain"},
        {"a limit without a number", LIT("ldap_sasl_secprops: minssf=\n"), false, "write none"},
        {"no such token", LIT("ldap_filter: (uid=%x)\n"), false, "after each % one of"},
        {"%D outside of groups", LIT("ldap_search_base: %D\n"), false, "after each % one of"},
        {"%D for groups", LIT("ldap_group_dn: cn=x,%D\n"), true, ""},
        {"StartTLS and ldaps", LIT("ldap_start_tls: on\nldap_servers: ldaps://x/\n"), false,
                "error 0:0: ldap_start_tls: does not go together"},
        {"referrals and StartTLS", LIT("ldap_referrals: yes\nldap_start_tls: yes\n"), true,
                "warning 0:0: ldap_referrals: yes has no effect together with TLS"},
        {"referrals and ldaps", LIT("ldap_referrals: on\nldap_servers: ldap://a LDAPS://b\n"), true,
                "warning 0:0: ldap_referrals: yes has no effect together with TLS"},
        {"referrals", LIT("ldap_referrals: yes\n"), true, ""},
        {"a VM's name in a filter", LIT("ldap_filter: (&(uid=%u)(host=%v))\n"), true,
                "warning 0:0: ldap_filter: %v finds VMs whose names differ in case only, too"},
        {"a VM's name in a group's filter",
                LIT("ldap_group_match_method: filter\nldap_group_filter: (cn=%v)\n"), true,
                "warning 0:0: ldap_group_filter: %v finds VMs"},
        {"a VM's UUID in filters",
                LIT("ldap_filter: (host=%i)\nldap_group_filter: (cn=%i)\nldap_group_dn: cn=%v\n"),
                true, ""},
        {"a VM's name in DNs",
                LIT("ldap_auth_method: fastbind\nldap_filter: uid=%u,ou=%v\nldap_group_dn: "
                    "cn=%v\n"),
                true, ""},
        {"filter without filter", LIT("ldap_group_match_method: filter\n"), false,
                "error 0:0: ldap_group_match_method: filter needs"},
        {"filter without its method", LIT("ldap_group_filter: (x=y)\n"), false,
                "error 0:0: ldap_group_filter is not used"},
        {"fastbind without a DN", LIT("ldap_auth_method: fastbind\n"), false,
                "error 0:0: fastbind needs"},
        {"a mechanism without a password",
                LIT("ldap_use_sasl: yes\nldap_mech: SCRAM-SHA-256, external\n"), false,
                "error 0:0: ldap_mech: external does not use the user's password; write"},
        {"a ticket instead of a password",
                LIT("ldap_use_sasl: yes\nldap_auth_method: fastbind\nldap_sasl_mech: GSSAPI\n"),
                false, "error 0:0: ldap_mech: GSSAPI does not use"},
        {"a mechanism without a password for the search identity",
                LIT("ldap_use_sasl: yes\nldap_auth_method: custom\nldap_mech: EXTERNAL\n"), true,
                ""},
        {"a mechanism that nobody uses", LIT("ldap_mech: EXTERNAL\n"), true, ""},
        {"a mechanism with a password", LIT("ldap_use_sasl: yes\nldap_mech: EXTERNAL-X\n"), true,
                ""},
        {"a secret is not said", LIT("ldap_password: x\nldap_password\n"), false, "error 2:1"},
};

static void test_file(void **state)
{
        const FileRow *row = *state;
        _cleanup_(exact_free) Bytes content = exact_copy(row->content);
        _cleanup_(ldap_config_deinit) LdapConfig config;
        char log[4096] = "";
        const LdapReporter reporter = {report, log};
        bool good;

        assert_true(ldap_config_init(&config));
        good = ldap_config_parse(&config, content, &reporter) &&
               ldap_config_complete(&config, &reporter);
        assert_int_equal(good, row->good);
        if (row->said[0])
                assert_non_null(strstr(log, row->said));
        else
                assert_string_equal(log, "");
}

static void read_all(const char *text, LdapConfig *config)
{
        char log[4096] = "";
        const LdapReporter reporter = {report, log};

        assert_true(ldap_config_init(config));
        assert_true(ldap_config_parse(config, bytes_from_string(text), &reporter));
        assert_true(ldap_config_complete(config, &reporter));
        assert_string_equal(log, "");
}

static void test_defaults(void **state)
{
        _cleanup_(ldap_config_deinit) LdapConfig config;

        (void)state;
        read_all("", &config);
        assert_string_equal(config.servers, "ldap://localhost/");
        assert_string_equal(config.filter, "(uid=%u)");
        assert_string_equal(config.password_attr, "userPassword");
        assert_string_equal(config.group_attr, "uniqueMember");
        assert_int_equal(config.version, 3);
        assert_int_equal(config.method, LDAP_METHOD_BIND);
        assert_int_equal(config.scope, LDAP_BELOW_SUB);
        assert_int_equal(config.timeout, 5);
        assert_int_equal(config.time_limit, 5);
        assert_int_equal(config.size_limit, 1);
        assert_int_equal(config.tls_check_peer, -1);
        assert_int_equal(config.referrals, 0);
        assert_int_equal(config.restart, 1);
        assert_false(ldap_config_needs_group(&config));
        assert_int_equal(ldap_config_password(&config).size, 0);
}

static void test_values(void **state)
{
        _cleanup_(ldap_config_deinit) LdapConfig config;

        (void)state;
        read_all("ldap_bind_pw:  two words  \nldap_sasl_authc_id: me \nldap_default_domain: d\n"
                 "ldap_scope: one\nldap_scope: base\nldap_use_sasl: yes\nldap_auth_method: bind\n"
                 "ldap_tls_check_peer: off\nldap_debug: -1\nldap_group_dn: cn=x\n",
                &config);
        assert_bytes_equal(ldap_config_password(&config), BYTES("two words  "));
        assert_string_equal(config.sasl_id, "me");
        assert_string_equal(config.default_realm, "d");
        assert_int_equal(config.scope, LDAP_BELOW_BASE);
        assert_int_equal(config.method, LDAP_METHOD_FASTBIND);
        assert_int_equal(config.tls_check_peer, 0);
        assert_int_equal(config.debug, -1);
        assert_true(ldap_config_needs_group(&config));
}

static void test_version_of_tls(void **state)
{
        _cleanup_(ldap_config_deinit) LdapConfig config;

        (void)state;
        read_all("ldap_version: 2\nldap_start_tls: yes\n", &config);
        assert_int_equal(config.version, 3);
}

typedef struct InlineRow {
        const char *name;
        const char *key;
        const char *value;
        const char *said; /* "" = good */
} InlineRow;

static const InlineRow inline_rows[] = {
        {"inline: good", "ldap_scope", "one", ""},
        {"inline: a password", "ldap_password", "secret", "write ldap_password_file=PATH"},
        {"inline: its alias", "ldap_bind_pw", "secret", "a password does not belong here"},
        {"inline: a file for it", "ldap_password_file", "/x", ""},
        {"inline: unknown", "ldap_scpe", "one",
                "unknown parameter \"ldap_scpe\"; did you mean ldap_scope?"},
        {"inline: bad", "ldap_scope", "two", "ldap_scope=two: write sub, one or base"},
        {"inline: empty", "ldap_scope", "", "ldap_scope has no value"},
};

static void test_inline(void **state)
{
        const InlineRow *row = *state;
        _cleanup_(ldap_config_deinit) LdapConfig config;
        char log[4096] = "";
        const LdapReporter reporter = {report, log};

        assert_true(ldap_config_init(&config));
        assert_int_equal(
                ldap_config_set(&config, row->key, row->value, &reporter), row->said[0] == '\0');
        assert_non_null(strstr(log, row->said));
        assert_null(strstr(log, "secret"));
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_file, ROWS(file_rows));
        table_add_rows(&table, test_inline, ROWS(inline_rows));
        table_add(&table, "defaults", test_defaults, NULL);
        table_add(&table, "values", test_values, NULL);
        table_add(&table, "StartTLS needs version 3", test_version_of_tls, NULL);
        return table_run(&table, "ldap-parser");
}
