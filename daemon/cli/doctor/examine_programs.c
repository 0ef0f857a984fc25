/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/as_user.h"
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/plugin.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* A file that is named after a service of the program, for the caller, or NULL. */
static char *find_misnamed(const SaslProgram *program)
{
        Bytes rest = bytes_from_string(program->services), service;

        while (setting_word(&rest, &service)) {
                _cleanup_(free_pointer) char *name =
                        output_format("%.*s", (int)service.size, (const char *)service.data);
                char *path;

                for (size_t i = 0; (path = sasl_program_place(program, name, i)); i++) {
                        if (access(path, F_OK) == 0)
                                return path;
                        free(path);
                }
        }
        return NULL;
}

static void report_missing(const SaslProgram *program, Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *misnamed = find_misnamed(program);
        _cleanup_(free_pointer) char *path = sasl_program_place(program, program->app, 0);

        if (misnamed)
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_ERROR,
                                .name = "sasl-misnamed",
                                .what = output_format(
                                        "%s never reads %s.", program->title, misnamed),
                                .why = output_format("It says service %s, but its file is named "
                                                     "after the program: %s.conf. Without it "
                                                     "libsasl2 never asks the daemon.",
                                        program->services, program->app),
                                .remedy = output_format(
                                        "mv %s %s\n%s", misnamed, path, program->restart)});
        else
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_ERROR,
                                .name = "sasl-missing",
                                .what = output_format("There is no %s.conf for %s in %s.",
                                        program->app, program->title, program->directories),
                                .why = output_format(
                                        "Without it libsasl2 offers every mechanism, looks into "
                                        "/etc/sasldb2 itself, and never asks the daemon."),
                                .remedy = output_format(
                                        "printf 'pwcheck_method: saslauthd\\nmech_list: %s\\n' "
                                        ">%s\n%s",
                                        program->mechanisms, path, program->restart)});
}

static void examine_readable(const SaslProgram *program, Diagnosis *diagnosis)
{
        AsUser user;

        if (!program->reads_as_user || !program->user || geteuid() != 0 ||
                !as_user_find(program->user, &user))
                return;
        diagnosis_look(diagnosis);
        if (as_user_run(&user, try_read, program->file) != EACCES)
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "sasl-unreadable",
                        .what = output_format("%s, which runs as %s, cannot read %s.",
                                program->title, program->user, program->file),
                        .why = output_format("libsasl2 then does as if it were not there: it "
                                             "offers every mechanism, and never asks the daemon."),
                        .remedy = output_format(
                                "chmod a+r %s\n%s", program->file, program->restart)});
}

static void examine_syntax(const SaslProgram *program, Diagnosis *diagnosis)
{
        unsigned line = setting_sasl_error(bytes_from_string(program->content));

        diagnosis_look(diagnosis);
        if (line == 0)
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "sasl-syntax",
                        .what = output_format(
                                "Line %u of %s is no \"key: value\".", line, program->file),
                        .why = output_format("libsasl2 does not start with such a line, and %s "
                                             "refuses everybody.",
                                program->title),
                        .remedy = output_format("sed -i '%us/^/# /' %s  # or mend the line\n%s",
                                line, program->file, program->restart)});
}

static void report_method(
        const SaslProgram *program, const char *what, const char *why, Diagnosis *diagnosis)
{
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "pwcheck-method",
                        .what = output_format("%s %s.", program->file, what),
                        .why = output_format("%s", why),
                        .remedy = sasl_program_remedy(program, "pwcheck_method", "saslauthd")});
}

static void examine_method(const SaslProgram *program, Diagnosis *diagnosis)
{
        char value[SETTING_MAX];
        _cleanup_(free_pointer) char *what = NULL;
        bool is_set = sasl_program_setting(program, "pwcheck_method", value);

        diagnosis_look(diagnosis);
        if (strcmp(value, "saslauthd") == 0)
                return;
        what = is_set ? output_format("says %spwcheck_method: %s", program->prefix, value)
                      : output_format("does not say %spwcheck_method", program->prefix);
        report_method(program, what,
                strstr(value, "saslauthd")
                        ? "After a NO of the daemon libsasl2 tries the others, as auxprop, the "
                          "sasldb: whoever is in there gets in, whatever the rules say."
                        : "libsasl2 then looks into the sasldb itself, and never asks the daemon.",
                diagnosis);
}

/* Which mechanisms of a list never ask the daemon; all but PLAIN and LOGIN. For the caller, or
 * NULL: none. */
static char *find_strangers(const char *list)
{
        Bytes rest = bytes_from_string(list), word;
        char *found = NULL;

        while (setting_word(&rest, &word)) {
                char *before = found;

                if ((word.size == 5 && strncasecmp((const char *)word.data, "plain", 5) == 0) ||
                        (word.size == 5 && strncasecmp((const char *)word.data, "login", 5) == 0))
                        continue;
                found = output_format("%s%s%.*s", before ? before : "", before ? ", " : "",
                        (int)word.size, (const char *)word.data);
                free(before);
        }
        return found;
}

static void report_mechanisms(const SaslProgram *program, char *what, Diagnosis *diagnosis)
{
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "mech-list",
                        .what = what,
                        .why = output_format("Only PLAIN and LOGIN ask the daemon. The others "
                                             "check the user in their own way, and the rules are "
                                             "not asked."),
                        .remedy = sasl_program_remedy(program, "mech_list", program->mechanisms)});
}

static void examine_mechanisms(const SaslProgram *program, Diagnosis *diagnosis)
{
        char value[SETTING_MAX];
        bool is_set = sasl_program_setting(program, "mech_list", value);
        _cleanup_(free_pointer) char *strangers = find_strangers(value);

        diagnosis_look(diagnosis);
        if (!is_set)
                report_mechanisms(program,
                        output_format("%s has no %smech_list, so that %s offers every mechanism "
                                      "that is installed.",
                                program->file, program->prefix, program->title),
                        diagnosis);
        else if (strangers)
                report_mechanisms(program,
                        output_format("%s offers %s by %smech_list: %s.", program->file, strangers,
                                program->prefix, value),
                        diagnosis);
}

static void examine_shadowed(const SaslProgram *program, Diagnosis *diagnosis)
{
        char *path;

        for (size_t i = 0;
                program->directories && (path = sasl_program_place(program, program->app, i));
                i++) {
                if (access(path, F_OK) == 0 && strcmp(path, program->file) != 0)
                        diagnosis_add(diagnosis,
                                (Fault){.severity = SEVERITY_WARNING,
                                        .name = "sasl-shadowed",
                                        .what = output_format(
                                                "%s is never read, since there is %s.", path,
                                                program->file),
                                        .why = output_format(
                                                "What is changed there has no effect, and may be "
                                                "what was meant."),
                                        .remedy = output_format("diff %s %s\nmv %s %s.unused",
                                                program->file, path, path, path)});
                free(path);
        }
}

static void examine_program(const SaslProgram *program, Diagnosis *diagnosis)
{
        diagnosis_look(diagnosis);
        if (!program->file) {
                report_missing(program, diagnosis);
                return;
        }
        examine_shadowed(program, diagnosis);
        if (!program->content) {
                diagnosis_untried(diagnosis,
                        output_format("%s, which cannot be read; run it as root", program->file));
                return;
        }
        examine_readable(program, diagnosis);
        examine_syntax(program, diagnosis);
        examine_method(program, diagnosis);
        examine_mechanisms(program, diagnosis);
}

void examine_programs(const Patient *patient, Diagnosis *diagnosis)
{
        for (size_t i = 0; i < patient->programs.count; i++) {
                size_t before = diagnosis->count;

                examine_program(&patient->programs.programs[i], diagnosis);
                if (patient->programs.programs[i].is_foreign)
                        diagnosis_comment_out(diagnosis, before);
        }
        if (patient->programs.count > 0)
                (void)plugin_examine(
                        "plain", "PLAIN, the mechanism that asks the daemon", diagnosis);
}
