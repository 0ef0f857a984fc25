/* SPDX-License-Identifier: BSD-2-Clause */
#include "generation.h"

#include "daemon/channel.h"
#include "daemon/database_watch.h"
#include "daemon/duration.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"
#include "daemon/spawn.h"
#include "proto/cleanup.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define AREA                  "supervisor"
#define FRONT_RESTART_USEC    (100 * USEC_PER_MSEC)
#define FRONT_RESTART_MAX     6u /* doublings: up to 6.4 s */
#define FRONT_YOUNG_USEC      USEC_PER_SEC
#define FRONT_CHECK_USEC      USEC_PER_SEC
#define FRONT_HUNG_USEC       (15 * USEC_PER_SEC)
#define LEAVE_SLACK_USEC      (2 * USEC_PER_SEC)
#define WORKERS_PATIENCE_USEC USEC_PER_SEC

static int on_message(sd_event_source *source, int fd, uint32_t events, void *userdata);
static int on_front_exit(sd_event_source *source, const siginfo_t *info, void *userdata);

static uint64_t now_usec(const Generation *generation)
{
        uint64_t now = 0;

        (void)sd_event_now(generation->host->event, CLOCK_MONOTONIC, &now);
        return now;
}

static void set_timer(sd_event_source *timer, uint64_t usec)
{
        (void)sd_event_source_set_time_relative(timer, usec);
        (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* A front that is told nothing of changes must not remember what a sasldb said. */
static int open_database_watch(const Config *config)
{
        int fd = database_watch_open(config);

        if (fd < 0 && fd != -ENOENT)
                log_line(LOG_WARNING, AREA,
                        "cannot watch the sasldb's directory: %s; its answers are not cached",
                        strerror(-fd));
        return fd < 0 ? -1 : fd;
}

static int start_front(Generation *generation)
{
        _cleanup_(close_fd) int watch = open_database_watch(&generation->config);
        FrontListener listeners[CONFIG_LISTENS_MAX];
        const FrontInheritance inherited = {
                .config = &generation->config,
                .generation = generation->number,
                .privilege = generation->host->privilege,
                .shared = generation->shared,
                .memory = generation->host->memory,
                .listeners = listeners,
                .listener_count = generation->sockets.count,
                .relieves = generation->relieves && generation->state == GENERATION_STARTING,
                .database_watch = watch,
                .control = generation->host->control,
        };
        const FrontEvents events = {on_message, on_front_exit, generation};

        for (size_t i = 0; i < generation->sockets.count; i++) {
                const Socket *socket = &generation->sockets.sockets[i];

                listeners[i] = (FrontListener){
                        socket->listener->fd, socket->config, socket->listener->path != NULL};
        }
        return front_process_start(&generation->front, generation->host->event, inherited, &events);
}

/* Says so if the last process of a generation that is to end has ended; it is freed then. */
static void tell_if_gone(Generation *generation)
{
        const GenerationEvents *events = &generation->host->events;

        if (generation->state == GENERATION_LEAVING && generation->front.pid == 0 &&
                generation->workers.count == 0)
                events->gone(generation, events->userdata);
}

static void on_workers_gone(void *userdata)
{
        tell_if_gone(userdata);
}

static int on_patience(sd_event_source *source, uint64_t usec, void *userdata)
{
        Generation *generation = userdata;

        (void)source;
        (void)usec;
        if (generation->front.pid > 0)
                (void)kill(generation->front.pid, SIGKILL);
        process_table_kill_all(&generation->workers);
        return 0;
}

/* What was accepted can take so long. */
static void begin_to_leave(Generation *generation)
{
        generation->state = GENERATION_LEAVING;
        (void)sd_event_source_set_enabled(generation->restart, SD_EVENT_OFF);
        set_timer(generation->patience, config_longest_deadline(&generation->config) +
                                                generation->config.read_deadline_usec +
                                                LEAVE_SLACK_USEC);
}

/* The heir has what it needs of the sockets. */
static void take_retired(Generation *generation)
{
        const GenerationEvents *events = &generation->host->events;

        if (generation->state != GENERATION_RETIRING)
                return;
        begin_to_leave(generation);
        sockets_close(&generation->sockets);
        events->retired(generation, events->userdata);
}

/* Longer each time. */
static void delay_restart(Generation *generation)
{
        set_timer(generation->restart, FRONT_RESTART_USEC << generation->front_failures);
        if (generation->front_failures < FRONT_RESTART_MAX)
                generation->front_failures++;
}

static void restart_front(Generation *generation)
{
        int r = start_front(generation);

        if (r >= 0)
                return;
        log_line(LOG_ERR, AREA, "cannot start the front: %s", strerror(-r));
        front_process_drop(&generation->front);
        delay_restart(generation);
}

static int on_restart(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        restart_front(userdata);
        return 0;
}

/* Nothing of ours asks for such a call: it may be a library's new way of doing something, or
 * somebody in the front who does not belong there. */
static void report_forbidden_call(const Generation *generation, pid_t pid)
{
        int number = atomic_load(&generation->shared->forbidden_call);
        _cleanup_(free_pointer) char *name = number < 0 ? NULL : sandbox_call_name(number);

        if (number >= 0)
                log_line(LOG_ERR, "sandbox",
                        "the front (pid %d) was ended since it asked for the system call %s (%d), "
                        "which it may not; if that comes again, somebody may be attacking it",
                        pid, name ? name : "of that number", number);
}

static void report_front(const Generation *generation, const siginfo_t *info)
{
        uint64_t accepted = atomic_load(&generation->shared->accepted);
        uint64_t answered = atomic_load(&generation->shared->answered);
        char cause[96];

        log_line(LOG_ERR, AREA, "the front (pid %d) %s; %" PRIu64 " requests were lost with it",
                info->si_pid, cause_of_death(info, cause, sizeof(cause)), accepted - answered);
        report_forbidden_call(generation, info->si_pid);
}

/* One that dies young is started again with a growing delay; meanwhile clients wait in the backlog.
 */
static void replace_front(Generation *generation)
{
        process_table_kill_all(&generation->workers);
        if (now_usec(generation) - generation->front.since >= FRONT_YOUNG_USEC)
                generation->front_failures = 0;
        if (generation->front_failures > 0) {
                delay_restart(generation);
                return;
        }
        generation->front_failures++;
        restart_front(generation);
}

static bool is_expected(const Generation *generation, const siginfo_t *info)
{
        return generation->state >= GENERATION_RETIRING && info->si_code == CLD_EXITED &&
               info->si_status == 0;
}

/* The workers of a front that has left leave by themselves, unless they hang; those of one that
 * died may be in the middle of something. */
static int on_front_exit(sd_event_source *source, const siginfo_t *info, void *userdata)
{
        Generation *generation = userdata;
        bool expected = is_expected(generation, info);

        (void)source;
        front_process_drop(&generation->front);
        if (!expected)
                report_front(generation, info);
        if (generation->state == GENERATION_SERVING) {
                replace_front(generation);
                return 0;
        }
        if (generation->state == GENERATION_STARTING)
                begin_to_leave(generation);
        take_retired(generation);
        if (expected)
                set_timer(generation->patience, WORKERS_PATIENCE_USEC);
        else
                process_table_kill_all(&generation->workers);
        tell_if_gone(generation);
        return 0;
}

/* A front that cannot be told would be out of step from then on. */
static void tell(Generation *generation, ChannelMessage message)
{
        if (channel_send(generation->front.channel, message, -1) < 0)
                (void)kill(generation->front.pid, SIGKILL);
}

/* Every START is answered: the front waits for it, and asks for no other worker meanwhile. */
static void start_worker(Generation *generation, uint32_t backend)
{
        _cleanup_(close_fd) int socket = -1;
        ChannelMessage answer = {.verb = CHANNEL_STARTED, .backend = backend};
        int r = process_table_start(&generation->workers, backend, &answer.worker, &socket);

        if (r < 0) {
                log_line(LOG_ERR, "worker", "cannot start a %s worker: %s",
                        generation->config.backends[backend].name, strerror(-r));
                answer.verb = CHANNEL_FAILED;
        }
        if (channel_send(generation->front.channel, answer, socket) == 0)
                return;
        if (r == 0)
                process_table_kill(&generation->workers, answer.worker);
        tell(generation, (ChannelMessage){.verb = CHANNEL_FAILED, .backend = backend});
}

static void take_ready(Generation *generation)
{
        const GenerationEvents *events = &generation->host->events;

        if (generation->state == GENERATION_STARTING)
                generation->state = GENERATION_SERVING;
        if (generation->state == GENERATION_SERVING)
                events->serves(generation, events->userdata);
}

/* Returns false if the front says what it may not. */
static bool take_message(Generation *generation, const ChannelMessage *message)
{
        switch (message->verb) {
        case CHANNEL_START:
                if (message->backend >= generation->config.backend_count)
                        return false;
                start_worker(generation, message->backend);
                return true;
        case CHANNEL_END: process_table_kill(&generation->workers, message->worker); return true;
        case CHANNEL_READY: take_ready(generation); return true;
        case CHANNEL_RETIRED: take_retired(generation); return true;
        case CHANNEL_RELOAD:
                generation->host->events.reload(generation->host->events.userdata);
                return true;
        default: return false;
        }
}

/* The end of a front is seen as a child's. */
static int on_message(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Generation *generation = userdata;
        ChannelMessage message;
        int unexpected;
        int r = channel_receive(fd, &message, &unexpected);

        (void)events;
        close_fd(&unexpected);
        if (r == -EAGAIN || (r == 1 && take_message(generation, &message)))
                return 0;
        (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        if (r != 0)
                (void)kill(generation->front.pid, SIGKILL);
        return 0;
}

/* A front whose loop stands still answers nobody; another will. One that cannot log cannot find the
 * log, either. */
static int on_check(sd_event_source *source, uint64_t usec, void *userdata)
{
        Generation *generation = userdata;

        (void)usec;
        if (front_process_hangs(&generation->front, generation->shared, now_usec(generation),
                    FRONT_HUNG_USEC)) {
                log_line(LOG_ERR, AREA, "the front (pid %d) hangs, killing it",
                        generation->front.pid);
                (void)kill(generation->front.pid, SIGKILL);
        }
        if (atomic_load(&generation->shared->log_gone))
                (void)log_reconnect();
        set_timer(source, FRONT_CHECK_USEC);
        return 0;
}

static int add_timer(
        Generation *generation, sd_event_source **timer, sd_event_time_handler_t handler)
{
        int r = sd_event_add_time(generation->host->event, timer, CLOCK_MONOTONIC, UINT64_MAX, 0,
                handler, generation);

        return r < 0 ? r : sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
}

static int add_timers(Generation *generation)
{
        int r = add_timer(generation, &generation->restart, on_restart);

        if (r >= 0)
                r = add_timer(generation, &generation->check, on_check);
        if (r >= 0)
                r = add_timer(generation, &generation->patience, on_patience);
        return r;
}

Generation *generation_new(const GenerationHost *host, unsigned number)
{
        Generation *generation = calloc(1, sizeof(*generation));

        if (!generation)
                return NULL;
        generation->host = host;
        generation->number = number;
        generation->front.channel = -1;
        config_init(&generation->config);
        process_table_init(&generation->workers, &generation->config, host->privilege, host->event,
                on_workers_gone, generation);
        generation->shared = shared_new();
        if (!generation->shared || add_timers(generation) < 0)
                return generation_free(generation);
        return generation;
}

Generation *generation_free(Generation *generation)
{
        if (!generation)
                return NULL;
        front_process_drop(&generation->front);
        process_table_deinit(&generation->workers);
        sd_event_source_disable_unref(generation->restart);
        sd_event_source_disable_unref(generation->check);
        sd_event_source_disable_unref(generation->patience);
        sockets_close(&generation->sockets);
        shared_free(generation->shared);
        config_deinit(&generation->config);
        free(generation);
        return NULL;
}

int generation_prepare(Generation *generation, const Generation *before, pid_t *owner)
{
        const Sockets *sockets = before ? &before->sockets : NULL;
        int r = sockets_adopt(&generation->sockets, &generation->config, sockets);

        generation->relieves = before && before->state >= GENERATION_SERVING;
        if (r == 0)
                r = spawn_check(&generation->config);
        return r < 0 ? r : sockets_open(&generation->sockets, &generation->config, sockets, owner);
}

int generation_start(Generation *generation)
{
        int r = start_front(generation);

        if (r < 0)
                front_process_drop(&generation->front);
        else
                set_timer(generation->check, FRONT_CHECK_USEC);
        return r;
}

void generation_retire(Generation *generation, const Generation *heir)
{
        generation->state = GENERATION_RETIRING;
        set_timer(generation->patience, FRONT_HUNG_USEC);
        for (size_t i = 0; i < generation->sockets.count; i++) {
                Listener *listener = generation->sockets.sockets[i].listener;

                if (sockets_have(&heir->sockets, listener))
                        continue;
                log_line(LOG_INFO, "listen", "no longer listening on socket: %s", listener->path);
                listener_unlink(listener);
                if (generation->front.pid > 0)
                        tell(generation,
                                (ChannelMessage){.verb = CHANNEL_DROP, .listener = (uint32_t)i});
        }
        if (generation->front.pid > 0) {
                tell(generation, (ChannelMessage){.verb = CHANNEL_RETIRE});
                return;
        }
        take_retired(generation);
        tell_if_gone(generation);
}

void generation_stop(Generation *generation)
{
        begin_to_leave(generation);
        sockets_unlink(&generation->sockets);
        if (generation->front.pid > 0) {
                tell(generation, (ChannelMessage){.verb = CHANNEL_STOP});
                return;
        }
        set_timer(generation->patience, WORKERS_PATIENCE_USEC);
        tell_if_gone(generation);
}
