/* SPDX-License-Identifier: BSD-2-Clause */
#include "front_process.h"

#include "daemon/log.h"
#include "proto/cleanup.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* The lowest of the descriptors that is at least next, or -1. */
static int lowest_from(const int *descriptors, size_t count, int next)
{
        int lowest = -1;

        for (size_t i = 0; i < count; i++)
                if (descriptors[i] >= next && (lowest < 0 || descriptors[i] < lowest))
                        lowest = descriptors[i];
        return lowest;
}

static void close_all_but(const int *keep, size_t count)
{
        int next = STDERR_FILENO + 1;
        int lowest;

        while ((lowest = lowest_from(keep, count, next)) >= 0) {
                if (lowest > next)
                        (void)close_range((unsigned)next, (unsigned)lowest - 1, 0);
                next = lowest + 1;
        }
        (void)close_range((unsigned)next, ~0u, 0);
}

/* The front inherits memory; of descriptors it keeps only what it was given. */
static void close_others(const FrontInheritance *inherited)
{
        int keep[CONFIG_LISTENS_MAX + 4];
        size_t count = 0;

        for (size_t i = 0; i < inherited->listener_count; i++)
                keep[count++] = inherited->listeners[i].fd;
        keep[count++] = inherited->channel;
        keep[count++] = inherited->control;
        keep[count++] = inherited->database_watch;
        keep[count++] = log_descriptor();
        close_all_but(keep, count);
}

/* Service managers and terminals signal the whole group; the front leaves when we tell it to. */
static void set_signals(void)
{
        sigset_t none;

        (void)signal(SIGTERM, SIG_IGN);
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGHUP, SIG_IGN);
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int run(const FrontInheritance *inherited)
{
        (void)prctl(PR_SET_NAME, "saslward-front", 0, 0, 0);
        set_signals();
        close_others(inherited);
        return front_run(inherited);
}

static int watch(FrontProcess *front, sd_event *event, const FrontEvents *events)
{
        int r = sd_event_add_io(event, &front->messages, front->channel, EPOLLIN, events->message,
                events->userdata);

        if (r < 0)
                return r;
        return sd_event_add_child(
                event, &front->exit, front->pid, WEXITED, events->exit, events->userdata);
}

int front_process_start(
        FrontProcess *front, sd_event *event, FrontInheritance inherited, const FrontEvents *events)
{
        _cleanup_(close_fd) int theirs = -1;
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        front->channel = pair[0];
        theirs = pair[1];
        inherited.channel = theirs;
        shared_reset(inherited.shared);
        (void)sd_event_now(event, CLOCK_MONOTONIC, &front->since);
        front->pid = fork();
        if (front->pid < 0)
                return -errno;
        if (front->pid == 0)
                exit(run(&inherited));
        return watch(front, event, events);
}

void front_process_drop(FrontProcess *front)
{
        front->messages = sd_event_source_disable_unref(front->messages);
        front->exit = sd_event_source_disable_unref(front->exit);
        close_fd(&front->channel);
        front->pid = 0;
}

bool front_process_hangs(
        const FrontProcess *front, const Shared *shared, uint64_t now, uint64_t patience)
{
        uint64_t beat = atomic_load(&shared->heartbeat);

        if (beat < front->since)
                beat = front->since; /* it has not come to its first one */
        return front->pid > 0 && now > beat && now - beat > patience;
}
