/* SPDX-License-Identifier: BSD-2-Clause */
#include "qemu_console.h"

#include "proto/scan.h"

/* The value of a key in "a=b,c": NULL data if it is not there, empty if it has none. */
static Bytes value_of(Bytes options, const char *key)
{
        while (options.size > 0) {
                Bytes value = scan_part(&options, ',');
                Bytes name = scan_part(&value, '=');

                if (bytes_equal_string(name, key))
                        return value;
        }
        return BYTES_EMPTY;
}

static bool has(Bytes options, const char *key)
{
        return value_of(options, key).data != NULL;
}

/* As QEMU reads it: without a value it is on (util/qemu-option.c, parse_option_bool()). */
static bool is_on(Bytes options, const char *key)
{
        Bytes value = value_of(options, key);

        return value.data && !bytes_equal_string(value, "off") &&
               !bytes_equal_string(value, "no") && !bytes_equal_string(value, "false") &&
               !bytes_equal_string(value, "n");
}

static bool is_port(Bytes value)
{
        return value.size > 0 && !bytes_equal_string(value, "0");
}

/* This machine's own addresses; an empty one is any. */
static bool is_loopback(Bytes address)
{
        return scan_starts_with(address, "127.") || scan_starts_with(address, "localhost") ||
               scan_starts_with(address, "::1") || scan_starts_with(address, "[::1]");
}

static bool read_spice(Bytes options, QemuConsole *console)
{
        bool has_clear = is_port(value_of(options, "port"));

        *console = (QemuConsole){
                .service = "spice",
                .has_sasl = is_on(options, "sasl"),
                .is_clear = has_clear && !is_loopback(value_of(options, "addr")),
        };
        return (has_clear || is_port(value_of(options, "tls-port"))) && !is_on(options, "unix");
}

/* "HOST:DISPLAY,…"; TLS was "tls" or "x509=" before QEMU 2.5. */
static bool read_vnc(Bytes options, QemuConsole *console)
{
        Bytes rest = options, display = scan_part(&rest, ',');

        *console = (QemuConsole){
                .service = "vnc",
                .has_sasl = is_on(options, "sasl"),
                .is_clear = !has(options, "tls-creds") && !has(options, "tls") &&
                            !has(options, "x509") && !has(options, "x509verify") &&
                            !is_loopback(display),
        };
        return bytes_contain(display, ':') && !scan_starts_with(display, "unix:");
}

bool qemu_console_next(Bytes *cmdline, QemuConsole *console)
{
        while (cmdline->size > 0) {
                Bytes option = scan_part(cmdline, 0), value = *cmdline;

                if (!scan_prefix(&option, "-"))
                        continue;
                (void)scan_prefix(&option, "-");
                value = scan_part(&value, 0);
                if (bytes_equal_string(option, "spice") && read_spice(value, console))
                        return true;
                if (bytes_equal_string(option, "vnc") && read_vnc(value, console))
                        return true;
                if (bytes_equal_string(option, "display") && scan_prefix(&value, "vnc=") &&
                        read_vnc(value, console))
                        return true;
        }
        return false;
}
