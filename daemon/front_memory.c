/* SPDX-License-Identifier: BSD-2-Clause */
#include "front_memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

int front_memory_init(FrontMemory *memory)
{
        *memory = (FrontMemory){
                .digester = digester_new(),
                .penalties = penalty_table_new(),
                .history = history_new(),
                .errors = last_errors_new(),
                .statistics = statistics_new(),
                .bulletin = bulletin_board_new(),
        };
        return memory->digester && memory->penalties && memory->history && memory->errors &&
                               memory->statistics && memory->bulletin
                       ? 0
                       : -ENOMEM;
}

void front_memory_deinit(FrontMemory *memory)
{
        memory->digester = digester_free(memory->digester);
        memory->penalties = penalty_table_free(memory->penalties);
        memory->history = history_free(memory->history);
        memory->errors = last_errors_free(memory->errors);
        memory->statistics = statistics_free(memory->statistics);
        memory->bulletin = bulletin_board_free(memory->bulletin);
}

void front_memory_lock(const FrontMemory *memory)
{
        struct rlimit limit = {};

        (void)getrlimit(RLIMIT_MEMLOCK, &limit);
        if (limit.rlim_cur == RLIM_INFINITY)
                (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
        else
                penalty_table_lock(memory->penalties);
}
