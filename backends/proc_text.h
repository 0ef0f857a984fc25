/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What other files of /proc say about a process (proc(5)). Pure. */

#include "proto/bytes.h"

typedef struct ProcStat {
        uint64_t start; /* ticks since the machine started */
        bool is_leaving;
} ProcStat;

/* Reads /proc/PID/stat. Returns false if it is none. */
bool proc_stat_parse(Bytes content, ProcStat *stat);

/* Reads /proc/self/fdinfo/FD of a pidfd: the PID it stands for, 0 if that is in another PID
 * namespace, -1 if it is gone. Returns false if the descriptor is no pidfd. */
bool proc_pidfd_parse(Bytes content, int64_t *pid);
