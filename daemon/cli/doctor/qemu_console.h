/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The consoles of a virtual machine on QEMU's command line. Pure. */

#include "proto/bytes.h"

typedef struct QemuConsole {
        const char *service; /* "spice", "vnc" */
        bool has_sasl;
        bool is_clear; /* others than this machine may connect without TLS */
} QemuConsole;

/* Takes arguments off *cmdline, a /proc/PID/cmdline, up to the next console that listens on a port.
 * Returns false if there is none. */
bool qemu_console_next(Bytes *cmdline, QemuConsole *console);
