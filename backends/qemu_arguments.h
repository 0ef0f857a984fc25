/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* QemuArguments: what a QEMU's command line calls its virtual machine. Pure. */

#include "proto/peer.h"

typedef struct QemuArguments {
        bool is_qemu;                  /* else the rest is empty */
        char name[PEER_NAME_MAX + 1];  /* or empty */
        char uuid[PEER_UUID_SIZE + 1]; /* or empty */
} QemuArguments;

/* Reads a whole /proc/PID/cmdline. Returns NULL, or what is wrong with it; is_qemu is valid then,
 * too. */
const char *qemu_arguments_parse(Bytes cmdline, QemuArguments *arguments);
