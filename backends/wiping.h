/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Wiping: what libraries leave behind of a password. */

/* From now on memory that is freed is overwritten, but for pieces of up to 1 KB, which malloc keeps
 * at hand. libdb and liblber free pages and requests as they are. */
void wiping_begin(void);

/* Wipes what functions that have returned left on the stack, as deep as libsasl2 with libdb goes
 * there. */
void wiping_clear_stack(void);
