/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_backend.h"

#include "daemon/trusted_file.h"
#include "proto/ldap_parser.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Examination {
        Config *config;
        const NameSource *names;
        Report *report;
        Place place; /* of what belongs to no line: the file's beginning, else the backend's line */
} Examination;

/* LdapReporter */
static void complain(
        void *userdata, bool is_error, unsigned line, unsigned column, const char *text)
{
        const Examination *examination = userdata;
        Place place = examination->place;

        if (line > 0) {
                place.line = line;
                place.column = column;
        }
        if (is_error)
                (void)report_error(examination->report, place, "%s", text);
        else
                report_warning(examination->report, place, "%s", text);
}

static void complain_of_file(const Examination *examination, const char *prefix, const char *why)
{
        (void)report_error(examination->report, examination->place, "%s%s%s", prefix, why,
                errno == ENOENT ? "; make it, or name another" : "");
}

/* The value of KEY=VALUE if that is its key, else NULL. */
static const char *value_of(const char *argument, const char *key)
{
        size_t length = strlen(key);

        return argument && strncmp(argument, key, length) == 0 && argument[length] == '='
                       ? argument + length + 1
                       : NULL;
}

/* The saslauthd.conf, or NULL: there is none where parameters are inline and no file is named. */
static const char *path_of(const BackendConfig *backend)
{
        const char *path = value_of(backend->mechanism->argument, "default-config");

        for (size_t i = 0; i < backend->argument_count; i++) {
                const char *named = value_of(backend->arguments[i], "config");

                if (named)
                        return named;
                if (strncmp(backend->arguments[i], "ldap_", 5) == 0)
                        path = NULL;
        }
        return path;
}

static bool parse_file(Examination *examination, const char *path, LdapConfig *ldap)
{
        const LdapReporter reporter = {complain, examination};
        _cleanup_(secret_freep) Secret *content = NULL;
        char why[TRUSTED_FILE_TEXT_MAX];
        int file = config_add_file(examination->config, path);

        if (file < 0) {
                (void)report_error(examination->report, examination->place, "out of memory");
                return false;
        }
        examination->place = (Place){(unsigned)file, 1, 1};
        content = examination->names->read_file(examination->names, path, TRUSTED_FILE_WRITE, why);
        if (!content) {
                complain_of_file(examination, "", why);
                return false;
        }
        return ldap_config_parse(ldap, secret_bytes(content), &reporter);
}

static bool set_inline(Examination *examination, const BackendConfig *backend, LdapConfig *ldap)
{
        const LdapReporter reporter = {complain, examination};
        bool good = true;

        for (size_t i = 0; i < backend->argument_count && good; i++) {
                const char *argument = backend->arguments[i];
                size_t length = strcspn(argument, "=");
                _cleanup_(free_pointer) char *key = strndup(argument, length);

                if (key && strncmp(key, "ldap_", 5) == 0)
                        good = ldap_config_set(ldap, key, argument + length + 1, &reporter);
                good = good && key;
        }
        return good;
}

/* Workers are handed the file open (spawn.c). */
static void examine_password(
        const Examination *examination, BackendConfig *backend, const LdapConfig *ldap)
{
        _cleanup_(secret_freep) Secret *content = NULL;
        char why[TRUSTED_FILE_TEXT_MAX], prefix[LDAP_REPORT_TEXT_MAX];
        Bytes password;

        if (!ldap->password_file)
                return;
        backend->password_path = strdup(ldap->password_file);
        content = examination->names->read_file(
                examination->names, ldap->password_file, TRUSTED_FILE_PRIVATE, why);
        (void)snprintf(prefix, sizeof(prefix), "ldap_password_file %s ", ldap->password_file);
        if (!content)
                complain_of_file(examination, prefix, why);
        else if (!backend->password_path || !ldap_password_line(secret_bytes(content), &password))
                (void)report_error(examination->report, examination->place, "%s%s", prefix,
                        backend->password_path ? LDAP_PASSWORD_LINE : "out of memory");
}

void ldap_backend_examine(
        Config *config, BackendConfig *backend, const NameSource *names, Report *report)
{
        Examination examination = {config, names, report, backend->place};
        const LdapReporter reporter = {complain, &examination};
        _cleanup_(ldap_config_deinit) LdapConfig ldap = {};
        const char *path;

        if (!backend->mechanism->reads_saslauthd_conf)
                return;
        path = path_of(backend);
        if (!ldap_config_init(&ldap)) {
                (void)report_error(report, backend->place, "out of memory");
                return;
        }
        if ((path && !parse_file(&examination, path, &ldap)) ||
                !set_inline(&examination, backend, &ldap) ||
                !ldap_config_complete(&ldap, &reporter))
                return;
        backend->realm_keyed = ldap_config_is_realm_keyed(&ldap);
        examine_password(&examination, backend, &ldap);
}
