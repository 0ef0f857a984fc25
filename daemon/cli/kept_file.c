/* SPDX-License-Identifier: BSD-2-Clause */
#include "kept_file.h"

#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ENDING    ".before-adopt"
#define KEPT_MAX  1000
#define FILE_MODE 0644

/* Whether the file at path has that text, and nothing else. */
static bool is_same(const char *path, const char *text)
{
        FILE *stream = fopen(path, "re");
        bool same = stream != NULL;

        for (; same && *text; text++)
                same = getc(stream) == (unsigned char)*text;
        same = same && getc(stream) == EOF && !ferror(stream);
        if (stream)
                (void)fclose(stream);
        return same;
}

static bool make_directories(const char *path)
{
        _cleanup_(free_pointer) char *copy = output_format("%s", path);

        for (char *slash = copy; (slash = strchr(slash + 1, '/'));) {
                *slash = '\0';
                if (mkdir(copy, 0755) < 0 && errno != EEXIST)
                        return false;
                *slash = '/';
        }
        return true;
}

static bool write_text(int fd, const char *text)
{
        for (size_t left = strlen(text); left > 0;) {
                ssize_t size = write(fd, text, left);

                if (size < 0)
                        return false;
                text += size;
                left -= (size_t)size;
        }
        return fchmod(fd, FILE_MODE) == 0 && fsync(fd) == 0;
}

static char *make_name(const char *path, int number)
{
        return number == 1 ? output_format("%s" ENDING, path)
                           : output_format("%s" ENDING ".%d", path, number);
}

/* Gives what is at path a second name. */
static bool keep(const char *path, char **kept)
{
        *kept = make_name(path, 1);
        for (int number = 2; link(path, *kept) < 0; number++) {
                int error = errno;

                free(*kept);
                *kept = NULL;
                errno = error;
                if (error != EEXIST || number > KEPT_MAX)
                        return error == ENOENT;
                *kept = make_name(path, number);
        }
        return true;
}

static bool exists(const char *path)
{
        struct stat status;

        return lstat(path, &status) == 0;
}

char *kept_file_find(const char *path, const char *text)
{
        bool same = is_same(path, text);
        char *last = NULL, *next = make_name(path, 1);

        for (int number = 2; exists(next); number++) {
                free(last);
                last = next;
                next = make_name(path, number);
        }
        if (!same && exists(path)) {
                free(last);
                return next;
        }
        free(next);
        if (same)
                return last;
        free(last);
        return NULL;
}

KeptFileOutcome kept_file_write(const char *path, const char *text, char **kept)
{
        _cleanup_(free_pointer) char *new = output_format("%s.XXXXXX", path);
        _cleanup_(close_fd) int fd = -1;

        *kept = NULL;
        if (is_same(path, text)) {
                *kept = kept_file_find(path, text);
                return KEPT_FILE_SAME;
        }
        if (!make_directories(path) || (fd = mkostemp(new, O_CLOEXEC)) < 0)
                return KEPT_FILE_FAILED;
        if (write_text(fd, text) && keep(path, kept) && rename(new, path) == 0)
                return KEPT_FILE_WRITTEN;
        {
                int error = errno;

                (void)unlink(new);
                errno = error;
        }
        return KEPT_FILE_FAILED;
}
