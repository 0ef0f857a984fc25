/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Memory that is not there when a test wants it so: linked with wrap_memory of meson.build. */

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

static struct {
        unsigned countdown; /* that allocation fails, once; 0: none does */
        bool failed;
} memory;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__real_strdup(const char *string);
char *__wrap_strdup(const char *string);
char *__real_strndup(const char *string, size_t size);
char *__wrap_strndup(const char *string, size_t size);
int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static bool is_due(void)
{
        if (memory.countdown == 0 || --memory.countdown > 0)
                return false;
        memory.failed = true;
        errno = ENOMEM;
        return true;
}

void *__wrap_malloc(size_t size)
{
        return is_due() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
        return is_due() ? NULL : __real_calloc(count, size);
}

char *__wrap_strdup(const char *string)
{
        return is_due() ? NULL : __real_strdup(string);
}

char *__wrap_strndup(const char *string, size_t size)
{
        return is_due() ? NULL : __real_strndup(string, size);
}

int __wrap_asprintf(char **text, const char *format, ...)
{
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = is_due() ? -1 : vasprintf(text, format, arguments);
        va_end(arguments);
        return r;
}

/* What fortified programs call instead. */
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
{
        va_list arguments;
        int r;

        (void)flag;
        va_start(arguments, format);
        r = is_due() ? -1 : vasprintf(text, format, arguments);
        va_end(arguments);
        return r;
}

/* Of the allocations from now on, that one fails; 1 is the next. */
static inline void memory_fail(unsigned number)
{
        memory.countdown = number;
        memory.failed = false;
}

/* No further one fails. Returns whether one has. */
static inline bool memory_recover(void)
{
        memory.countdown = 0;
        return memory.failed;
}
