/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/graphics.h"
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
        if (!is_on(console->sasl) && !served_by_name(config, console->service))
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

void examine_consoles(const Patient *patient, Diagnosis *diagnosis)
{
        Domains domains;

        if (access(LIBVIRT_QEMU_CONF, F_OK) < 0)
                return;
        for (size_t i = 0; i < sizeof(consoles) / sizeof(consoles[0]); i++)
                examine_console(&consoles[i], patient->config, diagnosis);
        if (!is_on("spice_sasl"))
                return;
        domains_init(&domains, DOMAINS_DIRECTORY);
        for (size_t i = 0; i < domains.count; i++)
                examine_domain(domains.domains[i].name, diagnosis);
        domains_deinit(&domains);
}
