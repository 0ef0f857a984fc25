/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Record: what is known of one decision, as the journal takes it: lines "SASLWARD_NAME=value".
 * Values that others chose are escaped (escape.h), so that none of them can begin a line of its
 * own.
 */

#include "proto/bytes.h"

#define RECORD_SIZE   2048u
#define RECORD_PREFIX "SASLWARD_"

typedef struct Record {
        size_t size;
        char lines[RECORD_SIZE];
} Record;

/* Adds a field, of the name behind the prefix; nothing for an empty value. What is longer
 * than 512 bytes, or does not fit any more, is cut and ends in "...". The record is
 * zero-initialised. */
void record_add(Record *record, const char *name, Bytes value);
void record_add_number(Record *record, const char *name, uint64_t value);

/* The lines. */
Bytes record_bytes(const Record *record);

/* Reads a record: the next field's name, behind the prefix, and value. Returns false at the end, or
 * where *rest is no record. */
bool record_next(Bytes *rest, Bytes *name, Bytes *value);

/* The value of that field, or the empty view. */
Bytes record_value(Bytes record, const char *name);
