/* SPDX-License-Identifier: BSD-2-Clause */

/* Records of systemd-machined, as its versions write them, and what none would write. */

#include "backends/machine_record.h"

#include "proto/cleanup.h"

#include "table.h"

#define UUID   "407c43312f36484b960d38b2a6d88363"
#define SCOPE  "machine-qemu\\x2d1\\x2dvmA.scope"
#define TEXT64 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

/* systemd 252 for a domain of libvirt 9.0, whole. */
#define LIBVIRT                                                                                    \
        "# This is private data. Do not parse.\n"                                                  \
        "NAME=qemu-1-vmA\n"                                                                        \
        "SCOPE=machine-qemu\\\\x2d1\\\\x2dvmA.scope\n"                                             \
        "SERVICE=libvirt-qemu\n"                                                                   \
        "ID=" UUID "\n"                                                                            \
        "LEADER=117\n"                                                                             \
        "CLASS=vm\n"                                                                               \
        "REALTIME=1795470587976494\n"                                                              \
        "MONOTONIC=12219643460\n"

/* As newer versions quote. */
#define QUOTED                                                                                     \
        "NAME=vmA\nSCOPE=\"machine-qemu\\\\x2d1\\\\x2dvmA.scope\"\n"                               \
        "ROOT=\"/srv/my \\\"own\\\" $x\"\nCLASS=vm\n"

#define MINIMAL(rest) "NAME=vmA\nSCOPE=machine-vmA.scope\n" rest

typedef struct RecordRow {
        const char *name;
        Bytes content;
        const char *machine; /* its name; NULL = not read */
        const char *unit;
        const char *uuid;
        bool is_container;
        bool is_exact;
} RecordRow;

static const RecordRow rows[] = {
        {"libvirt's", LIT(LIBVIRT), "qemu-1-vmA", SCOPE, UUID, false, false},
        {"quoted", LIT(QUOTED), "vmA", SCOPE, "", false, true},
        {"minimal", LIT(MINIMAL("CLASS=vm\n")), "vmA", "machine-vmA.scope", "", false, true},
        {"a container", LIT(MINIMAL("CLASS=container\nID=" UUID "\n")), "vmA", "machine-vmA.scope",
                UUID, true, true},
        {"libvirt's LXC", LIT(MINIMAL("CLASS=container\nSERVICE=libvirt-lxc\n")), "vmA",
                "machine-vmA.scope", "", true, false},
        {"an unknown key", LIT(MINIMAL("CLASS=vm\nSUBCGROUP=\nFOO=b\\ar\n")), "vmA",
                "machine-vmA.scope", "", false, true},
        {"an empty line", LIT(MINIMAL("\nCLASS=vm\n")), "vmA", "machine-vmA.scope", "", false,
                true},
        {"a backslash in quotes", LIT("NAME=\"a\\b\\$\"\nSCOPE=s\nCLASS=vm\n"), "a\\b$", "s", "",
                false, true},
        {"a name like libvirt's", LIT("NAME=qemu-12-x\nSCOPE=s\nCLASS=vm\n"), "qemu-12-x", "s", "",
                false, false},
        {"a name like libvirt's, nothing left", LIT("NAME=qemu-4\nSCOPE=s\nCLASS=vm\n"), "qemu-4",
                "s", "", false, false},
        {"a name not like libvirt's", LIT("NAME=qemu-x-1\nSCOPE=s\nCLASS=vm\n"), "qemu-x-1", "s",
                "", false, true},
        {"a name not like libvirt's, either", LIT("NAME=qemu-1x\nSCOPE=s\nCLASS=vm\n"), "qemu-1x",
                "s", "", false, true},
        {"empty", LIT("")},
        {"cut", LIT("NAME=vmA\nSCOPE=machine-vmA.scope\nCLASS=vm")},
        {"a NUL", LIT(MINIMAL("CLASS=vm\nFOO=\0\n"))},
        {"no class", LIT(MINIMAL(""))},
        {"class host", LIT(MINIMAL("CLASS=host\n"))},
        {"class in upper case", LIT(MINIMAL("CLASS=VM\n"))},
        {"class too long", LIT(MINIMAL("CLASS=" TEXT64 "\n"))},
        {"no name", LIT("SCOPE=s\nCLASS=vm\n")},
        {"no scope", LIT("NAME=vmA\nCLASS=vm\n")},
        {"name twice", LIT(MINIMAL("CLASS=vm\nNAME=vmB\n"))},
        {"ID twice", LIT(MINIMAL("CLASS=vm\nID=" UUID "\nID=" UUID "\n"))},
        {"ID cut", LIT(MINIMAL("CLASS=vm\nID=407c43312f36484b960d38b2a6d8836\n"))},
        {"ID with a digit over", LIT(MINIMAL("CLASS=vm\nID=" UUID "0\n"))},
        {"ID in upper case", LIT(MINIMAL("CLASS=vm\nID=407C43312F36484B960D38B2A6D88363\n"))},
        {"ID with hyphens", LIT(MINIMAL("CLASS=vm\nID=407c4331-2f36-484b-960d-38b2a6d88363\n"))},
        {"ID of zeros", LIT(MINIMAL("CLASS=vm\nID=00000000000000000000000000000000\n"))},
        {"no assignment", LIT(MINIMAL("CLASS=vm\nID\n"))},
        {"no key", LIT(MINIMAL("CLASS=vm\n=x\n"))},
        {"a quote that stays open", LIT(MINIMAL("CLASS=vm\nROOT=\"/x\n"))},
        {"a line in a quoted value", LIT(MINIMAL("CLASS=vm\nROOT=\"/x\nID=" UUID "\n\"\n"))},
        {"something behind the quote", LIT(MINIMAL("CLASS=vm\nROOT=\"/x\"y\n"))},
        {"a quote inside", LIT(MINIMAL("CLASS=vm\nROOT=/x\"y\"\n"))},
        {"a single quote", LIT(MINIMAL("CLASS=vm\nROOT='/x'\n"))},
        {"a backslash at the end", LIT(MINIMAL("CLASS=vm\nROOT=/x\\\n"))},
        {"a quoted backslash at the end", LIT(MINIMAL("CLASS=vm\nROOT=\"/x\\\n"))},
        {"a name of 256 bytes", LIT("NAME=" TEXT64 TEXT64 TEXT64 TEXT64 "\nSCOPE=s\nCLASS=vm\n")},
};

static void test_parse(void **state)
{
        const RecordRow *row = *state;
        _cleanup_(exact_free) Bytes content = exact_copy(row->content);
        MachineRecord record;
        const char *complaint = machine_record_parse(content, &record);

        if (!row->machine) {
                assert_non_null(complaint);
                return;
        }
        assert_null(complaint);
        assert_string_equal(record.name, row->machine);
        assert_string_equal(record.unit, row->unit);
        assert_string_equal(record.uuid, row->uuid);
        assert_int_equal(record.is_container, row->is_container);
        assert_int_equal(machine_record_name_is_exact(&record), row->is_exact);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_parse, ROWS(rows));
        return table_run(&table, "machine-record");
}
