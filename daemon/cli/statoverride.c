/* SPDX-License-Identifier: BSD-2-Clause */
#include "statoverride.h"

/* Takes what stands before the next separator, and that, off the view. */
static Bytes take_until(Bytes *rest, uint8_t separator)
{
        const uint8_t *end = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
        Bytes taken = {rest->data, end ? (size_t)(end - rest->data) : rest->size};
        size_t skipped = taken.size + (end != NULL);

        rest->data += skipped;
        rest->size -= skipped;
        return taken;
}

/* dpkg writes numbers as "#33". */
static bool take_word(Bytes *line, char *word)
{
        Bytes taken = take_until(line, ' ');

        if (taken.size > 0 && taken.data[0] == '#')
                (void)take_until(&taken, '#');
        return taken.size > 0 && bytes_to_string(taken, word, STATOVERRIDE_WORD_MAX);
}

bool statoverride_find(Bytes table, const char *path, Statoverride *found)
{
        while (table.size > 0) {
                Bytes line = take_until(&table, '\n');
                Statoverride entry;

                if (take_word(&line, entry.user) && take_word(&line, entry.group) &&
                        take_word(&line, entry.mode) && bytes_equal_string(line, path)) {
                        *found = entry;
                        return true;
                }
        }
        return false;
}
