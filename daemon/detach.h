/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Leaving the terminal, as saslauthd does: the command returns once the daemon serves, or with its
 * error. */

/* Forks. Returns in the child only, with the descriptor to write one byte to when ready, or a
 * negative errno. The parent waits for that byte and exits 0, or with the child's exit status if it
 * ends before. */
int detach_begin(void);

/* Points the three standard descriptors at /dev/null. Returns 0 or a negative errno. */
int detach_standard_io(void);
