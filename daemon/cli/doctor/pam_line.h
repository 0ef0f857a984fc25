/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* A line of a file in /etc/pam.d, pam.conf(5). Pure. */

#include "proto/bytes.h"

/* The module that the line cannot do without, as it is written. Returns false if it names none:
 * comments, includes, lines that begin with "-". */
bool pam_line_module(Bytes line, Bytes *module);
