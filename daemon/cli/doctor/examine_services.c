/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/output.h"

#include <string.h>

/* What people write, as programs or their files are called, and what the programs say. */
static const struct {
        const char *wrong, *right;
} names[] = {
        {"qemu", "spice"},
        {"smtpd", "smtp"},
        {"postfix", "smtp"},
        {"imapd", "imap"},
        {"cyrus", "imap"},
        {"pop3", "pop"},
        {"pop3d", "pop"},
        {"timsieved", "sieve"},
        {"slapd", "ldap"},
        {"libvirtd", "libvirt"},
        {"svnserve", "svn"},
};

static void report(const Config *config, const Rule *rule, size_t name, Diagnosis *diagnosis)
{
        const char *file = config_file(config, rule->place);

        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "service-name",
                        .what = output_format("%s:%u: no program says service %s.", file,
                                rule->place.line, names[name].wrong),
                        .why = output_format(
                                "The rule never holds. A program's service need not be "
                                "called as its file: here it is %s.",
                                names[name].right),
                        .remedy = output_format("sed -i '%us/\\(service=[^ ]*\\)\\b%s\\b/\\1%s/' "
                                                "%s\nsaslward reload",
                                rule->place.line, names[name].wrong, names[name].right, file)});
}

static void examine_item(
        const Config *config, const Rule *rule, const Item *item, Diagnosis *diagnosis)
{
        if (item->kind != ITEM_EXACT)
                return;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (strcmp(item->text, names[i].wrong) == 0)
                        report(config, rule, i, diagnosis);
}

void examine_services(const Patient *patient, Diagnosis *diagnosis)
{
        const Config *config = patient->config;

        for (size_t i = 0; i < config->rule_count; i++) {
                const Condition *condition = rule_condition(&config->rules[i], CONDITION_SERVICE);

                if (!condition)
                        continue;
                diagnosis_look(diagnosis);
                for (size_t k = 0; k < condition->list.count; k++)
                        examine_item(
                                config, &config->rules[i], &condition->list.items[k], diagnosis);
        }
}
