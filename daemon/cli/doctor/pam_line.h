/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* A line of a file in /etc/pam.d, pam.conf(5). Pure. */

#include "proto/bytes.h"

/* The module that the line cannot do without, as it is written. Returns false if it names none:
 * comments, includes, lines that begin with "-". */
bool pam_line_module(Bytes line, Bytes *module);

/* What type of line it is: "auth", "account", …, and the file that it includes: empty where it
 * includes none. Of "@include FILE", which includes lines of all types, the type is empty. Returns
 * false for what is no line. */
bool pam_line_type(Bytes line, Bytes *type, Bytes *file);
