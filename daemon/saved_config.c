/* SPDX-License-Identifier: BSD-2-Clause */
#include "saved_config.h"

#include "daemon/config_print.h"
#include "proto/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER "# %s as saslwardd last served it, for a start at which it is broken. Do not edit.\n"

/* As systemd names units of paths: no two have the same. */
static void put_name(const char *path, FILE *out)
{
        for (path += path[0] == '/'; *path; path++)
                if (*path == '/')
                        (void)fputc('-', out);
                else if (*path == '-' || *path == '\\')
                        (void)fprintf(out, "\\x%02x", (unsigned)*path);
                else
                        (void)fputc(*path, out);
}

char *saved_config_path(const char *directory, const char *path)
{
        char *result = NULL;
        size_t size;
        FILE *stream = open_memstream(&result, &size);

        if (!stream)
                return NULL;
        (void)fprintf(stream, "%s/", directory);
        put_name(path, stream);
        if (fclose(stream) == 0)
                return result;
        free(result);
        return NULL;
}

static int write_file(const Config *config, const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        FILE *stream = fd < 0 ? NULL : fdopen(fd, "w");
        int r = 0;

        if (!stream) {
                r = -errno;
                close_fd(&fd);
                return r;
        }
        (void)fprintf(stream, HEADER, config->path);
        config_print(config, stream);
        if (fflush(stream) != 0 || ferror(stream) || fsync(fd) < 0)
                r = -errno;
        if (fclose(stream) != 0 && r == 0)
                r = -errno;
        return r;
}

/* Else the name may still be the old file's after a crash. */
static int sync_directory(const char *directory)
{
        _cleanup_(close_fd) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int saved_config_write(const Config *config, const char *directory, const char *path)
{
        _cleanup_(free_pointer) char *new_path = NULL;
        int r;

        if (asprintf(&new_path, "%s.new", path) < 0)
                return -ENOMEM;
        if (mkdir(directory, 0700) < 0 && errno != EEXIST)
                return -errno;
        if (unlink(new_path) < 0 && errno != ENOENT) /* of one that was killed meanwhile */
                return -errno;
        r = write_file(config, new_path);
        if (r == 0 && rename(new_path, path) < 0)
                r = -errno;
        if (r < 0)
                (void)unlink(new_path);
        return r < 0 ? r : sync_directory(directory);
}
