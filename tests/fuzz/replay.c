/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Runs the seeds of one corpus through one fuzz target, and all beginnings of the small ones, so
 * that every compiler, valgrind and the sanitizers see them. Prints TAP. Usage: replay-TARGET
 * DIRECTORY
 */

#include "fuzz.h"

#include "proto/cleanup.h"

#include <dirent.h>

#define SEED_MAX    (1u << 20)
#define SMALL       512u /* seeds of this size are cut at every byte */
#define PATH_LENGTH 1024

/* Calls the target with memory of exactly this size. */
static void run(const uint8_t *data, size_t size)
{
        uint8_t *copy = malloc(size);

        if (size > 0 && copy)
                memcpy(copy, data, size);
        (void)LLVMFuzzerTestOneInput(copy, copy ? size : 0);
        free(copy);
}

static bool replay(const char *path)
{
        static uint8_t seed[SEED_MAX];
        FILE *file = fopen(path, "rb");
        size_t size;

        if (!file)
                return false;
        size = fread(seed, 1, sizeof(seed), file);
        (void)fclose(file);
        for (size_t cut = 0; size <= SMALL && cut < size; cut++)
                run(seed, cut);
        run(seed, size);
        return true;
}

static int is_seed(const struct dirent *entry)
{
        return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
        struct dirent **seeds;
        int count = argc == 2 ? scandir(argv[1], &seeds, is_seed, alphasort) : -1;
        int failures = 0;

        if (count <= 0) {
                (void)printf("Bail out! no seeds: %s\n",
                        argc == 2 ? argv[1] : "usage: replay DIRECTORY");
                return 1;
        }
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        (void)printf("1..%d\n", count);
        for (int i = 0; i < count; i++) {
                _cleanup_(free_pointer) struct dirent *seed = seeds[i];
                char path[PATH_LENGTH];
                bool good;

                (void)snprintf(path, sizeof(path), "%s/%s", argv[1], seed->d_name);
                (void)printf("# %s\n", path);
                good = replay(path);
                failures += !good;
                (void)printf("%s %d - %s\n", good ? "ok" : "not ok", i + 1, seed->d_name);
        }
        free(seeds);
        return failures > 0;
}
