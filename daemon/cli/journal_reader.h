/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * JournalReader: the daemon's records in the journal. Anybody can send the journal what he likes,
 * under any name: only what processes of the daemon's user sent, or of our own, is read.
 */

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-journal.h>

typedef struct JournalReader {
        sd_journal *journal;
} JournalReader;

/* Opens the journal of this machine, or the files in a directory. Returns false, and a text for
 * people, for the caller, in *error. Free with journal_reader_deinit() in any case. */
bool journal_reader_init(JournalReader *reader, const char *directory, char **error);
void journal_reader_deinit(JournalReader *reader);

/* Reads only records of which that field, behind its prefix, has that value. */
void journal_reader_match(JournalReader *reader, const char *field, const char *value);

/* Reads on from that time, microseconds of CLOCK_REALTIME. */
void journal_reader_seek(JournalReader *reader, uint64_t usec);

/* The next record as a new object: "time_usec", and the fields, in small letters and without their
 * prefix. NULL behind the last. */
struct json_object *journal_reader_next(JournalReader *reader);
