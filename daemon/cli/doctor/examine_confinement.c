/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h"
#include "daemon/cli/doctor/apparmor.h"
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APPARMOR_ENABLED "/sys/module/apparmor/parameters/enabled"
#define APPARMOR_QEMU    "/etc/apparmor.d/abstractions/libvirt-qemu"
#define APPARMOR_LOCAL   "/etc/apparmor.d/local/abstractions/libvirt-qemu"
#define SELINUX_ENFORCE  "/sys/fs/selinux/enforce"
#define SELINUX_MODULES  "/var/lib/selinux/*/active/modules/*/saslward"

static bool begins_with(const char *path, char wanted)
{
        _cleanup_(free_pointer) char *content = host_file_read(path);

        return content && content[0] == wanted;
}

static bool file_allows(const char *profile, const char *path, char access)
{
        _cleanup_(free_pointer) char *content = host_file_read(profile);

        return apparmor_allows(bytes_from_string(content), path, access);
}

/* AppArmor sees what a path leads to. */
static void examine_path(const char *path, char access, Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *real = realpath(path, NULL);
        const char *seen = real ? real : path;

        diagnosis_look(diagnosis);
        if (file_allows(APPARMOR_QEMU, seen, access) || file_allows(APPARMOR_LOCAL, seen, access))
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "apparmor",
                        .what = output_format(
                                "AppArmor's profile for libvirt's VMs has no rule for %s.", seen),
                        .why = output_format("%s",
                                access == 'r' ? "QEMU cannot read it, and then offers every "
                                                "mechanism and never asks the daemon."
                                              : "QEMU cannot connect to the daemon: every login at "
                                                "a console is refused."),
                        .remedy = output_format(
                                "echo '%s %s,' >>%s\n"
                                "# then each VM anew: virsh shutdown VM; virsh start VM",
                                seen, access == 'r' ? "r" : "rw", APPARMOR_LOCAL)});
}

static void examine_apparmor(const SaslProgram *program, Diagnosis *diagnosis)
{
        char mux[SETTING_MAX], driver[SETTING_MAX];

        if (!begins_with(APPARMOR_ENABLED, 'Y') || access(APPARMOR_QEMU, F_OK) < 0)
                return;
        if (host_file_setting(LIBVIRT_QEMU_CONF, SETTING_LIBVIRT, "security_driver", driver) &&
                strcmp(driver, "apparmor") != 0)
                return;
        sasl_program_mux(program, mux);
        examine_path(mux, 'w', diagnosis);
        if (program->file)
                examine_path(program->file, 'r', diagnosis);
}

static void examine_selinux(Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *module = NULL;

        if (!begins_with(SELINUX_ENFORCE, '1'))
                return;
        diagnosis_look(diagnosis);
        module = host_file_find(SELINUX_MODULES);
        if (module)
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "selinux",
                        .what = output_format("SELinux is enforcing, and has no module saslward."),
                        .why = output_format("Its policy lets no VM connect to the daemon: every "
                                             "login at a console is refused."),
                        .remedy = output_format(
                                "cd %s/selinux\n"
                                "make -f /usr/share/selinux/devel/Makefile saslward.pp\n"
                                "semodule -i saslward.pp\n"
                                "restorecon -Rv /usr/sbin/saslwardd %s %s",
                                DOCUMENT_DIRECTORY, WORKER_DIRECTORY, STATE_DIRECTORY)});
}

void examine_confinement(const Patient *patient, Diagnosis *diagnosis)
{
        for (size_t i = 0; i < patient->programs.count; i++) {
                if (!patient->programs.programs[i].is_libvirts)
                        continue;
                examine_apparmor(&patient->programs.programs[i], diagnosis);
                examine_selinux(diagnosis);
        }
}
