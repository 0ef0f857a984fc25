/* SPDX-License-Identifier: BSD-2-Clause */

/* /proc/PID/cgroup of every kind of machine, and what others may have put there. */

#include "backends/cgroup.h"

#include "proto/cleanup.h"

#include "table.h"

#define SCOPE     "machine-qemu\\x2d1\\x2dvmA.scope"
#define MACHINE   "/machine.slice/" SCOPE
#define LETTERS50 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx"
#define UNIT254                                                                                    \
        LETTERS50 LETTERS50 LETTERS50 LETTERS50                                                    \
                "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrst.service"

/* As on Debian 12 with v1 controllers mounted too, QEMU of libvirt 9.0. */
#define HYBRID                                                                                     \
        "9:name=systemd:" MACHINE "\n8:pids:" MACHINE "/libvirt\n3:cpuset:" MACHINE                \
        "/libvirt/emulator\n"                                                                      \
        "0::" MACHINE "\n"

typedef struct CgroupRow {
        const char *name;
        Bytes content;
        PeerPlace place; /* unknown = not read */
        const char *unit;
        const char *machine;
} CgroupRow;

static const CgroupRow rows[] = {
        /* what systemd makes */
        {"v2: a service", LIT("0::/system.slice/cron.service\n"), PEER_PLACE_ORDINARY,
                "cron.service", ""},
        {"v2: an instance", LIT("0::/system.slice/system-postfix.slice/postfix@-.service\n"),
                PEER_PLACE_ORDINARY, "postfix@-.service", ""},
        {"v2: below a service", LIT("0::/system.slice/x.service/machine.slice/m.scope\n"),
                PEER_PLACE_ORDINARY, "x.service", ""},
        {"v2: a session", LIT("0::/user.slice/user-1000.slice/session-3.scope\n"),
                PEER_PLACE_ORDINARY, "session-3.scope", ""},
        {"v2: systemd itself", LIT("0::/init.scope\n"), PEER_PLACE_ORDINARY, "init.scope", ""},
        {"v2: the root", LIT("0::/\n"), PEER_PLACE_ORDINARY, "", ""},
        {"v2: a slice alone", LIT("0::/system.slice\n"), PEER_PLACE_ORDINARY, "", ""},
        {"v2: a mount", LIT("0::/system.slice/srv.mount\n"), PEER_PLACE_ORDINARY, "srv.mount", ""},
        {"v2: a container of Docker's", LIT("0::/system.slice/docker-0123456789abcdef.scope\n"),
                PEER_PLACE_ORDINARY, "docker-0123456789abcdef.scope", ""},
        {"v2: no systemd", LIT("0::/5/foo\n"), PEER_PLACE_ORDINARY, "", ""},
        /* machines */
        {"v2: a machine", LIT("0::" MACHINE "\n"), PEER_PLACE_MACHINE, SCOPE, MACHINE},
        {"v2: below a machine", LIT("0::" MACHINE "/libvirt/emulator\n"), PEER_PLACE_MACHINE, SCOPE,
                MACHINE},
        {"v2: below a machine, a scope", LIT("0::" MACHINE "/x.slice/y.scope\n"),
                PEER_PLACE_MACHINE, SCOPE, MACHINE},
        {"v2: a machine whose cgroup is gone", LIT("0::" MACHINE " (deleted)\n"),
                PEER_PLACE_MACHINE, SCOPE, MACHINE},
        {"v2: a slice of machines",
                LIT("0::/machine.slice/machine-prod.slice/machine-a.scope/libvirt\n"),
                PEER_PLACE_MACHINE, "machine-a.scope",
                "/machine.slice/machine-prod.slice/machine-a.scope"},
        {"v2: nspawn", LIT("0::/machine.slice/systemd-nspawn@c.service/payload/x.service\n"),
                PEER_PLACE_MACHINE, "systemd-nspawn@c.service",
                "/machine.slice/systemd-nspawn@c.service"},
        {"v2: machine.slice itself", LIT("0::/machine.slice\n"), PEER_PLACE_MACHINE, "", ""},
        {"v2: no unit below machine.slice", LIT("0::/machine.slice/x\n"), PEER_PLACE_MACHINE, "",
                "/machine.slice/x"},
        {"v2: no systemd, libvirt", LIT("0::/machine/qemu-1-vmA.libvirt-qemu/emulator\n"),
                PEER_PLACE_MACHINE, "", "/machine/qemu-1-vmA.libvirt-qemu"},
        {"v2: a partition of libvirt's",
                LIT("0::/machine/prod.partition/qemu-1-vmA.libvirt-qemu/vcpu0\n"),
                PEER_PLACE_MACHINE, "", "/machine/prod.partition/qemu-1-vmA.libvirt-qemu"},
        {"v2: a user's manager below machines",
                LIT("0::/machine.slice/user@1000.service/x.scope\n"), PEER_PLACE_MACHINE,
                "user@1000.service", "/machine.slice/user@1000.service"},
        {"v2: not quite machines", LIT("0::/machine.slice.d/m.scope\n"), PEER_PLACE_ORDINARY, "",
                ""},
        {"v2: machines elsewhere", LIT("0::/system.slice/machine.slice/m.scope\n"),
                PEER_PLACE_ORDINARY, "m.scope", ""},
        {"v2: machines elsewhere, no slice", LIT("0::/x/machine.slice/m.scope\n"),
                PEER_PLACE_ORDINARY, "", ""},
        {"v2: an escaped name", LIT("0::/system.slice/_cgroup.service\n"), PEER_PLACE_ORDINARY,
                "cgroup.service", ""},
        {"v2: escaped machines", LIT("0::/_machine.slice/m.scope\n"), PEER_PLACE_MACHINE, "m.scope",
                "/_machine.slice/m.scope"},
        /* where the user chooses the names */
        {"v2: a user's manager",
                LIT("0::/user.slice/user-1000.slice/user@1000.service/init.scope\n"),
                PEER_PLACE_USER, "user@1000.service", ""},
        {"v2: a user's machine",
                LIT("0::/user.slice/user-1000.slice/user@1000.service/machine.slice/" SCOPE "\n"),
                PEER_PLACE_USER, "user@1000.service", ""},
        {"v2: a user's service called so",
                LIT("0::/user.slice/user-1000.slice/user@1000.service/app.slice/user@0.service\n"),
                PEER_PLACE_USER, "user@1000.service", ""},
        {"v2: a session with a name from elsewhere",
                LIT("0::/user.slice/user-1000.slice/session-1.scope/user@1000.service\n"),
                PEER_PLACE_ORDINARY, "session-1.scope", ""},
        /* v1 and hybrid */
        {"hybrid: a machine", LIT(HYBRID), PEER_PLACE_MACHINE, SCOPE, MACHINE},
        {"hybrid: v2 counts", LIT("1:name=systemd:" MACHINE "\n0::/system.slice/a.service\n"),
                PEER_PLACE_ORDINARY, "a.service", ""},
        {"hybrid: v2 counts, in the other order",
                LIT("0::/system.slice/a.service\n1:name=systemd:" MACHINE "\n"),
                PEER_PLACE_ORDINARY, "a.service", ""},
        {"hybrid: v2 not used by systemd", LIT("1:name=systemd:" MACHINE "/libvirt\n0::/\n"),
                PEER_PLACE_MACHINE, SCOPE, MACHINE},
        {"hybrid: not used by systemd, a service",
                LIT("1:name=systemd:/system.slice/a.service\n0::/\n"), PEER_PLACE_ORDINARY,
                "a.service", ""},
        {"v1: a machine", LIT("2:cpu,cpuacct:/\n1:name=systemd:" MACHINE "/emulator\n"),
                PEER_PLACE_MACHINE, SCOPE, MACHINE},
        {"v1: a user's manager",
                LIT("1:name=systemd:/user.slice/user-7.slice/user@7.service/m.scope\n"),
                PEER_PLACE_USER, "user@7.service", ""},
        {"v1: no systemd, libvirt",
                LIT("4:memory:/machine/qemu-1-vmA.libvirt-qemu\n3:cpu:/\n1:name=systemd:/\n0::/\n"),
                PEER_PLACE_MACHINE, "", "/machine/qemu-1-vmA.libvirt-qemu"},
        {"v1: no systemd at all", LIT("4:memory:/\n3:cpu:/foo\n"), PEER_PLACE_ORDINARY, "", ""},
        {"v1: another's controller names nothing", LIT("4:memory:/system.slice/a.service\n0::/\n"),
                PEER_PLACE_ORDINARY, "", ""},
        /* outside, cut, nonsense */
        {"outside our namespace", LIT("0::/../system.slice/a.service\n"), PEER_PLACE_UNKNOWN},
        {"outside our namespace, its root", LIT("0::/..\n"), PEER_PLACE_UNKNOWN},
        {"outside our namespace, v1", LIT("1:name=systemd:/../machine.slice/m.scope\n0::/\n"),
                PEER_PLACE_UNKNOWN},
        {"a name with dots", LIT("0::/..a/x.service\n"), PEER_PLACE_ORDINARY, "", ""},
        {"empty", LIT(""), PEER_PLACE_UNKNOWN},
        {"no newline", LIT("0::" MACHINE), PEER_PLACE_UNKNOWN},
        {"an empty line", LIT("\n0::/\n"), PEER_PLACE_UNKNOWN},
        {"no path", LIT("0::\n"), PEER_PLACE_UNKNOWN},
        {"no colons", LIT("/system.slice\n"), PEER_PLACE_UNKNOWN},
        {"one colon", LIT("0:/system.slice\n"), PEER_PLACE_UNKNOWN},
        {"a relative path", LIT("0::system.slice/a.service\n"), PEER_PLACE_UNKNOWN},
        {"a NUL", LIT("0::/system.slice/a\0.service\n"), PEER_PLACE_UNKNOWN},
        /* units */
        {"a colon in a path", LIT("0::/system.slice/a:b.service\n"), PEER_PLACE_ORDINARY,
                "a:b.service", ""},
        {"no unit: a blank", LIT("0::/system.slice/a b.service\n"), PEER_PLACE_ORDINARY, "", ""},
        {"no unit: UTF-8", LIT("0::/system.slice/é.service\n"), PEER_PLACE_ORDINARY, "", ""},
        {"no unit: no type", LIT("0::/system.slice/cron\n"), PEER_PLACE_ORDINARY, "", ""},
        {"no unit: a type alone", LIT("0::/system.slice/.service\n"), PEER_PLACE_ORDINARY, "", ""},
        {"no unit: no template", LIT("0::/system.slice/@x.service\n"), PEER_PLACE_ORDINARY, "", ""},
        {"no unit: a timer", LIT("0::/system.slice/x.timer\n"), PEER_PLACE_ORDINARY, "", ""},
        {"a unit of 255 bytes", LIT("0::/system.slice/a" UNIT254 "\n"), PEER_PLACE_ORDINARY,
                "a" UNIT254, ""},
        {"no unit: 256 bytes", LIT("0::/system.slice/ab" UNIT254 "\n"), PEER_PLACE_ORDINARY, "",
                ""},
        {"a slice called .slice", LIT("0::/.slice/a.service\n"), PEER_PLACE_ORDINARY, "", ""},
};

static void test_parse(void **state)
{
        const CgroupRow *row = *state;
        _cleanup_(exact_free) Bytes content = exact_copy(row->content);
        Cgroup cgroup;
        const char *complaint = cgroup_parse(content, &cgroup);

        if (row->place == PEER_PLACE_UNKNOWN) {
                assert_non_null(complaint);
                return;
        }
        assert_null(complaint);
        assert_int_equal(cgroup.place, row->place);
        assert_bytes_equal(cgroup.unit, bytes_from_string(row->unit));
        assert_bytes_equal(cgroup.machine, bytes_from_string(row->machine));
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_parse, ROWS(rows));
        return table_run(&table, "cgroup");
}
