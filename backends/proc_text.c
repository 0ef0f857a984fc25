/* SPDX-License-Identifier: BSD-2-Clause */
#include "proc_text.h"

#include "proto/scan.h"

#include <limits.h>

/* Fields of stat, counted from the one behind the name. */
#define STAT_FLAGS 6
#define STAT_START 19

#define PF_EXITING 0x4u /* linux/sched.h */

/* What is behind the name, which is in parentheses and may hold any byte, these too. */
static bool skip_name(Bytes *content)
{
        const uint8_t *end = content->size > 0 ? memrchr(content->data, ')', content->size) : NULL;

        if (!end)
                return false;
        scan_skip(content, (size_t)(end - content->data) + 1);
        return scan_prefix(content, " ");
}

bool proc_stat_parse(Bytes content, ProcStat *stat)
{
        uint64_t flags = 0;

        if (!scan_suffix(&content, "\n") || !skip_name(&content))
                return false;
        for (int field = 0; field < STAT_START; field++) {
                Bytes text = scan_part(&content, ' ');

                if (field == STAT_FLAGS && !scan_number(text, &flags))
                        return false;
        }
        stat->is_leaving = flags & PF_EXITING;
        return scan_number(scan_part(&content, ' '), &stat->start);
}

bool proc_pidfd_parse(Bytes content, int64_t *pid)
{
        while (content.size > 0) {
                Bytes line = scan_part(&content, '\n');
                uint64_t number;

                if (!scan_prefix(&line, "Pid:\t"))
                        continue;
                *pid = -1;
                if (bytes_equal_string(line, "-1"))
                        return true;
                *pid = scan_number(line, &number) && number <= INT_MAX ? (int64_t)number : -1;
                return *pid >= 0;
        }
        return false;
}
