/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * ProcessTable: the supervisor's end of the worker processes: which number is which process, their
 * end and its cause in the log.
 */

#include "daemon/config.h"
#include "daemon/privilege.h"

#include <signal.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

typedef struct WorkerProcess WorkerProcess;

typedef struct ProcessTable {
        const Config *config;
        const Privilege *privilege;
        sd_event *event; /* not owned */
        LIST_HEAD(ProcessList, WorkerProcess) list;
        unsigned count;
        uint32_t last_number;
        void (*emptied)(void *userdata); /* called when the last process has ended */
        void *userdata;
} ProcessTable;

void process_table_init(ProcessTable *table, const Config *config, const Privilege *privilege,
        sd_event *event, void (*emptied)(void *userdata), void *userdata);

/* Forgets all processes; they are not ended by it. */
void process_table_deinit(ProcessTable *table);

/* Starts a worker of the backend of that index. *number is set for it, *socket is the caller's.
 * Returns 0 or a negative errno: -EAGAIN if there are so many that whoever asks has lost count. */
int process_table_start(ProcessTable *table, unsigned index, uint32_t *number, int *socket);

/* Kills the worker of that number, if it is still there; in a moment, in which it can die of what
 * it is dying of already. */
void process_table_kill(ProcessTable *table, uint32_t number);

void process_table_kill_all(ProcessTable *table);

/* What ended a process, as "exited with status 1" or "was killed by signal 9 (Killed)", in out.
 * Returns out. */
char *cause_of_death(const siginfo_t *info, char *out, size_t size);
