/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal_reader.h"

#include "build-config.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/output.h"
#include "daemon/message_id.h"
#include "daemon/record.h"
#include "proto/cleanup.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_NAME_SIZE 32u

#define NO_JOURNAL                                                                                 \
        "there is no journal that this user may read; root and the group systemd-journal may. "    \
        "Without systemd's journal the daemon logs to syslog's facility auth, mostly to "          \
        "/var/log/auth.log or /var/log/secure"

/* Which exact text a field has to be. What is said of one field twice means either. */
static void match(JournalReader *reader, const char *text)
{
        if (sd_journal_add_match(reader->journal, text, 0) < 0)
                output_no_memory();
}

static void match_user(JournalReader *reader, uid_t uid)
{
        _cleanup_(free_pointer) char *text = output_format("_UID=%u", uid);

        match(reader, text);
}

static void match_ours(JournalReader *reader)
{
        static const char *const kinds[] = {MESSAGE_ID_SUCCESS, MESSAGE_ID_FAILURE,
                MESSAGE_ID_UNAVAILABLE, MESSAGE_ID_REPEATED, MESSAGE_ID_LEFT_OUT};
        const struct passwd *user = getpwnam(UNPRIVILEGED_USER);

        if (!user)
                user = getpwnam("nobody"); /* as the daemon does */
        if (user)
                match_user(reader, user->pw_uid);
        match_user(reader, geteuid());
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                _cleanup_(free_pointer) char *text = output_format("MESSAGE_ID=%s", kinds[i]);

                match(reader, text);
        }
}

bool journal_reader_init(JournalReader *reader, const char *directory, char **error)
{
        int r;

        *reader = (JournalReader){};
        r = directory ? sd_journal_open_directory(&reader->journal, directory, 0)
                      : sd_journal_open(&reader->journal, SD_JOURNAL_LOCAL_ONLY);
        if (r < 0) {
                *error = output_format(
                        "%s: %s", directory ? directory : "the journal", strerror(-r));
                return false;
        }
        if (sd_journal_seek_head(reader->journal) < 0 || sd_journal_next(reader->journal) <= 0) {
                *error = output_format(NO_JOURNAL);
                return false;
        }
        match_ours(reader);
        (void)sd_journal_seek_head(reader->journal);
        return true;
}

void journal_reader_deinit(JournalReader *reader)
{
        sd_journal_close(reader->journal);
}

void journal_reader_match(JournalReader *reader, const char *field, const char *value)
{
        _cleanup_(free_pointer) char *text = output_format(RECORD_PREFIX "%s=%s", field, value);

        match(reader, text);
}

void journal_reader_seek(JournalReader *reader, uint64_t usec)
{
        (void)sd_journal_seek_realtime_usec(reader->journal, usec);
}

/* One "NAME=value" of whatever is there. */
static void take_field(struct json_object *object, Bytes field)
{
        const size_t prefix = strlen(RECORD_PREFIX);
        const uint8_t *equals = memchr(field.data, '=', field.size);
        char key[FIELD_NAME_SIZE];

        if (field.size <= prefix || memcmp(field.data, RECORD_PREFIX, prefix) != 0 || !equals ||
                !bytes_to_string(
                        (Bytes){field.data + prefix, (size_t)(equals - field.data) - prefix}, key,
                        sizeof(key)))
                return;
        for (char *letter = key; *letter; letter++)
                *letter = (char)tolower((unsigned char)*letter);
        json_add_bytes(
                object, key, (Bytes){equals + 1, field.size - (size_t)(equals + 1 - field.data)});
}

struct json_object *journal_reader_next(JournalReader *reader)
{
        struct json_object *object;
        const void *data;
        uint64_t usec = 0;
        size_t size;

        if (sd_journal_next(reader->journal) <= 0)
                return NULL;
        object = json_object_new_object();
        (void)sd_journal_get_realtime_usec(reader->journal, &usec);
        (void)json_object_object_add(object, "time_usec", json_object_new_uint64(usec));
        SD_JOURNAL_FOREACH_DATA(reader->journal, data, size)
        take_field(object, (Bytes){data, size});
        return object;
}
