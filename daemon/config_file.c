/* SPDX-License-Identifier: BSD-2-Clause */
#include "config_file.h"

#include "daemon/hash.h"
#include "daemon/ldap_backend.h"
#include "daemon/parser.h"
#include "daemon/trusted_file.h"
#include "proto/cleanup.h"

#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define FILE_COUNT_MAX 256u
#define DEPTH_MAX      8u

typedef struct User {
        char *name;
        bool exists;
        uid_t uid;
        UT_hash_handle hh;
} User;

/* The users of this machine. Each is looked up once, for it may be named in any number of rules. */
typedef struct Users {
        NameSource names;
        User *users;
} Users;

/* Who hears of complaints, and about what. */
typedef struct Audience {
        const Config *config;
        ConfigComplain *tell;
} Audience;

typedef struct Reading {
        Parser parser;
        Report report;
        Audience audience;
        Users users;
        struct stat open[DEPTH_MAX + 1]; /* the files that are being read, each by the one before */
        unsigned depth;
} Reading;

static Reading *from_parser(Parser *parser)
{
        return (Reading *)((char *)parser - offsetof(Reading, parser));
}

static void write_complaint(Report *report, Place place, bool is_warning, const char *text)
{
        const Audience *audience = report->userdata;
        char line[PATH_MAX + REPORT_TEXT_MAX];

        (void)snprintf(line, sizeof(line), "%s:%u:%u: %s%s", config_file(audience->config, place),
                place.line, place.column, is_warning ? "warning: " : "", text);
        audience->tell(is_warning ? LOG_WARNING : LOG_ERR, line);
}

static User *look_up(const char *name)
{
        const struct passwd *entry = getpwnam(name);
        User *user = calloc(1, sizeof(*user));

        if (!user)
                return NULL;
        *user = (User){.name = strdup(name), .exists = entry != NULL};
        if (entry)
                user->uid = entry->pw_uid;
        if (!user->name) {
                free(user);
                return NULL;
        }
        return user;
}

static bool find_uid(const NameSource *names, const char *name, uid_t *uid)
{
        Users *users = (Users *)(void *)names;
        User *user;

        HASH_FIND_STR(users->users, name, user);
        if (!user) {
                user = look_up(name);
                if (!user)
                        return false;
                HASH_ADD_KEYPTR(hh, users->users, user->name, strlen(user->name), user);
                if (!HASH_ADDED(user)) {
                        free(user->name);
                        free(user);
                        return false;
                }
        }
        *uid = user->uid;
        return user->exists;
}

static bool has_group(const NameSource *names, const char *name)
{
        (void)names;
        return getgrnam(name) != NULL;
}

static Secret *read_named(const NameSource *names, const char *path, mode_t forbidden, char *why)
{
        (void)names;
        return trusted_file_read(path, forbidden, why);
}

static bool may_run_named(const NameSource *names, const char *path, char *why)
{
        (void)names;
        return trusted_file_may_run(path, why);
}

static void users_deinit(Users *users)
{
        User *user, *next;

        HASH_ITER(hh, users->users, user, next)
        {
                HASH_DEL(users->users, user);
                free(user->name);
                free(user);
        }
}

/* Complains of a file, where it was asked for. */
static void complain(Reading *reading, Place asked, const char *path, const char *text)
{
        reading->parser.parse.incomplete = true;
        if (reading->depth == 0)
                (void)report_error(&reading->report, asked, "%s", text);
        else
                (void)report_error(&reading->report, asked, "%s: %s", path, text);
}

static void complain_errno(Reading *reading, Place asked, const char *path)
{
        char text[128];

        (void)snprintf(text, sizeof(text), "cannot be read: %s", strerror(errno));
        complain(reading, asked, path, text);
}

static bool is_open(const Reading *reading, const struct stat *status)
{
        for (unsigned i = 0; i < reading->depth; i++)
                if (reading->open[i].st_dev == status->st_dev &&
                        reading->open[i].st_ino == status->st_ino)
                        return true;
        return false;
}

/* Reads an open file, whose status was found good. */
static void read_open(Reading *reading, int fd, const char *path, Place asked)
{
        _cleanup_(secret_freep) Secret *content =
                trusted_file_slurp(fd, (size_t)reading->open[reading->depth].st_size);
        int file;

        if (!content) {
                complain_errno(reading, asked, path);
                return;
        }
        /* what a write leaves that found no room, and nothing that anybody would write */
        if (reading->depth == 0 && secret_bytes(content).size == 0) {
                complain(reading, asked, path,
                        "is empty (cut short?); one that is to refuse everybody has a comment");
                return;
        }
        file = reading->depth == 0 ? 0 : config_add_file(reading->parser.parse.config, path);
        if (file < 0)
                complain(reading, asked, path, strerror(-file));
        else
                parser_parse(&reading->parser, (unsigned)file, secret_bytes(content));
}

/* Reads a file that was asked for at a place; for the first one, its own beginning. */
static void read_file(Reading *reading, const char *path, Place asked)
{
        struct stat *status = &reading->open[reading->depth];
        char why[TRUSTED_FILE_TEXT_MAX];
        _cleanup_(close_fd) int fd = trusted_file_open(path, TRUSTED_FILE_WRITE, status, why);

        if (fd < 0)
                complain(reading, asked, path, why);
        else if (is_open(reading, status))
                complain(reading, asked, path,
                        "is being read already; a file cannot include itself");
        else
                read_open(reading, fd, path, asked);
}

/* The pattern, in the directory of the file that names it. Returns NULL without memory. */
static char *absolute_pattern(const Reading *reading, const char *pattern, Place place)
{
        const char *file = config_file(reading->parser.parse.config, place);
        const char *slash = pattern[0] == '/' ? NULL : strrchr(file, '/');
        size_t length = slash ? (size_t)(slash - file) + 1 : 0;
        char *result = malloc(2 * length + strlen(pattern) + 1);
        size_t used = 0;

        if (!result)
                return NULL;
        for (size_t i = 0; i < length; i++) {
                if (strchr("*?[\\", file[i])) /* no pattern there */
                        result[used++] = '\\';
                result[used++] = file[i];
        }
        (void)strcpy(result + used, pattern);
        return result;
}

static bool is_pattern(const char *pattern)
{
        return strpbrk(pattern, "*?[") != NULL;
}

/* Without GLOB_ERR the rules in a directory that cannot be read would silently be missing. */
static void include_found(Reading *reading, const char *pattern, Place place)
{
        glob_t found = {};
        int r = glob(pattern, GLOB_ERR, NULL, &found); /* sorted */

        reading->depth++;
        if (r == GLOB_NOMATCH && !is_pattern(pattern))
                complain(
                        reading, place, pattern, "there is no such file; make it, or name another");
        else if (r != 0 && r != GLOB_NOMATCH)
                complain_errno(reading, place, pattern);
        for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
                if (reading->parser.parse.config->file_count >= FILE_COUNT_MAX) {
                        complain(reading, place, pattern, "more than 256 files; include fewer");
                        break;
                }
                read_file(reading, found.gl_pathv[i], place);
        }
        reading->depth--;
        globfree(&found);
}

static void include(Parser *parser, const char *pattern, Place place)
{
        Reading *reading = from_parser(parser);
        _cleanup_(free_pointer) char *absolute = absolute_pattern(reading, pattern, place);

        if (!absolute)
                (void)report_error(&reading->report, place, "out of memory");
        else if (reading->depth >= DEPTH_MAX)
                complain(reading, place, pattern, "more than 8 files deep; include it above");
        else
                include_found(reading, absolute, place);
}

int config_file_read(Config *config, const char *directory, ConfigComplain *tell)
{
        Reading reading = {
                .report = {.write = write_complaint, .userdata = &reading.audience},
                .audience = {config, tell},
                .users.names = {find_uid, has_group, read_named, may_run_named,
                        .warns = config->check_only},
        };

        if (config_add_file(config, config->path) < 0)
                return -ENOMEM;
        parser_init(&reading.parser, config, &reading.users.names, include, &reading.report);
        read_file(&reading, config->path, (Place){.line = 1, .column = 1});
        parser_finish(&reading.parser, directory);
        parser_deinit(&reading.parser);
        users_deinit(&reading.users);
        return reading.report.errors > 0 ? -EINVAL : 0;
}

void config_file_check_backends(Config *config, ConfigComplain *tell)
{
        const NameSource names = {.read_file = read_named}; /* no backend asks for more */
        Audience audience = {config, tell};
        Report report = {.write = write_complaint, .userdata = &audience};

        for (size_t i = 0; i < config->backend_count; i++)
                ldap_backend_examine(config, &config->backends[i], &names, &report);
}
