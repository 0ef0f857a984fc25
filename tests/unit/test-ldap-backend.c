/* SPDX-License-Identifier: BSD-2-Clause */

/* Backends of type ldap in a configuration: what is said of their parameters and of the files that
 * they name, and which of them tell people apart by realms. */

#include "parsing.h"
#include "proto/ldap_parameter.h"

#include "table.h"

#include <stdio.h>

#define SHADOW "permit service=x with=shadow\n"

typedef struct Row {
        const char *name;
        const char *input;
        const char *complaints; /* "" = it is right */
} Row;

static const Row rows[] = {
        {"a filter without realms over one with them",
                "backend l ldap config=/etc/realms.conf ldap_filter=(uid=%U)\n"
                "permit vm=any user=a with=l\n",
                ""},
        {"by its own name", "permit vm=any user=a with=ldap\n", ""},
        {"realms that are named",
                "backend l ldap config=/etc/realms.conf\n"
                "permit vm=any user=a realm=x with=l\npermit vm=any user=a as-realm=x with=l\n"
                "permit vm=any user=a@x with=l\npermit vm=any with=l\n",
                ""},
        {"a percent sign before a letter",
                "backend l ldap ldap_filter=(cn=%u%%r)\npermit vm=any user=a with=l\n", ""},
        {"groups by realm are no accounts by realm",
                "backend l ldap ldap_servers=ldap://a ldap_group_dn=cn=%r\n"
                "permit vm=any user=a with=l\n",
                ""},
        {"a file with a password", "backend l ldap ldap_password_file=/etc/password\n" SHADOW, ""},
        {"parameters inline need no file", "backend l ldap ldap_scope=one\n" SHADOW, ""},
        {"a wrong saslauthd.conf", "backend l ldap config=/etc/wrong.conf\n" SHADOW,
                "2:14: ldap_scope: x: write sub, one or base\n"
                "3:2: warning: unknown parameter \"ldap_serves\" is ignored; did you mean "
                "ldap_servers?\n"},
        {"no saslauthd.conf", "backend l ldap config=/nonexistent\n" SHADOW,
                "1:1: cannot be read: No such file or directory; make it, or name another\n"},
        {"no such parameter", "backend l ldap ldap_filtre=(uid=%u) ldap_scope=two\n",
                "1:16: unknown option \"ldap_filtre\"; did you mean ldap_filter=?\n"
                "1:48: \"two\" cannot stand in ldap_scope=; write sub, one or base\n"},
        {"passwords", "backend l ldap ldap_password=secret ldap_bind_pw=secret\n",
                "1:30: ldap_password= does not belong here; write ldap_password_file=PATH\n"
                "1:50: ldap_bind_pw= does not belong here; write ldap_password_file=PATH\n"},
        {"parameters that do not go together",
                "backend l ldap ldap_servers=ldaps://a/ ldap_start_tls=yes\n",
                "1:1: ldap_start_tls: does not go together with ldaps: in ldap_servers; leave out "
                "one of them\n"},
        {"files for passwords",
                "backend a ldap ldap_password_file=/nonexistent\n"
                "backend b ldap ldap_password_file=/etc/open\n"
                "backend c ldap ldap_password_file=/etc/two-lines\n"
                "backend d ldap ldap_password_file=password\n",
                "1:1: ldap_password_file /nonexistent cannot be read: No such file or directory; "
                "make it, or name another\n"
                "2:1: ldap_password_file /etc/open can be read by others; chmod go-rwx it\n"
                "3:1: ldap_password_file /etc/two-lines must hold one line, the password\n"
                "4:35: \"password\" cannot stand in ldap_password_file=; write an absolute "
                "path\n"},
        {"user= and realms in a saslauthd.conf",
                "backend l ldap config=/etc/realms.conf\npermit vm=any user=a with=l\n",
                "2:1: user= has no realm, but in l alice@a and alice@b are two people; add realm= "
                "or "
                "as-realm=, or write user=alice@REALM\n"},
        {"user= and a realm in the filter",
                "backend l ldap ldap_filter=(mail=%u%R)\npermit vm=any user=a with=l\n",
                "2:1: user= has no realm, but in l alice@a and alice@b are two people; add realm= "
                "or "
                "as-realm=, or write user=alice@REALM\n"},
        {"user= and a domain in the search base",
                "backend l ldap ldap_search_base=ou=%d,dc=x\npermit vm=any user=a with=l\n",
                "2:1: user= has no realm, but in l alice@a and alice@b are two people; add realm= "
                "or "
                "as-realm=, or write user=alice@REALM\n"},
        {"user= and a label in the DN",
                "backend l ldap ldap_auth_method=fastbind ldap_filter=uid=%u,dc=%9\n"
                "permit vm=any user=a with=l\n",
                "2:1: user= has no realm, but in l alice@a and alice@b are two people; add realm= "
                "or "
                "as-realm=, or write user=alice@REALM\n"},
        {"user= and SASL", "backend l ldap ldap_use_sasl=yes\npermit vm=any user=a with=l\n",
                "2:1: user= has no realm, but in l alice@a and alice@b are two people; add realm= "
                "or "
                "as-realm=, or write user=alice@REALM\n"},
};

static void test_row(void **state)
{
        const Row *row = *state;
        Bytes input = exact_copy(bytes_from_string(row->input));
        Parsed parsed;

        parsed_init(&parsed, input);
        assert_string_equal(parsed.complaints, row->complaints);
        parsed_deinit(&parsed);
        exact_free(&input);
}

/* Values that each kind takes. */
static const char *value_of(LdapParameterKind kind)
{
        switch (kind) {
        case LDAP_PARAMETER_TEXT: return "x";
        case LDAP_PARAMETER_PATH: return "/etc/password";
        case LDAP_PARAMETER_SERVERS: return "ldap://x";
        case LDAP_PARAMETER_ACCOUNT: return "cn=x";
        case LDAP_PARAMETER_DN: return "ou=%u";
        case LDAP_PARAMETER_GROUP_DN: return "cn=x,%D";
        case LDAP_PARAMETER_SECPROPS: return "none,minssf=56";
        case LDAP_PARAMETER_GROUP_FILTER: return "(cn=%D)";
        case LDAP_PARAMETER_FILTER: return "(cn=%u)";
        case LDAP_PARAMETER_NUMBER:
        case LDAP_PARAMETER_DEBUG: return "7";
        case LDAP_PARAMETER_VERSION: return "2";
        case LDAP_PARAMETER_SWITCH: return "yes";
        case LDAP_PARAMETER_SCOPE: return "one";
        case LDAP_PARAMETER_DEREF: return "find";
        case LDAP_PARAMETER_METHOD: return "custom";
        case LDAP_PARAMETER_MATCH: return "filter";
        case LDAP_PARAMETER_SECRET: break;
        }
        return NULL;
}

#define PARAMETER(name, kind, member) {"ldap_" name, LDAP_PARAMETER_##kind},

static const struct {
        const char *name;
        LdapParameterKind kind;
} parameters[] = {LDAP_PARAMETERS(PARAMETER)};

/* More options than anything else in the configuration has. */
static void test_all_parameters(void **state)
{
        char line[4096] = "backend l ldap config=\"/etc/saslauthd.conf\" name-attr=\"x\"";
        size_t used = strlen(line);
        Bytes input;
        Parsed parsed;
        char *printed;

        (void)state;
        for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
                const char *value = value_of(parameters[i].kind);

                if (value)
                        used += (size_t)snprintf(line + used, sizeof(line) - used, " %s=\"%s\"",
                                parameters[i].name, value);
        }
        (void)snprintf(
                line + used, sizeof(line) - used, " workers=2 jobs=3 deadline=500ms\n" SHADOW);
        input = exact_copy(bytes_from_string(line));
        parsed_init(&parsed, input);
        assert_string_equal(parsed.complaints,
                "1:1: warning: ldap_referrals: yes has no effect together with TLS: libldap would "
                "follow referrals without; leave it out, and name the servers in ldap_servers\n");
        printed = parsing_print(&parsed.config);
        assert_string_equal(printed, line);
        assert_string_equal(parsed.config.backends[0].password_path, "/etc/password");
        free(printed);
        parsed_deinit(&parsed);
        exact_free(&input);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_row, ROWS(rows));
        table_add(&table, "all parameters in one line", test_all_parameters, NULL);
        return table_run(&table, "ldap-backend");
}
