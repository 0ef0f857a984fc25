/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_settings.h"

#include "proto/cleanup.h"
#include "proto/scan.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX (1024 * 1024)

typedef struct Notes {
        LdapSettings *settings;
        const char *path; /* of the file that is read, or NULL */
        char *notice;
        size_t size;
} Notes;

static bool copy(char *target, size_t size, const char *value)
{
        return value[0] && snprintf(target, size, "%s", value) < (int)size;
}

static bool take_number(const char *value, unsigned *target)
{
        uint64_t number;

        if (!scan_number(bytes_from_string(value), &number) || number == 0 || number > INT_MAX)
                return false;
        *target = (unsigned)number;
        return true;
}

static bool take_password_fd(LdapSettings *settings, const char *value)
{
        unsigned fd;

        if (!take_number(value, &fd) || fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
                return false;
        settings->password_fd = (int)fd;
        return true;
}

bool ldap_settings_take(LdapSettings *settings, const char *key, const char *value)
{
        if (strcmp(key, "config") == 0)
                return copy(settings->path, sizeof(settings->path), value);
        if (strcmp(key, "default-config") == 0)
                return copy(settings->default_path, sizeof(settings->default_path), value);
        if (strcmp(key, "name-attr") == 0)
                return copy(settings->name_attr, sizeof(settings->name_attr), value);
        if (strcmp(key, "deadline-ms") == 0)
                return take_number(value, &settings->deadline_msec);
        if (strcmp(key, "password-fd") == 0)
                return take_password_fd(settings, value);
        if (strncmp(key, "ldap_", 5) != 0 || settings->count == LDAP_SETTINGS_INLINE_MAX)
                return false;
        settings->keys[settings->count] = key;
        settings->values[settings->count++] = value;
        return true;
}

/* LdapReporter: the first error is what every login is refused with. */
static void note(void *userdata, bool is_error, unsigned line, unsigned column, const char *text)
{
        Notes *notes = userdata;
        LdapSettings *settings = notes->settings;
        char whole[sizeof(settings->error)], number[32] = "";

        if (line > 0)
                (void)snprintf(number, sizeof(number), ":%u:%u", line, column);
        (void)snprintf(whole, sizeof(whole), "%s%s%s%s", notes->path ? notes->path : "", number,
                notes->path ? ": " : "", text);
        (void)fprintf(stderr, "ldap: %s\n", whole);
        if (is_error && settings->error[0] == '\0')
                (void)snprintf(settings->error, sizeof(settings->error), "%s", whole);
        if (notes->notice[0] == '\0')
                (void)snprintf(notes->notice, notes->size, "%s", whole);
        else if (strlen(notes->notice) + strlen(whole) + 3 <= notes->size)
                (void)strcat(strcat(notes->notice, "; "), whole);
}

/* Reads a whole file; it may hold a password. Returns NULL with errno. */
static Secret *read_descriptor(int fd)
{
        _cleanup_(secret_freep) Secret *content = NULL;
        struct stat status;

        if (fstat(fd, &status) < 0)
                return NULL;
        errno = EFBIG;
        if (!S_ISREG(status.st_mode) || status.st_size > FILE_SIZE_MAX)
                return NULL;
        content = secret_new((size_t)status.st_size + 1);
        while (content) {
                size_t space;
                uint8_t *buffer = secret_space(content, &space);
                ssize_t size = read(fd, buffer, space);

                if (size == 0)
                        return TAKE_PTR(content);
                if (size < 0 && errno != EINTR)
                        return NULL;
                if (size > 0)
                        secret_commit(content, (size_t)size);
        }
        return NULL;
}

static Secret *read_file(const char *path)
{
        _cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

        return fd >= 0 ? read_descriptor(fd) : NULL;
}

static bool note_file_error(Notes *notes)
{
        note(notes, true, 0, 0, strerror(errno));
        return false;
}

static bool read_config(Notes *notes, const char *path)
{
        const LdapReporter reporter = {note, notes};
        _cleanup_(secret_freep) Secret *content = read_file(path);

        notes->path = path;
        if (!content)
                return note_file_error(notes);
        return ldap_config_parse(&notes->settings->config, secret_bytes(content), &reporter);
}

/* The file itself is opened by the supervisor, who may read it where we may not, and looks who else
 * may. */
static bool read_password(Notes *notes)
{
        LdapConfig *config = &notes->settings->config;
        _cleanup_(close_fd) int fd =
                notes->settings->password_fd > 0 ? notes->settings->password_fd : -1;
        _cleanup_(secret_freep) Secret *content = NULL;
        Bytes password;

        notes->path = config->password_file;
        if (!config->password_file)
                return true;
        if (fd < 0) {
                note(notes, true, 0, 0, "was not handed over by saslwardd; its log says why");
                return false;
        }
        content = read_descriptor(fd);
        if (!content)
                return note_file_error(notes);
        (void)secret_free(config->password);
        config->password = NULL;
        if (ldap_password_line(secret_bytes(content), &password))
                config->password = secret_new_string(password);
        if (config->password)
                return true;
        note(notes, true, 0, 0, LDAP_PASSWORD_LINE);
        return false;
}

static bool set_inline(Notes *notes)
{
        LdapSettings *settings = notes->settings;
        const LdapReporter reporter = {note, notes};
        bool good = true;

        notes->path = NULL;
        for (size_t i = 0; i < settings->count; i++)
                good = ldap_config_set(&settings->config, settings->keys[i], settings->values[i],
                               &reporter) &&
                       good;
        return good;
}

void ldap_settings_read(LdapSettings *settings, char *notice, size_t size)
{
        Notes notes = {settings, NULL, notice, size};
        const LdapReporter reporter = {note, &notes};
        const char *path = settings->path[0]      ? settings->path
                           : settings->count == 0 ? settings->default_path
                                                  : "";

        if (settings->name_attr[0] == '\0')
                (void)strcpy(settings->name_attr, "uid");
        if (!ldap_config_init(&settings->config)) {
                note(&notes, true, 0, 0, "out of memory");
                return;
        }
        if ((path[0] && !read_config(&notes, path)) || !set_inline(&notes))
                return;
        notes.path = path[0] ? path : NULL;
        if (ldap_config_complete(&settings->config, &reporter))
                (void)read_password(&notes);
}
