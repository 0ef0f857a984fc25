/* SPDX-License-Identifier: BSD-2-Clause */

/* Consoles on QEMU's command line. */

#include "daemon/cli/doctor/qemu_console.h"
#include "proto/cleanup.h"

#include "table.h"

typedef struct ConsoleRow {
        const char *name;
        Bytes cmdline;
        const char *found; /* "SERVICE FLAGS …": s = SASL, c = clear */
} ConsoleRow;

#define QEMU "qemu-system-x86_64\0"

static const ConsoleRow rows[] = {
        {"by hand", LIT(QEMU "-spice\0port=5999,sasl=on\0"), "spice sc "},
        {"as libvirt writes it",
                LIT(QEMU "-spice\0port=5900,tls-port=5901,addr=127.0.0.1,sasl=on,"
                         "seamless-migration=on\0-device\0qxl\0"),
                "spice s "},
        {"TLS", LIT(QEMU "-spice\0tls-port=5901,addr=0.0.0.0,sasl=on,x509-dir=/x\0"), "spice s "},
        {"two dashes", LIT(QEMU "--spice\0tls-port=5901,sasl=on\0"), "spice s "},
        {"sasl alone", LIT(QEMU "-spice\0tls-port=5901,sasl\0"), "spice s "},
        {"sasl off", LIT(QEMU "-spice\0tls-port=5901,sasl=off\0"), "spice  "},
        {"no sasl", LIT(QEMU "-spice\0port=5901,disable-ticketing=on\0"), "spice c "},
        {"no port", LIT(QEMU "-spice\0gl=on,sasl=on\0"), ""},
        {"port 0", LIT(QEMU "-spice\0port=0,tls-port=5901,sasl=on\0"), "spice s "},
        {"a socket", LIT(QEMU "-spice\0unix=on,port=1,addr=/x\0"), ""},
        {"VNC", LIT(QEMU "-vnc\0:1,sasl=on\0"), "vnc sc "},
        {"VNC with TLS",
                LIT(QEMU "-vnc\0"
                         "0.0.0.0:1,tls-creds=t,sasl=on\0"),
                "vnc s "},
        {"VNC with TLS of old", LIT(QEMU "-vnc\0:1,tls,x509=/x,sasl\0"), "vnc s "},
        {"VNC on this machine", LIT(QEMU "-vnc\0localhost:1\0"), "vnc  "},
        {"VNC on this machine, IPv6", LIT(QEMU "-vnc\0[::1]:1\0"), "vnc  "},
        {"VNC as display", LIT(QEMU "-display\0vnc=:1,sasl=on\0"), "vnc sc "},
        {"another display", LIT(QEMU "-display\0none\0"), ""},
        {"no VNC", LIT(QEMU "-vnc\0none\0"), ""},
        {"VNC at a socket", LIT(QEMU "-vnc\0unix:/x\0"), ""},
        {"both",
                LIT(QEMU "-spice\0tls-port=1,sasl=on\0-vnc\0"
                         "127.0.0.1:1\0"),
                "spice s vnc  "},
        {"an option without a value", LIT(QEMU "-spice"), ""},
        {"nothing", LIT(""), ""},
};

static void test_console(void **state)
{
        const ConsoleRow *row = *state;
        _cleanup_(exact_free) Bytes cmdline = exact_copy(row->cmdline);
        Bytes rest = cmdline;
        QemuConsole console;
        char found[64] = "";

        while (qemu_console_next(&rest, &console)) {
                (void)strcat(found, console.service);
                (void)strcat(found, " ");
                (void)strcat(found, console.has_sasl ? "s" : "");
                (void)strcat(found, console.is_clear ? "c " : " ");
        }
        assert_string_equal(found, row->found);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_console, ROWS(rows));
        return table_run(&table, "qemu-console");
}
