/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The source "libvirt": the files NAME.pid in /run/libvirt/qemu. One is believed if it is root's,
 * has NAME.xml beside it, and the process that it names holds the lock on it (a stale one names
 * nobody).
 */

#include "backends/finding.h"

#include <sys/types.h>

/* Looks for the virtual machine whose main process is pid or, if machine is not empty, one in the
 * same machine cgroup as pid (Cgroup.machine). */
void libvirt_state_find(pid_t pid, Bytes machine, Finding *finding);
