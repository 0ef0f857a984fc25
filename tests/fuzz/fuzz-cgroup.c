/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as /proc/PID/cgroup. */

#include "backends/cgroup.h"

#include "fuzz.h"

static bool begins(Bytes text, const char *prefix)
{
        size_t size = strlen(prefix);

        return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes content = {data, size};
        Cgroup cgroup;

        if (cgroup_parse(content, &cgroup))
                return 0;
        CHECK(size > 0 && data[size - 1] == '\n');
        check_inside(cgroup.unit, content);
        check_inside(cgroup.machine, content);
        CHECK(cgroup.unit.size <= PEER_UNIT_MAX);
        CHECK(!bytes_contain(cgroup.unit, '/') && !bytes_contain(cgroup.unit, '\n'));
        CHECK(!bytes_contain(cgroup.machine, '\n'));
        CHECK(cgroup.place == PEER_PLACE_ORDINARY || cgroup.place == PEER_PLACE_MACHINE ||
                cgroup.place == PEER_PLACE_USER);
        CHECK((cgroup.place == PEER_PLACE_USER) <= begins(cgroup.unit, "user@"));
        CHECK(cgroup.machine.size == 0 || cgroup.place == PEER_PLACE_MACHINE);
        CHECK(cgroup.machine.size == 0 || begins(cgroup.machine, "/"));
        return 0;
}
