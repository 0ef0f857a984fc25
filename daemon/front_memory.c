/* SPDX-License-Identifier: BSD-2-Clause */
#include "front_memory.h"

#include <errno.h>

int front_memory_init(FrontMemory *memory)
{
        *memory = (FrontMemory){digester_new(), penalty_table_new(), history_new()};
        return memory->digester && memory->penalties && memory->history ? 0 : -ENOMEM;
}

void front_memory_deinit(FrontMemory *memory)
{
        memory->digester = digester_free(memory->digester);
        memory->penalties = penalty_table_free(memory->penalties);
        memory->history = history_free(memory->history);
}

void front_memory_lock(const FrontMemory *memory)
{
        penalty_table_lock(memory->penalties);
}
