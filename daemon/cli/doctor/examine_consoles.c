/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/graphics.h"
#include "daemon/cli/doctor/qemu_console.h"
#include "daemon/cli/doctor/served.h"
#include "daemon/cli/domains.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <string.h>
#include <unistd.h>

typedef struct Console {
        const char *service, *sasl, *tls;
} Console;

static const Console consoles[] = {
        {"spice", "spice_sasl", "spice_tls"},
        {"vnc", "vnc_sasl", "vnc_tls"},
};

static bool is_on(const char *key)
{
        char value[SETTING_MAX];

        return host_file_setting(LIBVIRT_QEMU_CONF, SETTING_LIBVIRT, key, value) &&
               strcmp(value, "1") == 0;
}

/* Commands that switch it on, whether or not a line was there. */
static char *switch_on(const char *key)
{
        return output_format("sed -i -e '$a%s = 1' -e '/^ *%s *=/d' %s\n"
                             "systemctl restart libvirtd\n"
                             "# then each VM anew: virsh shutdown VM; virsh start VM",
                key, key, LIBVIRT_QEMU_CONF);
}

static void examine_console(const Console *console, const Config *config, Diagnosis *diagnosis)
{
        if (!is_on(console->sasl) && !served_at_consoles(config, console->service))
                return;
        diagnosis_look(diagnosis);
        if (!is_on(console->sasl))
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_ERROR,
                                .name = "console-open",
                                .what = output_format("%s does not say %s = 1.", LIBVIRT_QEMU_CONF,
                                        console->sasl),
                                .why = output_format(
                                        "QEMU asks nobody who opens a %s console: whoever reaches "
                                        "its port is in, whatever the rules say.",
                                        console->service),
                                .remedy = switch_on(console->sasl)});
        diagnosis_look(diagnosis);
        if (!is_on(console->tls))
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_ERROR,
                                .name = "console-clear",
                                .what = output_format(
                                        "%s does not say %s = 1.", LIBVIRT_QEMU_CONF, console->tls),
                                .why = output_format(
                                        "PLAIN sends the password as it was typed; without TLS "
                                        "everybody on the way can read it. (libvirt needs a "
                                        "certificate first: see %s_x509_cert_dir there.)",
                                        console->tls),
                                .remedy = switch_on(console->tls)});
}

static bool has_clear_port(const char *domain)
{
        _cleanup_(free_pointer) char *path = output_format("%s/%s.xml", DOMAINS_DIRECTORY, domain);
        _cleanup_(free_pointer) char *document = host_file_read(path);
        Bytes rest = bytes_from_string(document);
        Graphics graphics;

        while (graphics_next(&rest, &graphics))
                if (graphics_is_clear(&graphics))
                        return true;
        return false;
}

static void examine_domain(const char *domain, Diagnosis *diagnosis)
{
        diagnosis_look(diagnosis);
        if (!has_clear_port(domain))
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "port-clear",
                        .what = output_format(
                                "The SPICE console of %s has a port without TLS.", domain),
                        .why = output_format("A viewer may take it, and then the password crosses "
                                             "the network as it was typed."),
                        .remedy = output_format("virsh edit %s  # <graphics type='spice' "
                                                "defaultMode='secure' ...>\n"
                                                "# then anew: virsh shutdown %s; virsh start %s",
                                domain, domain, domain)});
}

static void examine_libvirt(const Config *config, const Domains *domains, Diagnosis *diagnosis)
{
        for (size_t i = 0; i < sizeof(consoles) / sizeof(consoles[0]); i++)
                examine_console(&consoles[i], config, diagnosis);
        if (!is_on("spice_sasl"))
                return;
        for (size_t i = 0; i < domains->count; i++)
                examine_domain(domains->domains[i].name, diagnosis);
}

static char *start_anew(const RunningQemu *qemu, const char *options)
{
        return output_format("# start it anew with %s; it was started as\n"
                             "tr '\\0' ' ' </proc/%s/cmdline",
                options, qemu->pid);
}

static void report_running_open(
        const RunningQemu *qemu, const QemuConsole *console, Diagnosis *diagnosis)
{
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "console-open",
                        .what = output_format("QEMU (PID %s, %s) has a %s console without SASL.",
                                qemu->pid, qemu->name[0] ? qemu->name : "no name",
                                console->service),
                        .why = output_format("It asks nobody who opens it: whoever reaches its "
                                             "port is in, whatever the rules say."),
                        .remedy = start_anew(qemu, "sasl=on")});
}

static void report_running_clear(
        const RunningQemu *qemu, const QemuConsole *console, Diagnosis *diagnosis)
{
        bool is_spice = strcmp(console->service, "spice") == 0;

        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "port-clear",
                        .what = output_format(
                                "The %s console of QEMU (PID %s, %s) has a port without TLS.",
                                console->service, qemu->pid,
                                qemu->name[0] ? qemu->name : "no name"),
                        .why = output_format("The password crosses the network as it was typed."),
                        .remedy = start_anew(
                                qemu, is_spice ? "tls-port= in place of port=, and x509-dir="
                                               : "tls-creds=")});
}

/* libvirt's are as its files say, but for those that have run since before these were changed. */
static void examine_running_console(const RunningQemu *qemu, const QemuConsole *console,
        bool is_libvirts, const Config *config, Diagnosis *diagnosis)
{
        bool is_spice = strcmp(console->service, "spice") == 0;

        diagnosis_look(diagnosis);
        if (console->has_sasl) {
                if (console->is_clear && !is_libvirts)
                        report_running_clear(qemu, console, diagnosis);
        } else if (is_libvirts ? is_on(is_spice ? "spice_sasl" : "vnc_sasl")
                               : served_at_consoles(config, console->service)) {
                report_running_open(qemu, console, diagnosis);
        }
}

static bool is_domain(const Domains *domains, const char *name)
{
        for (size_t i = 0; i < domains->count; i++)
                if (domains->domains[i].running && strcmp(domains->domains[i].name, name) == 0)
                        return true;
        return false;
}

static void examine_running(
        const RunningQemu *qemu, const Domains *domains, const Config *config, Diagnosis *diagnosis)
{
        Bytes cmdline = running_qemu_cmdline(qemu);
        QemuConsole console;

        while (qemu_console_next(&cmdline, &console))
                examine_running_console(
                        qemu, &console, is_domain(domains, qemu->name), config, diagnosis);
        if (!qemu->is_readable && running_qemu_has_sasl(qemu))
                diagnosis_untried(diagnosis,
                        output_format("what libsasl2 reads for QEMU (PID %s); run it as root",
                                qemu->pid));
}

void examine_consoles(const Patient *patient, Diagnosis *diagnosis)
{
        _cleanup_(domains_deinit) Domains domains;

        domains_init(&domains, DOMAINS_DIRECTORY);
        if (access(LIBVIRT_QEMU_CONF, F_OK) == 0)
                examine_libvirt(patient->config, &domains, diagnosis);
        for (size_t i = 0; i < patient->qemus.count; i++)
                examine_running(&patient->qemus.qemus[i], &domains, patient->config, diagnosis);
}
