/* SPDX-License-Identifier: BSD-2-Clause */
#include "apparmor.h"

#include "proto/scan.h"

#define DEPTH_MAX 64 /* of globs in a glob */

static bool match(Bytes pattern, const char *path, int depth);

/* Matches what follows "*" or "**": any number of bytes, for the former none a slash. */
static bool match_star(Bytes pattern, const char *path, bool crosses, int depth)
{
        for (;; path++) {
                if (match(pattern, path, depth))
                        return true;
                if (*path == '\0' || (*path == '/' && !crosses))
                        return false;
        }
}

/* The size of "{…}" at the beginning of the pattern, or 0: it has no end. */
static size_t braces_size(Bytes pattern)
{
        int open = 0;

        for (size_t i = 0; i < pattern.size; i++) {
                open += (pattern.data[i] == '{') - (pattern.data[i] == '}');
                if (open == 0)
                        return i + 1;
        }
        return 0;
}

/* Whether an alternative, and what stands behind the braces, match one after the other. */
static bool match_both(Bytes alternative, Bytes behind, const char *path, int depth)
{
        uint8_t joined[1024];

        if (alternative.size + behind.size > sizeof(joined))
                return false;
        if (alternative.size > 0)
                memcpy(joined, alternative.data, alternative.size);
        if (behind.size > 0)
                memcpy(joined + alternative.size, behind.data, behind.size);
        return match((Bytes){joined, alternative.size + behind.size}, path, depth);
}

/* Tries each alternative of "{a,b}". */
static bool match_braces(Bytes pattern, const char *path, int depth)
{
        size_t size = braces_size(pattern), start = 1;
        Bytes behind = {pattern.data + size, pattern.size - size};
        int open = 0;

        for (size_t i = 1; i < size; i++) {
                uint8_t byte = pattern.data[i];

                if (open == 0 && (byte == ',' || byte == '}')) {
                        if (match_both(
                                    (Bytes){pattern.data + start, i - start}, behind, path, depth))
                                return true;
                        start = i + 1;
                }
                open += (byte == '{') - (byte == '}');
        }
        return false;
}

static bool match(Bytes pattern, const char *path, int depth)
{
        if (depth == 0)
                return false;
        for (; pattern.size > 0; path++, scan_skip(&pattern, 1)) {
                uint8_t byte = pattern.data[0];

                if (byte == '*') {
                        scan_skip(&pattern, 1);
                        if (scan_prefix(&pattern, "*"))
                                return match_star(pattern, path, true, depth - 1);
                        return match_star(pattern, path, false, depth - 1);
                }
                if (byte == '{')
                        return match_braces(pattern, path, depth - 1);
                if (byte == '?' ? *path == '\0' || *path == '/' : byte != (uint8_t)*path)
                        return false;
        }
        return *path == '\0';
}

/* "@{run}" is /run and /var/run (tunables/run); processes are shown the former. */
static bool match_variable(Bytes pattern, const char *path)
{
        if (scan_prefix(&pattern, "@{run}"))
                return strncmp(path, "/run", 4) == 0 && match(pattern, path + 4, DEPTH_MAX);
        return match(pattern, path, DEPTH_MAX);
}

static Bytes take_word(Bytes *line)
{
        size_t size = 0;
        Bytes word;

        while (line->size > 0 && (line->data[0] == ' ' || line->data[0] == '\t'))
                scan_skip(line, 1);
        while (size < line->size && line->data[size] != ' ' && line->data[size] != '\t')
                size++;
        word = (Bytes){line->data, size};
        scan_skip(line, size);
        return word;
}

/* Whether a line is "[owner|allow|audit|file] PATH ACCESS,", and allows it. */
static bool line_allows(Bytes line, const char *path, char access)
{
        Bytes word = take_word(&line);

        while (bytes_equal_string(word, "owner") || bytes_equal_string(word, "allow") ||
                bytes_equal_string(word, "audit") || bytes_equal_string(word, "file"))
                word = take_word(&line);
        return word.size > 0 && match_variable(word, path) &&
               bytes_contain(take_word(&line), (uint8_t)access);
}

bool apparmor_allows(Bytes profile, const char *path, char access)
{
        while (profile.size > 0)
                if (line_allows(scan_part(&profile, '\n'), path, access))
                        return true;
        return false;
}
