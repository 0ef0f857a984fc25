/* SPDX-License-Identifier: BSD-2-Clause */

/* What the front keeps from being swapped out: all, or where that is not allowed, the penalties.
 * Linked with --wrap=getrlimit, since few may raise that limit, and for the name that it has where
 * files may be large. */

#include "daemon/front_memory.h"

#include "table.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define LATER_SIZE (1u << 20)
#define MUCH_SIZE  (64u << 20)
#define KIB        1024u

static rlim_t allowed; /* to be locked, in bytes */

int __real_getrlimit(__rlimit_resource_t resource, struct rlimit *limit);
int __wrap_getrlimit(__rlimit_resource_t resource, struct rlimit *limit);
int __wrap_getrlimit64(__rlimit_resource_t resource, struct rlimit *limit);

int __wrap_getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
        if (resource != RLIMIT_MEMLOCK) /* a sanitizer's own question */
                return __real_getrlimit(resource, limit);
        *limit = (struct rlimit){allowed, allowed};
        return 0;
}

int __wrap_getrlimit64(__rlimit_resource_t resource, struct rlimit *limit)
{
        return __wrap_getrlimit(resource, limit);
}

/* The value of a line of proc(5), in KiB. */
static unsigned long status(const char *field)
{
        char line[256];
        unsigned long found = 0;
        FILE *file = fopen("/proc/self/status", "re");

        assert_non_null(file);
        while (fgets(line, sizeof(line), file))
                if (strncmp(line, field, strlen(field)) == 0)
                        found = strtoul(line + strlen(field), NULL, 10);
        assert_int_equal(fclose(file), 0);
        return found;
}

/* How much more is locked when so much more is mapped. */
static unsigned long lock_later(void)
{
        unsigned long before = status("VmLck:"), after;
        void *later =
                mmap(NULL, LATER_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        assert_ptr_not_equal(later, MAP_FAILED);
        after = status("VmLck:");
        assert_int_equal(munmap(later, LATER_SIZE), 0);
        return after - before;
}

static void test_all(void **state)
{
        FrontMemory memory;

        (void)state;
        allowed = RLIM_INFINITY;
        assert_int_equal(front_memory_init(&memory), 0);
        assert_int_equal(status("VmLck:"), 0);
        front_memory_lock(&memory);
        assert_true(status("VmLck:") > status("VmSize:") / 2);
        assert_true(lock_later() >= LATER_SIZE / KIB);
        assert_int_equal(munlockall(), 0);
        front_memory_deinit(&memory);
}

static void test_penalties(void **state)
{
        FrontMemory memory;

        (void)state;
        allowed = 8192 * KIB;
        assert_int_equal(front_memory_init(&memory), 0);
        assert_int_equal(status("VmLck:"), 0);
        front_memory_lock(&memory);
        assert_true(status("VmLck:") > 0);
        assert_int_equal(lock_later(), 0);
        front_memory_deinit(&memory);
        assert_int_equal(status("VmLck:"), 0);
}

/* Neither beyond what an ordinary user may, nor under what stands in for the kernel: sanitizers,
 * valgrind. */
static bool can_lock(void)
{
        void *much =
                mmap(NULL, MUCH_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        bool can = mlockall(MCL_CURRENT | MCL_ONFAULT) == 0 && status("VmLck:") > 0 &&
                   mlock2(much, MUCH_SIZE, MLOCK_ONFAULT) == 0;

        return munlockall() == 0 && munmap(much, MUCH_SIZE) == 0 && can;
}

int main(void)
{
        Table table = {};

        if (!can_lock()) {
                (void)puts("1..0 # SKIP memory cannot be locked here");
                return 0;
        }
        table_add(&table, "all, also later", test_all, NULL);
        table_add(&table, "the penalties", test_penalties, NULL);
        return table_run(&table, "front memory");
}
