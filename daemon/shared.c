/* SPDX-License-Identifier: BSD-2-Clause */
#include "shared.h"

#include <stddef.h>
#include <sys/mman.h>

Shared *shared_new(void)
{
        void *page = mmap(
                NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        return page == MAP_FAILED ? NULL : page;
}

Shared *shared_free(Shared *shared)
{
        if (shared)
                (void)munmap(shared, sizeof(*shared));
        return NULL;
}

void shared_reset(Shared *shared)
{
        atomic_store(&shared->heartbeat, 0);
        atomic_store(&shared->accepted, 0);
        atomic_store(&shared->answered, 0);
        atomic_store(&shared->log_gone, false);
        atomic_store(&shared->forbidden_call, -1);
}
