/* SPDX-License-Identifier: BSD-2-Clause */
#include "config_file.h"

#include "daemon/parser.h"
#include "proto/cleanup.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX  (64u * 1024u * 1024u)
#define FILE_COUNT_MAX 256u

/* One that includes itself would do so for ever; the limit of files ends it, too, but says less. */
#define DEPTH_MAX 8u

typedef struct Reading {
        Parser parser;
        Report report;
        unsigned depth;
} Reading;

static Reading *from_parser(Parser *parser)
{
        return (Reading *)((char *)parser - offsetof(Reading, parser));
}

static void write_complaint(Report *report, Place place, bool is_warning, const char *text)
{
        const Config *config = report->userdata;

        (void)fprintf(stderr, "%s:%u:%u: %s%s\n", config->files[place.file], place.line,
                place.column, is_warning ? "warning: " : "", text);
}

static bool find_uid(const char *name, uid_t *uid)
{
        const struct passwd *user = getpwnam(name);

        if (user)
                *uid = user->pw_uid;
        return user != NULL;
}

static bool has_group(const char *name)
{
        return getgrnam(name) != NULL;
}

static const NameSource names = {find_uid, has_group};

/* Whoever can write it decides who gets in. */
static const char *check_status(const struct stat *status)
{
        if (!S_ISREG(status->st_mode))
                return "is no regular file";
        if (status->st_uid != 0 && status->st_uid != geteuid())
                return "belongs neither to root nor to you; chown it";
        if (status->st_mode & (S_IWGRP | S_IWOTH))
                return "can be written by others; chmod go-w it";
        return status->st_size > FILE_SIZE_MAX ? "is too large" : NULL;
}

/* Reads an open file to its end. Returns its bytes, or NULL with errno. */
static uint8_t *slurp(int fd, size_t expected, size_t *size)
{
        uint8_t *bytes = malloc(expected + 1);

        *size = 0;
        while (bytes && *size <= expected) {
                ssize_t got = read(fd, bytes + *size, expected + 1 - *size);

                if (got == 0)
                        return bytes;
                if (got < 0 && errno != EINTR)
                        break;
                *size += got > 0 ? (size_t)got : 0;
        }
        if (bytes && *size > expected)
                errno = EBUSY; /* it is being written */
        free(bytes);
        return NULL;
}

/* Complains of a file, where it was asked for. */
static void complain(Reading *reading, Place asked, const char *path, const char *text)
{
        if (reading->depth == 0)
                (void)report_error(&reading->report, asked, "%s", text);
        else
                (void)report_error(&reading->report, asked, "%s: %s", path, text);
}

/* Reads a file that was asked for at a place; for the first one, its own beginning. */
static void read_file(Reading *reading, const char *path, Place asked)
{
        _cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        _cleanup_(free_pointer) uint8_t *bytes = NULL;
        struct stat status;
        size_t size;
        const char *wrong;
        int file;

        if (fd < 0 || fstat(fd, &status) < 0) {
                complain(reading, asked, path, strerror(errno));
                return;
        }
        wrong = check_status(&status);
        if (!wrong) {
                bytes = slurp(fd, (size_t)status.st_size, &size);
                wrong = bytes ? NULL : strerror(errno);
        }
        if (wrong) {
                complain(reading, asked, path, wrong);
                return;
        }
        file = reading->depth == 0 ? 0 : config_add_file(reading->parser.parse.config, path);
        if (file < 0)
                complain(reading, asked, path, strerror(-file));
        else
                parser_parse(&reading->parser, (unsigned)file, (Bytes){bytes, size});
}

static void include(Parser *parser, const char *pattern, Place place)
{
        Reading *reading = from_parser(parser);
        glob_t found = {};
        int r;

        if (reading->depth >= DEPTH_MAX) {
                complain(reading, place, pattern,
                        "includes more than 8 deep; does a file include "
                        "itself?");
                return;
        }
        r = glob(pattern, 0, NULL, &found); /* sorted */
        if (r != 0 && (r != GLOB_NOMATCH || !strpbrk(pattern, "*?[")))
                complain(reading, place, pattern,
                        r == GLOB_NOMATCH ? "no such file" : "cannot be read");
        reading->depth++;
        for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
                if (parser->parse.config->file_count >= FILE_COUNT_MAX) {
                        complain(reading, place, pattern, "more than 256 files");
                        break;
                }
                read_file(reading, found.gl_pathv[i], place);
        }
        reading->depth--;
        globfree(&found);
}

int config_file_read(Config *config, const char *directory)
{
        Reading reading = {.report = {.write = write_complaint, .userdata = config}};

        if (config_add_file(config, config->path) < 0)
                return -ENOMEM;
        parser_init(&reading.parser, config, &names, include, &reading.report);
        read_file(&reading, config->path, (Place){.line = 1, .column = 1});
        if (reading.report.errors == 0)
                parser_finish(&reading.parser, directory);
        parser_deinit(&reading.parser);
        return reading.report.errors > 0 ? -EINVAL : 0;
}
