/* SPDX-License-Identifier: BSD-2-Clause */
#include "process_evidence.h"

#include "daemon/cli/output.h"
#include "daemon/cli/worker_client.h"
#include "proto/cleanup.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool read_pid(const char *text, pid_t *pid)
{
        char *end;
        long number = strtol(text, &end, 10);

        *pid = (pid_t)number;
        return end > text && !*end && number > 0 && number <= INT_MAX;
}

/* "Uid:", the real and the effective one, and others (proc(5)). */
static bool parse_uid(const char *line, uid_t *uid)
{
        char *end;

        if (strncmp(line, "Uid:", 4) != 0)
                return false;
        (void)strtoul(line + 4, &end, 10);
        *uid = (uid_t)strtoul(end, NULL, 10);
        return true;
}

/* The kernel gives the daemon the user of whoever connects (SO_PEERCRED): the effective one. */
static bool read_uid(pid_t pid, uid_t *uid)
{
        _cleanup_(free_pointer) char *path = output_format("/proc/%d/status", pid);
        FILE *file = fopen(path, "re");
        bool found = false;
        char line[256];

        while (file && !found && fgets(line, sizeof(line), file))
                found = parse_uid(line, uid);
        if (file)
                (void)fclose(file);
        return found;
}

static bool ask(WorkerClient *worker, const PeerQuestion *question, int pidfd, Evidence *evidence)
{
        size_t size = peer_question_encode(question, worker->buffer, sizeof(worker->buffer));
        PeerReport report;
        Bytes body;

        if (!worker_client_ask(worker, size, pidfd, &body) || !peer_report_decode(body, &report))
                return false;
        if (evidence_take(evidence, &report) < 0)
                output_no_memory();
        evidence->exists = evidence->certain = true;
        return true;
}

bool process_evidence(
        const Config *config, const char *text, Evidence *evidence, uid_t *uid, char **wrong)
{
        _cleanup_(close_fd) int pidfd = -1;
        WorkerClient worker;
        pid_t pid;
        bool seen;

        if (read_pid(text, &pid))
                pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0 || !read_uid(pid, uid)) {
                *wrong = output_format("--pid %s: there is no such process", text);
                return false;
        }
        seen = worker_client_start(&worker, &config->backends[config->identity_backend]) &&
               ask(&worker, &(PeerQuestion){.id = 1, .pid = (uint32_t)pid, .uid = *uid}, pidfd,
                       evidence);
        worker_client_stop(&worker);
        if (!seen)
                *wrong = output_format("--pid %s: the worker that looks at processes does not "
                                       "answer",
                        text);
        return seen;
}
