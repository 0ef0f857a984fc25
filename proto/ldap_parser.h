/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading a saslauthd.conf. Pure: bytes in, LdapConfig out. */

#include "ldap_config.h"

#define LDAP_REPORT_TEXT_MAX 512u /* with its end */

/* Who is told what is wrong, or may be. line 0: not from a file; column from 1. */
typedef struct LdapReporter {
        void (*report)(
                void *userdata, bool is_error, unsigned line, unsigned column, const char *text);
        void *userdata;
} LdapReporter;

/* Reads a file's content over what is set already. Returns whether there were no errors, which are
 * reported with their lines; so are unknown parameters, as warnings. */
bool ldap_config_parse(LdapConfig *config, Bytes content, const LdapReporter *reporter);

/* Sets one parameter from saslward.conf. Unlike in a file, an unknown one is an error, and a
 * password, which would stand in a command line. Returns whether it was good, else it is reported.
 */
bool ldap_config_set(
        LdapConfig *config, const char *key, const char *value, const LdapReporter *reporter);

/* What a file for ldap_password_file must be. */
#define LDAP_PASSWORD_LINE "must hold one line, the password"

/* Whether the content of a file for ldap_password_file is a password; *password is it, a view,
 * without the newline behind it. */
bool ldap_password_line(Bytes content, Bytes *password);

/* Makes whole what depends on several parameters, once all are set. Returns whether they go
 * together, else it is reported. */
bool ldap_config_complete(LdapConfig *config, const LdapReporter *reporter);
