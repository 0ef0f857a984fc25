/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsing.h"

#include "daemon/config_print.h"
#include "daemon/parser.h"
#include "daemon/trusted_file.h"

#include <errno.h>
#include <stdlib.h>

static bool find_uid(const NameSource *names, const char *name, uid_t *uid)
{
        static const struct {
                const char *name;
                uid_t uid;
        } users[] = {{"root", 0}, {"postfix", 89}, {"Domain User", 1000}};
        char *end;

        (void)names;
        for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
                if (strcmp(users[i].name, name) == 0) {
                        *uid = users[i].uid;
                        return true;
                }
        if (name[0] != 'u' || name[1] < '0' || name[1] > '9')
                return false;
        *uid = (uid_t)strtoul(name + 1, &end, 10);
        return *end == '\0';
}

static bool has_group(const NameSource *names, const char *name)
{
        (void)names;
        return strcmp(name, "kvm") == 0 || strcmp(name, "sasl") == 0;
}

static Secret *file_of(const char *content)
{
        Secret *file = secret_new(strlen(content));
        size_t space;

        if (!file)
                abort();
        memcpy(secret_space(file, &space), content, strlen(content));
        secret_commit(file, strlen(content));
        return file;
}

static Secret *read_file(const NameSource *names, const char *path, mode_t forbidden, char *why)
{
        static const struct {
                const char *path;
                const char *content;
                bool is_private;
        } files[] = {
                {"/etc/saslauthd.conf", "ldap_servers: ldap://a/\n", true},
                {"/etc/realms.conf", "ldap_filter: (mail=%u@%r)\n", true},
                {"/etc/wrong.conf", "\nldap_scope:  x\n ldap_serves: y\n", true},
                {"/etc/password", "secret\n", true},
                {"/etc/two-lines", "secret\nsecret\n", true},
                {"/etc/open", "secret\n", false},
        };

        (void)names;
        errno = ENOENT;
        (void)strcpy(why, "cannot be read: No such file or directory");
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                if (strcmp(files[i].path, path) != 0)
                        continue;
                errno = EPERM;
                (void)strcpy(why, "can be read by others; chmod go-rwx it");
                if (files[i].is_private || forbidden == TRUSTED_FILE_WRITE)
                        return file_of(files[i].content);
        }
        return NULL;
}

static bool may_run(const NameSource *names, const char *path, char *why)
{
        (void)names;
        (void)strcpy(why, "can be written by others; chmod go-w it");
        return strcmp(path, "/usr/libexec/open") != 0;
}

const NameSource parsing_names = {find_uid, has_group, read_file, may_run, .warns = true};

static void write_complaint(Report *report, Place place, bool is_warning, const char *text)
{
        (void)fprintf(report->userdata, "%u:%u: %s%s\n", place.line, place.column,
                is_warning ? "warning: " : "", text);
}

static void include_nothing(Parser *parser, const char *pattern, Place place)
{
        (void)parser;
        (void)pattern;
        (void)place;
}

void parsed_init(Parsed *parsed, Bytes input)
{
        size_t size;
        FILE *stream = open_memstream(&parsed->complaints, &size);
        Report report = {.write = write_complaint, .userdata = stream};
        Parser parser;

        if (!stream)
                abort();
        config_init(&parsed->config);
        if (config_add_file(&parsed->config, "f") < 0)
                abort();
        parser_init(&parser, &parsed->config, &parsing_names, include_nothing, &report);
        parser_parse(&parser, 0, input);
        parser_finish(&parser, "/run/sasl2");
        parser_deinit(&parser);
        parsed->errors = report.errors;
        parsed->warnings = report.warnings;
        if (fclose(stream) != 0)
                abort();
}

void parsed_deinit(Parsed *parsed)
{
        config_deinit(&parsed->config);
        free(parsed->complaints);
}

char *parsing_print(const Config *config)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                abort();
        config_print(config, stream);
        if (fclose(stream) != 0)
                abort();
        return text;
}
