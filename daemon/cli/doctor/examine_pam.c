/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h"
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/pam_line.h"
#include "daemon/cli/doctor/served.h"
#include "daemon/cli/output.h"
#include "daemon/pam_backend.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#define INCLUDES_MAX 16u /* of a file in a file */

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

static void report_unlisted(const Config *config, const BackendConfig *backend, const Rule *rule,
        const char *service, const char *name, Diagnosis *diagnosis)
{
        const char *file = config_file(config, backend->place);

        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "pam-services",
                        .what = output_format("%s:%u has the backend %s check service %s, but its "
                                              "services= at %s:%u does not name %s.",
                                config_file(config, rule->place), rule->place.line, backend->name,
                                service, file, backend->place.line, name),
                        .why = output_format("The backend refuses every login of a service that it "
                                             "is not meant for."),
                        .remedy = output_format("sed -i '/^ *backend  *%s /s/services=\"*/&%s,/' "
                                                "%s\nsaslward reload",
                                backend->name, name, file)});
}

/* In any case, as libpam reads it (pam_handlers.c). */
static bool is_type(Bytes type, const char *wanted)
{
        return type.size == strlen(wanted) &&
               strncasecmp((const char *)type.data, wanted, type.size) == 0;
}

/* Whether the file or one that it includes has a line of that type. One that cannot be read is
 * another fault. */
static bool has_stack(const char *path, const char *wanted, unsigned depth)
{
        _cleanup_(free_pointer) char *content = host_file_read(path);
        Bytes rest = bytes_from_string(content), type, file;

        if (!content || depth > INCLUDES_MAX)
                return true;
        while (rest.size > 0) {
                _cleanup_(free_pointer) char *included = NULL;

                if (!pam_line_type(scan_part(&rest, '\n'), &type, &file) ||
                        (type.size > 0 && !is_type(type, wanted)))
                        continue;
                if (file.size == 0)
                        return true;
                included = output_format("%s%.*s", file.data[0] == '/' ? "" : "/etc/pam.d/",
                        (int)file.size, (const char *)file.data);
                if (has_stack(included, wanted, depth + 1))
                        return true;
        }
        return false;
}

static void examine_stacks(const char *path, Diagnosis *diagnosis)
{
        static const char *const types[] = {"auth", "account"};

        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
                diagnosis_look(diagnosis);
                if (has_stack(path, types[i], 0))
                        continue;
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_ERROR,
                                .name = "pam-stack",
                                .what = output_format("%s has no line of type %s.", path, types[i]),
                                .why = output_format(
                                        "PAM then silently uses those of /etc/pam.d/other: they "
                                        "refuse everybody (openSUSE, Fedora), or go by the "
                                        "accounts of this machine (Debian)."),
                                .remedy =
                                        output_format("printf '\\n%s required pam_unix.so\\n' >>%s",
                                                types[i], path)});
        }
}

static void examine_name(const char *name, Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *path = find_file(name);

        diagnosis_look(diagnosis);
        if (!path) {
                report_missing(name, diagnosis);
                return;
        }
        examine_modules(path, diagnosis);
        examine_stacks(path, diagnosis);
}

/* Whether a rule permits a service and has the backend check it under that name. */
static bool is_asked(const Config *config, size_t backend, Bytes name)
{
        char service[SERVICE_NAME_MAX + 1];
        Bytes requested;

        if (!pam_backend_asked_as(&config->backends[backend], name, &requested) ||
                !bytes_to_string(requested, service, sizeof(service)))
                return false;
        for (size_t i = 0; i < config->rule_count; i++)
                if (served_by_backend(&config->rules[i], backend) &&
                        (requested.size == 0 || served_by_rule(&config->rules[i], service)))
                        return true;
        return false;
}

/* The PAM services that services= names. */
static void examine_backend(const Config *config, size_t index, Diagnosis *diagnosis)
{
        const char *services = backend_argument(&config->backends[index], "services");
        Bytes rest = bytes_from_string(services), word;

        while (setting_word(&rest, &word)) {
                _cleanup_(free_pointer) char *name =
                        output_format("%.*s", (int)word.size, (const char *)word.data);

                if (is_asked(config, index, word))
                        examine_name(name, diagnosis);
        }
}

/* Rules whose first backend is not meant for a service: its word is final. */
static void examine_rule(const Config *config, const Rule *rule, Diagnosis *diagnosis)
{
        const Condition *condition = rule_condition(rule, CONDITION_SERVICE);
        const BackendConfig *backend;

        if (!rule->permit || rule->backend_count == 0 || !condition)
                return;
        backend = &config->backends[rule->backends[0]];
        if (strcmp(backend->mechanism->name, "pam") != 0)
                return;
        for (size_t i = 0; i < condition->list.count; i++) {
                const Item *item = &condition->list.items[i];
                char name[SERVICE_NAME_MAX + 1];

                diagnosis_look(diagnosis);
                if (item->kind == ITEM_EXACT && !item->exclude &&
                        pam_backend_service(backend, bytes_from_string(item->text), name) &&
                        !pam_backend_lists(backend, name))
                        report_unlisted(config, backend, rule, item->text, name, diagnosis);
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
