/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_config.h"

#include "ldap_token.h"

#include <stdlib.h>

bool ldap_config_init(LdapConfig *config)
{
        *config = (LdapConfig){
                .servers = strdup("ldap://localhost/"),
                .version = 3,
                .scope = LDAP_BELOW_SUB,
                .filter = NULL, /* (uid=%u), once it is known that none is given */
                .password_attr = strdup("userPassword"),
                .method = -1, /* depends on SASL */
                .group_attr = strdup("uniqueMember"),
                .group_scope = LDAP_BELOW_SUB,
                .timeout = 5,
                .time_limit = 5,
                .size_limit = 1,
                .restart = 1,
                .tls_check_peer = -1,
        };
        return config->servers && config->password_attr && config->group_attr;
}

void ldap_config_deinit(LdapConfig *config)
{
        char *const strings[] = {config->servers, config->bind_dn, config->password_file,
                config->search_base, config->filter, config->password_attr, config->group_dn,
                config->group_attr, config->group_filter, config->group_search_base,
                config->default_realm, config->sasl_id, config->sasl_authz_id, config->sasl_realm,
                config->sasl_mech, config->sasl_secprops, config->tls_cacert_file,
                config->tls_cacert_dir, config->tls_cert, config->tls_key, config->tls_ciphers};

        for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
                free(strings[i]);
        config->password = secret_free(config->password);
        *config = (LdapConfig){};
}

Bytes ldap_config_password(const LdapConfig *config)
{
        Bytes password = config->password ? secret_bytes(config->password) : BYTES_EMPTY;

        if (password.size > 0)
                password.size--;
        return password;
}

bool ldap_config_filter_is_dn(const LdapConfig *config)
{
        return config->method == LDAP_METHOD_FASTBIND && !config->use_sasl;
}

bool ldap_config_has_ldaps(const LdapConfig *config)
{
        return strcasestr(config->servers, "ldaps://") != NULL;
}

bool ldap_config_uses_tls(const LdapConfig *config)
{
        return config->start_tls || ldap_config_has_ldaps(config);
}

bool ldap_config_user_binds_by_sasl(const LdapConfig *config)
{
        return config->method == LDAP_METHOD_FASTBIND && config->use_sasl;
}

/* With SASL, the realm goes to the mechanism of the user's bind. */
bool ldap_config_is_realm_keyed(const LdapConfig *config)
{
        if (ldap_config_user_binds_by_sasl(config))
                return true;
        if (ldap_template_has_realm(config->filter))
                return true;
        return !ldap_config_filter_is_dn(config) && config->search_base &&
               ldap_template_has_realm(config->search_base);
}

bool ldap_config_needs_group(const LdapConfig *config)
{
        return config->group_match == LDAP_GROUP_BY_FILTER || config->group_dn != NULL;
}
