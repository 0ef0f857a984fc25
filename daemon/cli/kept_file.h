/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Writing a file so that the one which was there is kept beside it. */

typedef enum KeptFileOutcome {
        KEPT_FILE_WRITTEN,
        KEPT_FILE_SAME,   /* the text was there already */
        KEPT_FILE_FAILED, /* with errno; what was there is untouched */
} KeptFileOutcome;

/* What stands at path is to be text, of mode 0644; at every moment it is the old or the new one.
 * *kept becomes the name of the one that was there, as kept_file_find() says. Directories in the
 * path are made. */
KeptFileOutcome kept_file_write(const char *path, const char *text, char **kept);

/* The name that what stands at path would be kept by, or, where that is the text already, the last
 * name that something was kept by. NULL: there is none; owned by the caller. */
char *kept_file_find(const char *path, const char *text);
