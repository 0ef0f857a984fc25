/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What /proc says about a process. A PID can be another process's the next moment: who asks holds
 * something that tells. */

#include "backends/cgroup.h"
#include "backends/proc_text.h"

#include <sys/types.h>

#define PROC_CGROUP_MAX 16384 /* a path of PATH_MAX in each of a few hierarchies */

typedef struct ProcCgroup {
        Cgroup cgroup;         /* its views point into content */
        const char *complaint; /* or what is wrong with it */
        char content[PROC_CGROUP_MAX];
} ProcCgroup;

/* Reads /proc/PID/NAME into buffer. Returns 0 or a negative errno, -EFBIG if it is longer. */
int proc_file_load(pid_t pid, const char *name, void *buffer, size_t size, Bytes *content);

/* Reads /proc/PID/cgroup. Returns 0 or a negative errno. */
int proc_file_cgroup(pid_t pid, ProcCgroup *proc);

/* Reads /proc/PID/stat. Returns 0 or a negative errno. */
int proc_file_stat(pid_t pid, ProcStat *stat);

/* Reads for which process a pidfd of ours stands, as proc_pidfd_parse(). Returns 0 or a negative
 * errno, -EBADF if the descriptor is no pidfd. */
int proc_file_pidfd(int pidfd, int64_t *pid);
