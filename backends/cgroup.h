/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Cgroup: where /proc/PID/cgroup says that a process is. Pure. */

#include "proto/peer.h"

typedef struct Cgroup {
        PeerPlace place; /* ordinary, machine or user; machined knows which are containers */
        Bytes unit;      /* of the system manager; empty = none */
        Bytes machine; /* below /machine.slice and /machine: the machine's own cgroup, else empty */
} Cgroup;

/* Reads a whole /proc/PID/cgroup; the views point into it. Returns NULL, or what is wrong with it.
 */
const char *cgroup_parse(Bytes content, Cgroup *cgroup);
