/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a saslauthd.conf. */

#include "proto/ldap_parser.h"

#include "proto/cleanup.h"
#include "proto/ldap_filter.h"
#include "proto/ldap_name.h"
#include "proto/ldap_token.h"

#include "fuzz.h"

typedef struct Reports {
        unsigned errors;
        unsigned last_line;
} Reports;

static void count(void *userdata, bool is_error, unsigned line, unsigned column, const char *text)
{
        Reports *reports = userdata;

        CHECK(text[0] && strlen(text) < LDAP_REPORT_TEXT_MAX);
        CHECK(line == 0 || line >= reports->last_line);
        CHECK((line > 0) == (column > 0));
        reports->errors += is_error;
        reports->last_line = line;
}

static void check_template(const char *template, bool is_group)
{
        CHECK(!template || ldap_template_check(bytes_from_string(template), is_group));
}

static void check_name(const char *template, bool is_group)
{
        check_template(template, is_group);
        CHECK(!template || template[0] == '<' || ldap_name_check(bytes_from_string(template)));
}

static void check_config(const LdapConfig *config)
{
        CHECK(config->servers && config->filter && config->password_attr && config->group_attr);
        CHECK(config->version == 2 || config->version == 3);
        CHECK(config->scope >= LDAP_BELOW_BASE && config->scope <= LDAP_BELOW_SUB);
        CHECK(config->method >= LDAP_METHOD_BIND && config->method <= LDAP_METHOD_FASTBIND);
        CHECK(config->timeout >= 0 && config->time_limit >= 0 && config->size_limit >= 0);
        CHECK(!config->use_sasl || config->method != LDAP_METHOD_BIND);
        check_template(config->filter, false);
        CHECK(ldap_config_filter_is_dn(config) ||
                ldap_filter_check(bytes_from_string(config->filter)));
        check_name(config->search_base, false);
        check_name(config->group_dn, true);
        check_template(config->group_filter, true);
        CHECK(!config->group_filter || ldap_filter_check(bytes_from_string(config->group_filter)));
        check_name(config->group_search_base, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(ldap_config_deinit) LdapConfig config;
        Reports reports = {};
        const LdapReporter reporter = {count, &reports};
        bool good;

        CHECK(ldap_config_init(&config));
        good = ldap_config_parse(&config, (Bytes){data, size}, &reporter);
        CHECK(good == (reports.errors == 0));
        reports.last_line = 0;
        if (ldap_config_complete(&config, &reporter))
                check_config(&config);
        return 0;
}
