/* SPDX-License-Identifier: BSD-2-Clause */

/* The files of a sasldb, of every kind that a distribution's libsasl2 may have been built for. */

#include "backends/database.h"

#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE      512u
#define MAGIC     0x061561u
#define NAME_SIZE 64

typedef struct Fixture {
        char directory[32];
        char path[NAME_SIZE];
} Fixture;

static void set_up(Fixture *fixture)
{
        strcpy(fixture->directory, "/tmp/swu-database-XXXXXX");
        assert_non_null(mkdtemp(fixture->directory));
        (void)snprintf(fixture->path, sizeof(fixture->path), "%s/sasldb2", fixture->directory);
}

static void tear_down(Fixture *fixture)
{
        static const char *const endings[] = {"", ".pag", ".dir"};

        for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
                char path[NAME_SIZE + 8];

                (void)snprintf(path, sizeof(path), "%s%s", fixture->path, endings[i]);
                if (unlink(path) < 0 && errno == EISDIR)
                        assert_int_equal(rmdir(path), 0);
        }
        assert_int_equal(rmdir(fixture->directory), 0);
}

static void write_file(const Fixture *fixture, const char *ending, const void *data, size_t size)
{
        char path[NAME_SIZE + 8];
        int fd;

        (void)snprintf(path, sizeof(path), "%s%s", fixture->path, ending);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, data, size), (ssize_t)size);
        (void)close(fd);
}

static void assert_refused(const Fixture *fixture, const char *expected)
{
        char reason[256], whole[256];
        Database database;

        assert_false(database_look(fixture->path, &database, reason, sizeof(reason)));
        (void)snprintf(whole, sizeof(whole), "%s%s", fixture->path, expected);
        assert_string_equal(reason, whole);
}

static void assert_size(const Fixture *fixture, off_t size)
{
        char reason[256];
        Database database;

        assert_true(database_look(fixture->path, &database, reason, sizeof(reason)));
        assert_int_equal(database.size, size);
        assert_true(database.changed.tv_sec > 0);
}

static void test_looks(void **state)
{
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        assert_refused(&fixture, ": No such file or directory");
        write_file(&fixture, ".dir", "", 0); /* ndbm's directory alone is no database */
        assert_refused(&fixture, ": No such file or directory");
        write_file(&fixture, ".pag", "", 0);
        assert_refused(&fixture, ".pag: empty file, no database");
        write_file(&fixture, ".pag", "pages", 5);
        assert_size(&fixture, 5);
        write_file(&fixture, "", "gdbm or libdb", 13);
        assert_size(&fixture, 13);
        write_file(&fixture, "", "", 0);
        assert_refused(&fixture, ": empty file, no database");
        assert_int_equal(unlink(fixture.path), 0);
        assert_int_equal(mkdir(fixture.path, 0700), 0);
        assert_refused(&fixture, ": not a regular file");
        tear_down(&fixture);
}

/* A Berkeley DB header: a hash with this number of its last page. */
typedef struct HeaderRow {
        const char *name;
        uint32_t magic;
        uint32_t last_page;
        off_t size;
        bool swapped; /* made on a machine of the other byte order */
        bool truncated;
} HeaderRow;

static const HeaderRow header_rows[] = {
        {"whole", MAGIC, 3, 4 * PAGE, false, false},
        {"one byte missing", MAGIC, 3, 4 * PAGE - 1, false, true},
        {"a page missing", MAGIC, 3, 3 * PAGE, false, true},
        {"only the header", MAGIC, 3, 64, false, true},
        {"longer than it says", MAGIC, 3, 9 * PAGE, false, false},
        {"whole, other byte order", MAGIC, 3, 4 * PAGE, true, false},
        {"a page missing, other byte order", MAGIC, 3, 3 * PAGE, true, true},
        {"more pages than any file has", MAGIC, UINT32_MAX, 4 * PAGE, false, true},
        {"header cut short", MAGIC, 3, 35, false, false},
        {"no Berkeley DB", 0x13579acf, 3, PAGE, false, false},
};

static void put_number(uint8_t *at, uint32_t number, bool swapped)
{
        if (swapped)
                number = __builtin_bswap32(number);
        memcpy(at, &number, sizeof(number));
}

static void test_truncated(void **state)
{
        const HeaderRow *row = *state;
        uint8_t file[16 * PAGE] = {};
        const Database database = {.size = row->size};
        Fixture fixture;

        set_up(&fixture);
        put_number(file + 12, row->magic, row->swapped);
        put_number(file + 20, PAGE, row->swapped);
        put_number(file + 32, row->last_page, row->swapped);
        write_file(&fixture, "", file, (size_t)row->size);
        assert_int_equal(database_is_truncated(fixture.path, &database), row->truncated);
        tear_down(&fixture);
}

int main(void)
{
        static Table table;

        table_add(&table, "what a path leads to", test_looks, NULL);
        table_add_rows(&table, test_truncated, ROWS(header_rows));
        return table_run(&table, "database");
}
