/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* RunningQemu: a QEMU of this machine that has consoles, whoever has started it. */

#include "proto/bytes.h"

typedef struct RunningQemu {
        char *pid;     /* owned, as the rest */
        char *name;    /* of its VM, or empty */
        char *user;    /* as whom it runs: a name, or a number */
        char *cmdline; /* for qemu_console_next() */
        size_t cmdline_size;
        bool is_readable;  /* its environment */
        char *directories; /* its SASL_CONF_PATH, or NULL: it has none */
} RunningQemu;

typedef struct RunningQemus {
        RunningQemu *qemus;
        size_t count;
} RunningQemus;

/* Looks at all processes. Free with running_qemus_deinit(). */
void running_qemus_init(RunningQemus *qemus);
void running_qemus_deinit(RunningQemus *qemus);

/* Whether it has a console that asks by SASL. */
bool running_qemu_has_sasl(const RunningQemu *qemu);

static inline Bytes running_qemu_cmdline(const RunningQemu *qemu)
{
        return (Bytes){(const uint8_t *)qemu->cmdline, qemu->cmdline_size};
}
