/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * uthash, without its own way to meet a lack of memory, which is exit(): the build has
 * HASH_NONFATAL_OOM, with which HASH_ADD leaves out what it has no memory for.
 */

#include <uthash.h>

/* Whether HASH_ADD has added the element. To be asked after each. */
#define HASH_ADDED(element) ((element)->hh.tbl != NULL)
