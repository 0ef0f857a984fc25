/* SPDX-License-Identifier: BSD-2-Clause */
#include "glob_sample.h"

#include <fnmatch.h>
#include <string.h>

/* The sample so far; too long a one stays false. */
typedef struct Sample {
        char *out;
        size_t size, used;
} Sample;

static void put(Sample *sample, char byte)
{
        if (sample->used + 1 < sample->size)
                sample->out[sample->used++] = byte;
}

/* The bracket that closes the one at pattern, or NULL. One that comes first stands for itself, and
 * a class as [:alpha:] has its own. */
static const char *find_end(const char *pattern)
{
        const char *next = pattern + 1 + (pattern[1] == '!' || pattern[1] == '^');

        for (next += *next == ']'; *next && *next != ']'; next++) {
                const char *close = next[0] == '[' && next[1] == ':' ? strstr(next, ":]") : NULL;

                if (close)
                        next = close + 1;
        }
        return *next ? next : NULL;
}

/* One byte for "[…]" at pattern: the first that the brackets, taken for themselves, match. Returns
 * what is behind, or NULL if this is no such expression. */
static const char *put_bracket(Sample *sample, const char *pattern)
{
        const char *end = find_end(pattern);
        char brackets[256], byte[2] = "";

        if (!end || (size_t)(end - pattern) + 2 > sizeof(brackets))
                return NULL;
        memcpy(brackets, pattern, (size_t)(end - pattern) + 1);
        brackets[end - pattern + 1] = '\0';
        for (int candidate = 1; candidate < 128; candidate++) {
                byte[0] = (char)candidate;
                if (fnmatch(brackets, byte, 0) == 0) {
                        put(sample, byte[0]);
                        return end + 1;
                }
        }
        return NULL;
}

static const char *put_next(Sample *sample, const char *pattern)
{
        const char *behind = NULL;

        switch (*pattern) {
        case '*':
                for (const char *byte = GLOB_SAMPLE_NOBODY; *byte; byte++)
                        put(sample, *byte);
                return pattern + 1;
        case '?': put(sample, GLOB_SAMPLE_NOBODY[0]); return pattern + 1;
        case '[': behind = put_bracket(sample, pattern); break;
        case '\\': pattern += pattern[1] != '\0'; break;
        default: break;
        }
        if (behind)
                return behind;
        put(sample, *pattern);
        return pattern + 1;
}

bool glob_sample(const char *pattern, char *out, size_t size)
{
        Sample sample = {.out = out, .size = size};

        for (const char *next = pattern; *next;)
                next = put_next(&sample, next);
        out[sample.used] = '\0';
        return fnmatch(pattern, out, 0) == 0;
}
