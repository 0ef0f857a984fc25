/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Settings in other programs' configuration files. Pure: bytes in, values out. */

#include "proto/bytes.h"

typedef enum SettingFormat {
        SETTING_SASL,    /* libsasl2 and Cyrus IMAP: "key: value", the first counts */
        SETTING_LIBVIRT, /* key = "value", or a number; the last counts */
        SETTING_POSTFIX, /* key = value, continued in lines that begin blank; the last counts */
} SettingFormat;

/* Finds the value of a key, lower case. Returns whether it is set; value, which has room for size
 * bytes, is then a C string without quotes and blanks at its ends, cut where it is longer, else
 * empty. */
bool setting_find(Bytes content, SettingFormat format, const char *key, char *value, size_t size);

/* The first line, from 1, that libsasl2 cannot read, so that it reads nothing at all (its config.c:
 * no colon behind the key, or no value); 0 = there is none. */
unsigned setting_sasl_error(Bytes content);

/* Takes the next word, between blanks and commas, off *list, as libsasl2 separates them. Returns
 * false if there is none. */
bool setting_word(Bytes *list, Bytes *word);
