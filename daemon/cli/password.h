/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Getting a password from a person or a program without its standing in the process list. */

#include "proto/secret.h"

/* Reads up to the end of the file, and leaves out one newline at the end. Returns NULL on failure,
 * errno says why (EMSGSIZE: longer than a request can carry). Free with secret_free(). */
Secret *password_read(int fd);

/* Asks on the terminal, without echo. Returns NULL on failure, errno says why (ENXIO, ENOTTY: there
 * is no terminal). */
Secret *password_prompt(const char *prompt);
