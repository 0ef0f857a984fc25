/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* ReadingRight: the capability to read any file, with which workers start that read what is root's.
 */

/* Gives it up, and all others, for good: what is read from now on everybody may read. Returns 0 or
 * a negative errno. */
int reading_right_give_up(void);
