/* SPDX-License-Identifier: BSD-2-Clause */
#include "proc_file.h"

#include "backends/small_file.h"

#include <errno.h>
#include <stdio.h>

#define PATH_SIZE 64
#define TEXT_SIZE 2048

int proc_file_load(pid_t pid, const char *name, void *buffer, size_t size, Bytes *content)
{
        char path[PATH_SIZE];

        (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
        return small_file_load(path, buffer, size, content);
}

int proc_file_cgroup(pid_t pid, ProcCgroup *proc)
{
        Bytes content;
        int r = proc_file_load(pid, "cgroup", proc->content, sizeof(proc->content), &content);

        if (r == 0)
                proc->complaint = cgroup_parse(content, &proc->cgroup);
        return r;
}

int proc_file_stat(pid_t pid, ProcStat *stat)
{
        char text[TEXT_SIZE];
        Bytes content;
        int r = proc_file_load(pid, "stat", text, sizeof(text), &content);

        if (r == 0 && !proc_stat_parse(content, stat))
                r = -EBADMSG;
        return r;
}

int proc_file_pidfd(int pidfd, int64_t *pid)
{
        char path[PATH_SIZE], text[TEXT_SIZE];
        Bytes content;
        int r;

        (void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
        r = small_file_load(path, text, sizeof(text), &content);
        if (r == 0 && !proc_pidfd_parse(content, pid))
                r = -EBADF;
        return r;
}
