/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What the code under test says in its log, which goes to stderr as long as nobody has opened
 * another. */

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "table.h"

#define CAPTURED_MAX 16384u

typedef struct CapturedLog {
        int file, kept;
        char text[CAPTURED_MAX];
} CapturedLog;

static inline void captured_log_begin(CapturedLog *log)
{
        log->file = memfd_create("log", MFD_CLOEXEC);
        log->kept = dup(STDERR_FILENO);
        assert_true(log->file >= 0 && log->kept >= 0);
        assert_true(dup2(log->file, STDERR_FILENO) >= 0);
}

/* Returns what was said since it began; more may follow. */
static inline const char *captured_log_read(CapturedLog *log)
{
        ssize_t size = pread(log->file, log->text, sizeof(log->text) - 1, 0);

        assert_true(size >= 0);
        log->text[size] = '\0';
        return log->text;
}

static inline void captured_log_end(CapturedLog *log)
{
        assert_true(dup2(log->kept, STDERR_FILENO) >= 0);
        (void)close(log->kept);
        (void)close(log->file);
}

static inline unsigned captured_log_lines(const char *text)
{
        unsigned lines = 0;

        for (; *text; text++)
                lines += *text == '\n';
        return lines;
}
