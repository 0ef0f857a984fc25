/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/probe.h"
#include "daemon/cli/doctor/served.h"
#include "daemon/cli/output.h"
#include "daemon/trusted_file.h"
#include "proto/cleanup.h"
#include "proto/ldap_parser.h"

#include <string.h>
#include <unistd.h>

#define SERVERS "ldap_servers"

/* LdapReporter: what is wrong with a file was said when the configuration was read. */
static void keep_quiet(
        void *userdata, bool is_error, unsigned line, unsigned column, const char *text)
{
        (void)userdata;
        (void)is_error;
        (void)line;
        (void)column;
        (void)text;
}

static void parse_file(const char *path, LdapConfig *ldap)
{
        const LdapReporter reporter = {keep_quiet, NULL};
        char why[TRUSTED_FILE_TEXT_MAX];
        _cleanup_(secret_freep) Secret *content = trusted_file_read(path, TRUSTED_FILE_WRITE, why);

        if (content)
                (void)ldap_config_parse(ldap, secret_bytes(content), &reporter);
}

/* The URIs of a backend's servers, separated by blanks; for the caller. */
static char *servers_of(const BackendConfig *backend)
{
        _cleanup_(ldap_config_deinit) LdapConfig ldap = {};
        const char *path = served_argument(backend, "config");
        const char *inlined = served_argument(backend, SERVERS);

        if (inlined)
                return output_format("%s", inlined);
        if (!ldap_config_init(&ldap))
                output_no_memory();
        parse_file(path ? path : "/etc/saslauthd.conf", &ldap);
        return output_format("%s", ldap.servers ? ldap.servers : "");
}

/* Asks one server alone: what is said last of ldap_servers counts. */
static ProbeOutcome ask(const BackendConfig *backend, const char *uri, char **reason)
{
        BackendConfig one = *backend;
        _cleanup_(free_pointer) char *argument = output_format(SERVERS "=%s", uri);
        _cleanup_(free_pointer) char **arguments =
                calloc(backend->argument_count + 2, sizeof(char *));

        if (!arguments)
                output_no_memory();
        one.argument_count = 0;
        one.arguments = arguments;
        for (size_t i = 0; i < backend->argument_count; i++)
                if (strncmp(backend->arguments[i], SERVERS "=", strlen(SERVERS "=")) != 0)
                        arguments[one.argument_count++] = backend->arguments[i];
        arguments[one.argument_count++] = argument;
        return probe_backend(&one, reason);
}

static void report(const BackendConfig *backend, const char *uri, const char *reason, bool is_last,
        Diagnosis *diagnosis)
{
        diagnosis_add(diagnosis,
                (Fault){.severity = is_last ? SEVERITY_ERROR : SEVERITY_WARNING,
                        .name = "ldap-server",
                        .what = output_format("The backend %s cannot use its server %s: %s.",
                                backend->name, uri, reason),
                        .why = output_format("%s",
                                is_last ? "No other server answers either: every login that needs "
                                          "it is refused."
                                        : "Another one answers; when that is away, too, nobody can "
                                          "log in."),
                        .remedy = output_format(
                                "ldapsearch -x -H %s -s base -b ''  # does it answer?\n"
                                "systemctl restart slapd  # on its host",
                                uri)});
}

static void examine_backend(const BackendConfig *backend, Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *servers = servers_of(backend);
        char *uris[64], *reasons[64] = {}, *rest = NULL;
        size_t count = 0, failed = 0;

        for (char *uri = strtok_r(servers, " \t", &rest); uri && count < 64;
                uri = strtok_r(NULL, " \t", &rest)) {
                diagnosis_look(diagnosis);
                uris[count] = uri;
                failed += ask(backend, uri, &reasons[count]) != PROBE_ANSWERED;
                count++;
        }
        for (size_t i = 0; i < count; i++) {
                if (reasons[i])
                        report(backend, uris[i], reasons[i], failed == count, diagnosis);
                free(reasons[i]);
        }
}

void examine_ldap(const Patient *patient, Diagnosis *diagnosis)
{
        for (size_t i = 0; i < patient->config->backend_count; i++) {
                const BackendConfig *backend = &patient->config->backends[i];

                if (!backend->mechanism->reads_saslauthd_conf)
                        continue;
                if (geteuid() == 0)
                        examine_backend(backend, diagnosis);
                else
                        diagnosis_untried(diagnosis,
                                output_format("the servers of backend %s; run it as root",
                                        backend->name));
        }
}
