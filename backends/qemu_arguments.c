/* SPDX-License-Identifier: BSD-2-Clause */
#include "qemu_arguments.h"

#include "backends/vm_name.h"
#include "proto/scan.h"

static bool is_qemu(Bytes program)
{
        Bytes name = program;

        while (bytes_contain(program, '/')) {
                (void)scan_part(&program, '/');
                name = program;
        }
        return scan_starts_with(name, "qemu-system-") || bytes_equal_string(name, "qemu-kvm") ||
               bytes_equal_string(name, "kvm");
}

/* The options of QEMU (1.0 to 9.0) without an argument; every other takes the next one. */
static bool is_flag(Bytes option)
{
        static const char *const flags[] = {"S", "alt-grab", "async-teardown", "audio-help",
                "ctrl-grab", "curses", "daemonize", "enable-fips", "enable-kvm",
                "enable-sync-profile", "full-screen", "h", "help", "jitdump", "localtime",
                "mem-prealloc", "no-acpi", "no-fd-bootchk", "no-frame", "no-hax", "no-hpet",
                "no-kvm", "no-kvm-irqchip", "no-kvm-pit", "no-kvm-pit-reinjection", "no-quit",
                "no-reboot", "no-shutdown", "no-user-config", "nodefaults", "nodefconfig",
                "nographic", "old-param", "only-migratable", "perfmap", "portrait", "preconfig",
                "rtc-td-hack", "s", "sdl", "semihosting", "singlestep", "snapshot", "tdf", "usb",
                "version", "virtfs_synth", "win2k-hack", "xen-attach", "xen-create"};

        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
                if (bytes_equal_string(option, flags[i]))
                        return true;
        return false;
}

/* Takes the '-' or '--' off an option. Returns whether it is one. */
static bool take_dashes(Bytes *argument)
{
        if (!scan_prefix(argument, "-"))
                return false;
        (void)scan_prefix(argument, "-");
        return true;
}

/* A value in QEMU's manner: up to a comma, of which two stand for one (util/qemu-option.c,
 * get_opt_value()). What does not fit is counted, not kept. Returns its length. */
static size_t take_value(Bytes *text, char *value, size_t size)
{
        size_t used = 0;

        while (text->size > 0) {
                char byte = (char)text->data[0];
                bool is_doubled = scan_starts_with(*text, ",,");

                scan_skip(text, is_doubled ? 2 : 1);
                if (byte == ',' && !is_doubled)
                        break;
                if (used < size)
                        value[used] = byte;
                used++;
        }
        return used;
}

static const char *set_name(const char *value, size_t size, QemuArguments *arguments)
{
        Bytes name = {(const uint8_t *)value, size};
        const char *complaint = vm_name_complaint(name);

        if (complaint)
                return complaint;
        if (arguments->name[0] && !bytes_equal_string(name, arguments->name))
                return "two names";
        return bytes_to_string(name, arguments->name, sizeof(arguments->name)) ? NULL : "no name";
}

/* The argument of -name: "NAME", or "guest=NAME", with other keys before or behind. A part without
 * '=' is the name if it is the first, else a switch (util/qemu-option.c, get_opt_name_value()). */
static const char *take_name(Bytes text, QemuArguments *arguments)
{
        for (bool first = true; text.size > 0; first = false) {
                char value[PEER_NAME_MAX + 1];
                size_t until = 0, size;
                bool is_guest = first;
                const char *complaint;

                while (until < text.size && text.data[until] != '=' && text.data[until] != ',')
                        until++;
                if (until < text.size && text.data[until] == '=') {
                        is_guest = bytes_equal_string((Bytes){text.data, until}, "guest");
                        (void)scan_part(&text, '=');
                }
                size = take_value(&text, value, sizeof(value));
                complaint = is_guest ? set_name(value, size, arguments) : NULL;
                if (complaint)
                        return complaint;
        }
        return NULL;
}

static const char *take_uuid(Bytes text, QemuArguments *arguments)
{
        char uuid[PEER_UUID_SIZE + 1];

        if (!vm_uuid_parse(text, uuid))
                return "a UUID that is none";
        if (arguments->uuid[0] && strcmp(arguments->uuid, uuid) != 0)
                return "two UUIDs";
        memcpy(arguments->uuid, uuid, sizeof(uuid));
        return NULL;
}

typedef enum Expected {
        EXPECTED_OPTION,
        EXPECTED_NAME,
        EXPECTED_UUID,
        EXPECTED_OTHER, /* the argument of another option */
} Expected;

/* What follows an option. A disk image needs no option. */
static Expected after_option(Bytes argument)
{
        if (!take_dashes(&argument) || is_flag(argument))
                return EXPECTED_OPTION;
        if (bytes_equal_string(argument, "name"))
                return EXPECTED_NAME;
        return bytes_equal_string(argument, "uuid") ? EXPECTED_UUID : EXPECTED_OTHER;
}

/* Where our options stand as another's argument, that other may be a flag of a newer QEMU that we
 * do not know: then we cannot tell. */
static const char *take_argument(Bytes argument, Expected *expected, QemuArguments *arguments)
{
        Expected meaning = after_option(argument);
        Expected now = *expected;

        *expected = now == EXPECTED_OPTION ? meaning : EXPECTED_OPTION;
        if (now == EXPECTED_NAME)
                return take_name(argument, arguments);
        if (now == EXPECTED_UUID)
                return take_uuid(argument, arguments);
        if (now == EXPECTED_OTHER && (meaning == EXPECTED_NAME || meaning == EXPECTED_UUID))
                return "-name or -uuid where the argument of another option may be";
        return NULL;
}

const char *qemu_arguments_parse(Bytes cmdline, QemuArguments *arguments)
{
        Expected expected = EXPECTED_OPTION;

        *arguments = (QemuArguments){.is_qemu = is_qemu(scan_part(&cmdline, 0))};
        while (arguments->is_qemu && cmdline.size > 0) {
                const char *complaint = take_argument(scan_part(&cmdline, 0), &expected, arguments);

                if (complaint)
                        return complaint;
        }
        if (expected == EXPECTED_NAME || expected == EXPECTED_UUID)
                return "-name or -uuid without a value";
        return NULL;
}
