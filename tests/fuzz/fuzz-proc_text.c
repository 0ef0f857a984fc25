/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a pid file, its name, /proc/PID/stat, and the fdinfo of a pidfd. */

#include "backends/proc_text.h"

#include "backends/pid_file.h"

#include "fuzz.h"

static void check_pid_file(Bytes content)
{
        char text[16];
        pid_t pid;

        if (!pid_file_parse(content, &pid))
                return;
        CHECK(pid > 0);
        CHECK(content.size < sizeof(text));
        (void)snprintf(text, sizeof(text), "%d", (int)pid);
        CHECK(memcmp(text, content.data, strlen(text)) == 0);
        CHECK(content.size == strlen(text) || content.data[content.size - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes content = {data, size}, domain;
        ProcStat stat;
        int64_t pid;

        check_pid_file(content);
        if (pid_file_domain(content, &domain)) {
                check_inside(domain, content);
                CHECK(domain.size == size - 4 && domain.size > 0);
        }
        if (proc_stat_parse(content, &stat))
                CHECK(memrchr(data, ')', size));
        if (proc_pidfd_parse(content, &pid))
                CHECK(pid >= -1 && pid <= INT32_MAX);
        return 0;
}
