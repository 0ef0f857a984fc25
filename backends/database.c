/* SPDX-License-Identifier: BSD-2-Clause */
#include "database.h"

#include "proto/cleanup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool explain(const char *path, const char *what, char *reason, size_t size)
{
        (void)snprintf(reason, size, "%s: %s", path, what);
        return false;
}

bool database_look(const char *path, Database *database, char *reason, size_t size)
{
        char pages[PATH_MAX];
        const char *file = path;
        struct stat status;

        if (stat(path, &status) < 0) {
                if (errno != ENOENT ||
                        snprintf(pages, sizeof(pages), "%s.pag", path) >= (int)sizeof(pages) ||
                        stat(pages, &status) < 0)
                        return explain(path, strerror(errno), reason, size);
                file = pages;
        }
        if (!S_ISREG(status.st_mode))
                return explain(file, "not a regular file", reason, size);
        if (status.st_size == 0)
                return explain(file, "empty file, no database", reason, size);
        *database = (Database){status.st_size, status.st_ctim};
        return true;
}

/* Berkeley DB's hash header (libdb src/dbinc/db_page.h, DBMETA), in the byte order of its maker. */
#define HEADER_MAGIC_AT     12
#define HEADER_PAGE_SIZE_AT 20
#define HEADER_LAST_PAGE_AT 32
#define HEADER_SIZE         36
#define HASH_MAGIC          0x061561u

static uint32_t header_number(const uint8_t *header, size_t at, bool swapped)
{
        uint32_t number;

        memcpy(&number, header + at, sizeof(number));
        return swapped ? __builtin_bswap32(number) : number;
}

bool database_is_truncated(const char *path, const Database *database)
{
        _cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        uint8_t header[HEADER_SIZE];
        bool swapped;

        if (fd < 0 || pread(fd, header, sizeof(header), 0) != sizeof(header))
                return false; /* whoever reads it for good will say so */
        swapped = header_number(header, HEADER_MAGIC_AT, true) == HASH_MAGIC;
        if (header_number(header, HEADER_MAGIC_AT, swapped) != HASH_MAGIC)
                return false;
        return (uint64_t)database->size <
               (1ull + header_number(header, HEADER_LAST_PAGE_AT, swapped)) *
                       header_number(header, HEADER_PAGE_SIZE_AT, swapped);
}
