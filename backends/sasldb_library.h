/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* libsasl2 with its sasldb plugin and nothing else: no mechanism is loaded, no configuration file
 * read. Once a process. */

#include <stdbool.h>

/* Prepares libsasl2 with the database at path, which is kept, not copied. Returns 0, or -ELIBACC.
 * sasl_server_done() ends it. */
int sasldb_library_init(const char *path);

/* Whether the plugin is loaded. */
bool sasldb_library_has_plugin(void);

/* What libsasl2 complained of since it was last forgotten, or NULL. */
const char *sasldb_library_complaint(void);
void sasldb_library_forget(void);
