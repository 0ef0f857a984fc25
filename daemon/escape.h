/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Makes untrusted bytes safe to stand between brackets in a log line: printable UTF-8 stays as it
 * is; control bytes, bytes that are no UTF-8, and [ ] \ become \xNN, so that a typed name can
 * neither start a line of its own nor forge a field behind it.
 */

#include "proto/bytes.h"

/* Writes the escaped text with a NUL into out, which has size > 3 bytes. What does not fit is cut
 * and ends in "...". Returns out. */
char *escape(Bytes text, char *out, size_t size);

/* The same for where no brackets stand around it, as on a terminal: [ ] \ stay as they are. */
char *escape_control(Bytes text, char *out, size_t size);

/* The bytes that an escaped text of that size needs at most, with its NUL. */
#define ESCAPED_SIZE(size) (4 * (size) + 4)
