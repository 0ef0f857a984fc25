/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h"
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/pam_line.h"
#include "daemon/cli/doctor/served.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <string.h>
#include <unistd.h>

static const char *const directories[] = {PAM_DIRECTORIES};

static char *find_file(const char *service)
{
        for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
                char *path = output_format("%s/%s", directories[i], service);

                if (access(path, F_OK) == 0)
                        return path;
                free(path);
        }
        return NULL;
}

/* Commands that make the file: of one that was given the wrong name, of our example, or of what
 * every machine has. */
static char *make_file(const char *service)
{
        _cleanup_(free_pointer) char *example =
                output_format("%s/pam.d/%s", DOCUMENT_DIRECTORY, service);
        bool is_console = strcmp(service, "spice") == 0 || strcmp(service, "vnc") == 0;

        if (is_console && access("/etc/pam.d/qemu", F_OK) == 0)
                return output_format("cp /etc/pam.d/qemu /etc/pam.d/%s", service);
        if (access(example, F_OK) == 0)
                return output_format("cp %s /etc/pam.d/%s", example, service);
        return output_format("printf 'auth required pam_unix.so\\naccount required "
                             "pam_unix.so\\n' >/etc/pam.d/%s",
                service);
}

static void report_missing(const char *service, Diagnosis *diagnosis)
{
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "pam-missing",
                        .what = output_format("There is no /etc/pam.d/%s, which the rules need for "
                                              "service %s.",
                                service, service),
                        .why = output_format("PAM then silently uses /etc/pam.d/other, which "
                                             "refuses everybody (openSUSE, Fedora), or lets in "
                                             "whoever has a password here (Debian)."),
                        .remedy = make_file(service)});
}

static bool has_module(Bytes module)
{
        static const char *const patterns[] = {"/lib/security", "/lib64/security",
                "/lib/*/security", "/usr/lib/security", "/usr/lib64/security",
                "/usr/lib/*/security"};
        _cleanup_(free_pointer) char *name =
                output_format("%.*s", (int)module.size, (const char *)module.data);

        if (name[0] == '/')
                return access(name, F_OK) == 0;
        for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
                _cleanup_(free_pointer) char *pattern = output_format("%s/%s", patterns[i], name);
                _cleanup_(free_pointer) char *path = host_file_find(pattern);

                if (path)
                        return true;
        }
        return false;
}

static void examine_modules(const char *path, Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *content = host_file_read(path);
        Bytes rest = bytes_from_string(content), module;

        for (unsigned number = 1; rest.size > 0; number++) {
                if (!pam_line_module(scan_part(&rest, '\n'), &module))
                        continue;
                diagnosis_look(diagnosis);
                if (has_module(module))
                        continue;
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_ERROR,
                                .name = "pam-module",
                                .what = output_format("%s:%u: the module %.*s is not installed.",
                                        path, number, (int)module.size, (const char *)module.data),
                                .why = output_format(
                                        "A module that cannot be loaded refuses everybody, unless "
                                        "its line begins with \"-\"."),
                                .remedy = output_format(
                                        "${EDITOR:-vi} +%u %s  # or install the module", number,
                                        path)});
        }
}

/* The name of PAM's service; for the caller. */
static char *service_of(const BackendConfig *backend, const char *service)
{
        const char *template = served_argument(backend, "service");
        const char *token = template ? strstr(template, "%s") : NULL;

        if (!template)
                return output_format("%s", service);
        if (!token)
                return output_format("%s", template);
        return output_format("%.*s%s%s", (int)(token - template), template, service, token + 2);
}

/* No services=, as with -a, serves all. */
static bool lists(const char *services, const char *service)
{
        Bytes rest = bytes_from_string(services), word;

        while (setting_word(&rest, &word))
                if (bytes_equal_string(word, service))
                        return true;
        return services == NULL;
}

static void report_unlisted(const Config *config, const BackendConfig *backend, const Rule *rule,
        const char *service, Diagnosis *diagnosis)
{
        const char *file = config_file(config, backend->place);

        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "pam-services",
                        .what = output_format("%s:%u has the backend %s check service %s, which "
                                              "its services= at %s:%u does not name.",
                                config_file(config, rule->place), rule->place.line, backend->name,
                                service, file, backend->place.line),
                        .why = output_format("The backend refuses every login of a service that it "
                                             "is not meant for."),
                        .remedy = output_format("sed -i '/^ *backend  *%s /s/services=\"*/&%s,/' "
                                                "%s\nsaslward reload",
                                backend->name, service, file)});
}

static void examine_service(const BackendConfig *backend, const char *service, Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *name = service_of(backend, service);
        _cleanup_(free_pointer) char *path = find_file(name);

        diagnosis_look(diagnosis);
        if (!path)
                report_missing(name, diagnosis);
        else
                examine_modules(path, diagnosis);
}

/* Whether a rule permits the service and has the backend check it. */
static bool is_asked(const Config *config, size_t backend, const char *service)
{
        for (size_t i = 0; i < config->rule_count; i++)
                if (served_by_backend(&config->rules[i], backend) &&
                        served_by_rule(&config->rules[i], service))
                        return true;
        return false;
}

/* The services that services= names; without it, as with -a, those of known programs that rules
 * name. */
static void examine_backend(const Config *config, size_t index, Diagnosis *diagnosis)
{
        const BackendConfig *backend = &config->backends[index];
        const char *services = served_argument(backend, "services");
        Bytes rest = bytes_from_string(services), word;

        while (setting_word(&rest, &word)) {
                _cleanup_(free_pointer) char *service =
                        output_format("%.*s", (int)word.size, (const char *)word.data);

                if (is_asked(config, index, service))
                        examine_service(backend, service, diagnosis);
        }
}

/* Rules with no other backend, for services that this one is not meant for. */
static void examine_rule(const Config *config, const Rule *rule, Diagnosis *diagnosis)
{
        const Condition *condition = rule_condition(rule, CONDITION_SERVICE);
        const BackendConfig *backend;

        if (!rule->permit || rule->backend_count != 1 || !condition)
                return;
        backend = &config->backends[rule->backends[0]];
        if (strcmp(backend->mechanism->name, "pam") != 0)
                return;
        for (size_t i = 0; i < condition->list.count; i++) {
                const Item *item = &condition->list.items[i];

                diagnosis_look(diagnosis);
                if (item->kind == ITEM_EXACT && !item->exclude &&
                        !lists(served_argument(backend, "services"), item->text))
                        report_unlisted(config, backend, rule, item->text, diagnosis);
        }
}

void examine_pam(const Patient *patient, Diagnosis *diagnosis)
{
        const Config *config = patient->config;

        for (size_t i = 0; i < config->backend_count; i++)
                if (strcmp(config->backends[i].mechanism->name, "pam") == 0)
                        examine_backend(config, i, diagnosis);
        for (size_t i = 0; i < config->rule_count; i++)
                examine_rule(config, &config->rules[i], diagnosis);
}
