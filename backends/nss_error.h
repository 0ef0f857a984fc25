/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The system's user and group database. */

#include <errno.h>
#include <stdbool.h>

/* NSS tells "not there" and "could not look" apart by errno only: those of getpwnam_r(3) that it
 * may have where there is no such entry are no failure. */
static inline bool nss_is_failure(int error)
{
        return error != 0 && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM;
}
