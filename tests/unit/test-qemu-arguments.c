/* SPDX-License-Identifier: BSD-2-Clause */

/* Command lines of QEMU, and others; names and UUIDs of virtual machines. */

#include "backends/qemu_arguments.h"

#include "backends/vm_name.h"
#include "proto/cleanup.h"

#include "table.h"

#define QEMU    "/usr/bin/qemu-system-x86_64\0"
#define UUID    "407c4331-2f36-484b-960d-38b2a6d88363"
#define DIGITS  "407c43312f36484b960d38b2a6d88363"
#define N51     "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define NAME255 N51 N51 N51 N51 N51
#define NAME80  N51 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

typedef struct ArgumentsRow {
        const char *name;
        Bytes cmdline;
        bool is_qemu;
        const char *vm; /* NULL = not read */
        const char *uuid;
} ArgumentsRow;

static const ArgumentsRow rows[] = {
        /* names */
        {"-name", LIT(QEMU "-name\0vmA\0"), true, "vmA", ""},
        {"--name", LIT(QEMU "--name\0vmA\0"), true, "vmA", ""},
        {"guest=", LIT(QEMU "-name\0guest=vmA\0"), true, "vmA", ""},
        {"as libvirt writes it", LIT(QEMU "-name\0guest=vmA,debug-threads=on\0-S\0"), true, "vmA",
                ""},
        {"a name, then keys", LIT(QEMU "-name\0vmA,debug-threads=on\0"), true, "vmA", ""},
        {"keys, then guest", LIT(QEMU "-name\0debug-threads=on,guest=vmA\0"), true, "vmA", ""},
        {"a switch is no name", LIT(QEMU "-name\0debug-threads=on,vmB,guest=vmA\0"), true, "vmA",
                ""},
        {"process= is no name", LIT(QEMU "-name\0process=vmB,guest=vmA\0"), true, "vmA", ""},
        {"web_1", LIT(QEMU "-name\0web_1\0"), true, "web_1", ""},
        {"web1", LIT(QEMU "-name\0web1\0"), true, "web1", ""},
        {"5-vmA", LIT(QEMU "-name\0guest=5-vmA\0"), true, "5-vmA", ""},
        {"vmé", LIT(QEMU "-name\0guest=vmé\0"), true, "vmé", ""},
        {"vme with an accent behind", LIT(QEMU "-name\0guest=vme\xcc\x81\0"), true, "vme\xcc\x81",
                ""},
        {"blanks", LIT(QEMU "-name\0guest= sp ace \0"), true, " sp ace ", ""},
        {"80 bytes", LIT(QEMU "-name\0guest=" NAME80 "\0"), true, NAME80, ""},
        {"255 bytes", LIT(QEMU "-name\0guest=" NAME255 ",debug-threads=on\0"), true, NAME255, ""},
        {"doubled comma", LIT(QEMU "-name\0guest=a,,b,debug-threads=on\0"), true, "a,b", ""},
        {"doubled comma without guest=", LIT(QEMU "-name\0a,,guest=b\0"), true, "a,guest=b", ""},
        {"commas at the end", LIT(QEMU "-name\0guest=a,,\0"), true, "a,", ""},
        {"three commas", LIT(QEMU "-name\0guest=a,,,debug-threads=on\0"), true, "a,", ""},
        {"an equals sign", LIT(QEMU "-name\0guest=a=b\0"), true, "a=b", ""},
        {"twice the same", LIT(QEMU "-name\0vmA\0-name\0guest=vmA\0"), true, "vmA", ""},
        /* UUIDs */
        {"-uuid", LIT(QEMU "-uuid\0" UUID "\0"), true, "", DIGITS},
        {"-uuid in upper case", LIT(QEMU "-uuid\000407C4331-2F36-484B-960D-38B2A6D88363\0"), true,
                "", DIGITS},
        {"both", LIT(QEMU "-name\0vmA\0-uuid\0" UUID "\0"), true, "vmA", DIGITS},
        {"-uuid twice the same", LIT(QEMU "-uuid\0" UUID "\0--uuid\0" UUID "\0"), true, "", DIGITS},
        /* among others */
        {"flags", LIT(QEMU "-S\0-nodefaults\0--enable-kvm\0-name\0vmA\0"), true, "vmA", ""},
        {"options", LIT(QEMU "-m\0004G\0-display\0none\0-name\0vmA\0disk.img\0"), true, "vmA", ""},
        {"an argument with a dash", LIT(QEMU "-append\0-S\0-name\0vmA\0"), true, "vmA", ""},
        {"another's name", LIT(QEMU "-netdev\0user,id=n,name=vmB\0-name\0vmA\0"), true, "vmA", ""},
        {"options that begin so", LIT(QEMU "-names\0vmB\0-uuids\0x\0-name\0vmA\0"), true, "vmA",
                ""},
        {"no name", LIT(QEMU "-S\0"), true, "", ""},
        {"no argument at all", LIT(QEMU), true, "", ""},
        {"a disk called so", LIT(QEMU "name\0vmB\0"), true, "", ""},
        {"an empty name", LIT(QEMU "-name\0\0"), true, "", ""},
        {"no NUL at the end", LIT(QEMU "-name\0vmA"), true, "vmA", ""},
        /* programs */
        {"qemu-kvm", LIT("/usr/libexec/qemu-kvm\0-name\0vmA\0"), true, "vmA", ""},
        {"kvm", LIT("kvm\0-name\0vmA\0"), true, "vmA", ""},
        {"without a directory", LIT("qemu-system-aarch64\0-name\0vmA\0"), true, "vmA", ""},
        {"another program", LIT("/usr/bin/remote-viewer\0-name\0vmA\0"), false, "", ""},
        {"a script with QEMU's name in its path", LIT("/opt/qemu-system-x/run\0-name\0vmA\0"),
                false, "", ""},
        {"not quite kvm", LIT("kvmtool\0-name\0vmA\0"), false, "", ""},
        {"qemu-img", LIT("qemu-img\0-name\0vmA\0"), false, "", ""},
        {"a title", LIT("qemu-vnc: vmA"), false, "", ""},
        {"nothing", LIT(""), false, "", ""},
        {"NULs", LIT("\0\0\0"), false, "", ""},
        /* refused */
        {"two names", LIT(QEMU "-name\0vmA\0-name\0vmB\0"), true, NULL},
        {"two guests", LIT(QEMU "-name\0guest=vmA,guest=vmB\0"), true, NULL},
        {"a name and a guest", LIT(QEMU "-name\0vmA,guest=vmB\0"), true, NULL},
        {"names that differ in case", LIT(QEMU "-name\0vmA\0-name\0vma\0"), true, NULL},
        {"two UUIDs", LIT(QEMU "-uuid\0" UUID "\0-uuid\000507c4331-2f36-484b-960d-38b2a6d88363\0"),
                true, NULL},
        {"256 bytes", LIT(QEMU "-name\0guest=n" NAME255 "\0"), true, NULL},
        {"not UTF-8", LIT(QEMU "-name\0vm\xe9\0"), true, NULL},
        {"a newline", LIT(QEMU "-name\0vm\nA\0"), true, NULL},
        {"an empty guest", LIT(QEMU "-name\0guest=,debug-threads=on\0"), true, NULL},
        {"a UUID without hyphens", LIT(QEMU "-uuid\0" DIGITS "\0"), true, NULL},
        {"a UUID cut", LIT(QEMU "-uuid\000407c4331-2f36-484b-960d-38b2a6d8836\0"), true, NULL},
        {"-name without a value", LIT(QEMU "-S\0-name\0"), true, NULL},
        {"-uuid without a value", LIT(QEMU "-uuid\0"), true, NULL},
        {"-name that may be a value", LIT(QEMU "-append\0-name\0evil\0-name\0vmA\0"), true, NULL},
        {"-name behind a flag of tomorrow", LIT(QEMU "-new-flag\0-name\0vmA\0"), true, NULL},
        {"-uuid that may be a value", LIT(QEMU "-append\0--uuid\0" UUID "\0"), true, NULL},
};

static void test_parse(void **state)
{
        const ArgumentsRow *row = *state;
        _cleanup_(exact_free) Bytes cmdline = exact_copy(row->cmdline);
        QemuArguments arguments;
        const char *complaint = qemu_arguments_parse(cmdline, &arguments);

        assert_int_equal(arguments.is_qemu, row->is_qemu);
        if (!row->vm) {
                assert_non_null(complaint);
                return;
        }
        assert_null(complaint);
        assert_string_equal(arguments.name, row->vm);
        assert_string_equal(arguments.uuid, row->uuid);
}

typedef struct NameRow {
        const char *name;
        Bytes vm;
        bool good;
} NameRow;

static const NameRow name_rows[] = {
        {"name: ASCII", LIT("~ vmA!"), true},
        {"name: two bytes, least", LIT("\xc2\x80"), true},
        {"name: two bytes, too long for it", LIT("\xc1\xbf"), false},
        {"name: three bytes, least", LIT("\xe0\xa0\x80"), true},
        {"name: three bytes, too long for it", LIT("\xe0\x9f\xbf"), false},
        {"name: before the surrogates", LIT("\xed\x9f\xbf"), true},
        {"name: a surrogate", LIT("\xed\xa0\x80"), false},
        {"name: behind the surrogates", LIT("\xee\x80\x80"), true},
        {"name: four bytes, least", LIT("\xf0\x90\x80\x80"), true},
        {"name: four bytes, too long for it", LIT("\xf0\x8f\xbf\xbf"), false},
        {"name: the last", LIT("\xf4\x8f\xbf\xbf"), true},
        {"name: behind the last", LIT("\xf4\x90\x80\x80"), false},
        {"name: five bytes", LIT("\xf8\x88\x80\x80\x80"), false},
        {"name: 0xff", LIT("a\xff"), false},
        {"name: a sequence cut", LIT("a\xe2\x82"), false},
        {"name: a sequence broken", LIT("\xe2\x82z"), false},
        {"name: a byte that goes on", LIT("a\x80"), false},
        {"name: a control byte", LIT("a\x1f"), false},
        {"name: DEL", LIT("a\x7f"), false},
        {"name: a NUL", LIT("a\0"), false},
        {"name: empty", LIT(""), false},
};

static void test_name(void **state)
{
        const NameRow *row = *state;
        _cleanup_(exact_free) Bytes vm = exact_copy(row->vm);

        assert_int_equal(vm_name_complaint(vm) == NULL, row->good);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_parse, ROWS(rows));
        table_add_rows(&table, test_name, ROWS(name_rows));
        return table_run(&table, "qemu-arguments");
}
