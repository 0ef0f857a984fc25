/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* LdapSettings: what the worker "ldap" was started with. */

#include "proto/ldap_parser.h"

#include <limits.h>

#define LDAP_SETTINGS_INLINE_MAX 64u

typedef struct LdapSettings {
        char path[PATH_MAX];         /* of a saslauthd.conf, or empty */
        char default_path[PATH_MAX]; /* of one that counts if nothing else was said */
        const char *keys[LDAP_SETTINGS_INLINE_MAX]; /* ldap_…, as they were given; not owned */
        const char *values[LDAP_SETTINGS_INLINE_MAX];
        size_t count;
        char name_attr[64];
        unsigned deadline_msec; /* 0 = as the front says */
        int password_fd; /* the open file of ldap_password_file, or 0: none was handed over */
        LdapConfig config;
        char error[LDAP_REPORT_TEXT_MAX + PATH_MAX]; /* why nobody can be checked, or empty */
} LdapSettings;

/* Takes one "key=value" argument, whose strings stay. Returns whether it knows the key and likes
 * the value; what is wrong with an ldap_… parameter is said by ldap_settings_read(). */
bool ldap_settings_take(LdapSettings *settings, const char *key, const char *value);

/* Reads the file, adds what was given inline, and reads the password's file. Notices are written to
 * notice, which has room for size bytes, and to standard error. Errors are kept in error. */
void ldap_settings_read(LdapSettings *settings, char *notice, size_t size);
