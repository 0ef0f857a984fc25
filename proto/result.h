/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Result: the five answers a backend can give about a login. */

#include "bytes.h"

typedef enum Result {
        RESULT_OK,          /* the password is right and the account may log in */
        RESULT_MISMATCH,    /* the account is known, the password is wrong */
        RESULT_UNKNOWN,     /* there is no such account here */
        RESULT_DENIED,      /* right or wrong, this account may not: locked, expired, … */
        RESULT_UNAVAILABLE, /* could not tell: not an answer about the password at all */
} Result;

/* The word for a result in frames and logs ("OK", "MISMATCH", …). */
const char *result_to_string(Result result);

/* The result for a word. Returns true, or false for any other word (case matters). */
bool result_from_bytes(Bytes word, Result *result);
