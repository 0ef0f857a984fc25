/* SPDX-License-Identifier: BSD-2-Clause */
#include "process_table.h"

#include "daemon/log.h"
#include "daemon/spawn.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

/* A process that dies closes its socket first, which the front sees at once, and has a status a
 * moment later. Killed in between, it would seem to have died of that. */
#define DYING_USEC    (100 * USEC_PER_MSEC)
#define ACCURACY_USEC USEC_PER_MSEC

struct WorkerProcess {
        LIST_ENTRY(WorkerProcess) link;
        ProcessTable *table;
        const BackendConfig *backend;
        uint32_t number;
        pid_t pid;
        sd_event_source *source;
        sd_event_source *killing; /* when it is due, or NULL */
        bool killed;              /* by us: then SIGKILL is no news */
};

void process_table_init(ProcessTable *table, const Config *config, const Privilege *privilege,
        sd_event *event, void (*emptied)(void *userdata), void *userdata)
{
        *table = (ProcessTable){
                .config = config,
                .privilege = privilege,
                .event = event,
                .emptied = emptied,
                .userdata = userdata,
        };
        LIST_INIT(&table->list);
}

static void forget(WorkerProcess *process)
{
        LIST_REMOVE(process, link);
        process->table->count--;
        sd_event_source_disable_unref(process->source);
        sd_event_source_disable_unref(process->killing);
        free(process);
}

void process_table_deinit(ProcessTable *table)
{
        WorkerProcess *process;

        while ((process = LIST_FIRST(&table->list)))
                forget(process);
}

char *cause_of_death(const siginfo_t *info, char *out, size_t size)
{
        if (info->si_code == CLD_EXITED)
                (void)snprintf(out, size, "exited with status %d", info->si_status);
        else
                (void)snprintf(out, size, "was killed by signal %d (%s)", info->si_status,
                        strsignal(info->si_status));
        return out;
}

static bool is_expected(const WorkerProcess *process, const siginfo_t *info)
{
        if (info->si_code == CLD_EXITED)
                return info->si_status == 0;
        return process->killed && info->si_status == SIGKILL;
}

static int on_exit_of_worker(sd_event_source *source, const siginfo_t *info, void *userdata)
{
        WorkerProcess *process = userdata;
        ProcessTable *table = process->table;
        char cause[96];

        (void)source;
        (void)kill(-process->pid, SIGKILL); /* its group; its number is not free until we return */
        if (!is_expected(process, info))
                log_line(LOG_WARNING, "worker", "%s worker (pid %d) %s", process->backend->name,
                        process->pid, cause_of_death(info, cause, sizeof(cause)));
        forget(process);
        if (table->count == 0)
                table->emptied(table->userdata);
        return 0;
}

static unsigned count_of(const ProcessTable *table, const BackendConfig *backend)
{
        const WorkerProcess *process;
        unsigned count = 0;

        LIST_FOREACH(process, &table->list, link)
        count += process->backend == backend;
        return count;
}

int process_table_start(ProcessTable *table, unsigned index, uint32_t *number, int *socket)
{
        const BackendConfig *backend = &table->config->backends[index];
        WorkerProcess *process;
        int r;

        /* twice over: the old ones may be dying while the new ones start */
        if (count_of(table, backend) >= 2 * backend->workers + 8)
                return -EAGAIN;
        process = calloc(1, sizeof(*process));
        if (!process)
                return -ENOMEM;
        process->table = table;
        process->backend = backend;
        process->pid = spawn_worker(backend, table->privilege, socket);
        if (process->pid < 0) {
                r = process->pid;
                free(process);
                return r;
        }
        process->number = ++table->last_number;
        LIST_INSERT_HEAD(&table->list, process, link);
        table->count++;
        r = sd_event_add_child(
                table->event, &process->source, process->pid, WEXITED, on_exit_of_worker, process);
        if (r < 0) {
                (void)kill(process->pid, SIGKILL);
                forget(process);
                close_fd(socket);
                return r;
        }
        *number = process->number;
        return 0;
}

static bool is_dead(pid_t pid)
{
        siginfo_t info = {};

        return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid != 0;
}

/* One that has died meanwhile died of something else, which is worth a line. */
static void kill_process(WorkerProcess *process)
{
        if (is_dead(process->pid))
                return;
        process->killed = true;
        (void)kill(process->pid, SIGKILL);
}

static int on_killing(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        kill_process(userdata);
        return 0;
}

static void kill_soon(WorkerProcess *process)
{
        if (!process->killing &&
                sd_event_add_time_relative(process->table->event, &process->killing,
                        CLOCK_MONOTONIC, DYING_USEC, ACCURACY_USEC, on_killing, process) < 0)
                kill_process(process);
}

void process_table_kill(ProcessTable *table, uint32_t number)
{
        WorkerProcess *process;

        LIST_FOREACH(process, &table->list, link)
        if (process->number == number)
                kill_soon(process);
}

void process_table_kill_all(ProcessTable *table)
{
        WorkerProcess *process;

        LIST_FOREACH(process, &table->list, link)
        kill_process(process);
}
