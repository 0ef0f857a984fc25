/* SPDX-License-Identifier: BSD-2-Clause */
#include "front.h"

#include "daemon/channel.h"
#include "daemon/commands.h"
#include "daemon/connection.h"
#include "daemon/duration.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"
#include "proto/cleanup.h"

#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define ACCEPT_PAUSE_USEC  (100 * USEC_PER_MSEC)
#define HEARTBEAT_USEC     USEC_PER_SEC
#define STOP_PATIENCE_USEC (500 * USEC_PER_MSEC)

/* So many connections are accepted before something else is looked at, at the most; and so many
 * times must as many as before have been there before more are tried for. */
#define BATCH_MAX  16u
#define BATCH_FULL 4u

/* To sleep and be woken on another processor costs as much as a look-up in a sasldb (measured: 20
 * to 30 us), and an answer takes four such steps. So the front, as the workers do, stays awake for
 * a moment after each event, and leaves the processor to whoever wants it meanwhile. */
#define AWAKE_USEC 50

typedef struct Front {
        const FrontInheritance *inherited;
        sd_event *event;
        sd_event_source *channel;
        sd_event_source *heartbeat;
        sd_event_source *resume; /* accepting, after a pause */
        sd_event_source *listeners[CONFIG_LISTENS_MAX];
        Dispatcher dispatcher;
        ConnectionSet connections;
        Control control;
        Commands commands;
        size_t connections_max;
        unsigned batch;        /* connections that may be accepted one after the other */
        unsigned full_batches; /* how many of that size there have been */
        LogLimit accept_errors;
        bool serving; /* takes connections, or has */
        bool leaving; /* takes no more */
} Front;

static void set_accepting(Front *front, int enabled)
{
        for (size_t i = 0; i < front->inherited->listener_count; i++)
                (void)sd_event_source_set_enabled(front->listeners[i], enabled);
}

static int on_resume(sd_event_source *source, uint64_t usec, void *userdata)
{
        Front *front = userdata;

        (void)source;
        (void)usec;
        if (!front->leaving)
                set_accepting(front, SD_EVENT_ON);
        return 0;
}

/* Out of descriptors or memory: who waits stays in the backlog, and room is made by answering the
 * oldest silent connection. Without the pause the loop would spin on the readable listener. */
static void accept_failed(Front *front, int error)
{
        uint64_t now = 0, left_out;

        (void)sd_event_now(front->event, CLOCK_MONOTONIC, &now);
        if (log_limit(&front->accept_errors, now, &left_out))
                log_line(LOG_ERR, "accept", "%s (and %" PRIu64 " more); %zu connections are open",
                        strerror(error), left_out, front->connections.count);
        connection_make_room(&front->connections);
        set_accepting(front, SD_EVENT_OFF);
        (void)sd_event_source_set_time_relative(front->resume, ACCEPT_PAUSE_USEC);
        (void)sd_event_source_set_enabled(front->resume, SD_EVENT_ONESHOT);
}

static void keep_room(Front *front)
{
        size_t used = front->connections.count + front->dispatcher.peers.descriptors;

        front->connections.is_full = false;
        if (used >= front->connections_max)
                connection_make_room(&front->connections);
}

/* Accepts one connection. Returns false if there is none or none can be had now. */
static bool accept_one(Front *front, const FrontListener *listener)
{
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0) {
                if (errno == EAGAIN)
                        return false;
                if (errno == ECONNABORTED || errno == EINTR)
                        return true;
                accept_failed(front, errno);
                return false;
        }
        keep_room(front);
        connection_accept(&front->connections, fd,
                (unsigned)(listener - front->inherited->listeners), listener->config);
        return true;
}

static const FrontListener *find_listener(const Front *front, int fd)
{
        const FrontListener *listener = front->inherited->listeners;

        while (listener->fd != fd)
                listener++;
        return listener;
}

/* A try in vain costs more than the next event, and an event a tenth of a remembered login: the
 * backlog's length, which the kernel does not tell, is felt for. */
static void adapt_batch(Front *front, bool was_full)
{
        if (!was_full) {
                front->batch = (front->batch + 1) / 2;
                front->full_batches = 0;
        } else if (++front->full_batches == BATCH_FULL) {
                front->batch = front->batch < BATCH_MAX ? 2 * front->batch : BATCH_MAX;
                front->full_batches = 0;
        }
}

static int on_accept(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Front *front = userdata;
        const FrontListener *listener = find_listener(front, fd);
        unsigned accepted = 0;

        (void)source;
        (void)events;
        while (accepted < front->batch && accept_one(front, listener))
                accepted++;
        adapt_batch(front, accepted == front->batch);
        return 0;
}

static void close_listener(Front *front, size_t index)
{
        front->listeners[index] = sd_event_source_disable_unref(front->listeners[index]);
}

/* After the last accept nobody may be left behind: whoever has connected is served. */
static void drain(Front *front, size_t index)
{
        while (accept_one(front, &front->inherited->listeners[index]))
                ;
        close_listener(front, index);
}

static void leave(Front *front)
{
        front->leaving = true;
        control_stop(&front->control);
}

/* Another front serves: whoever is in the backlog is in its hands. */
static void retire(Front *front)
{
        leave(front);
        for (size_t i = 0; i < front->inherited->listener_count; i++)
                close_listener(front, i);
        (void)channel_send(
                front->inherited->channel, (ChannelMessage){.verb = CHANNEL_RETIRED}, -1);
}

static void stop(Front *front)
{
        for (size_t i = 0; i < front->inherited->listener_count && !front->leaving; i++)
                if (front->inherited->listeners[i].drain)
                        drain(front, i);
                else
                        close_listener(front, i);
        leave(front);
        deadline_queue_shorten(&front->connections.reading, STOP_PATIENCE_USEC);
}

static int take_message(Front *front, const ChannelMessage *message, int worker)
{
        Pool *pool = &front->dispatcher.chain.pools[message->backend];

        switch (message->verb) {
        case CHANNEL_STARTED: pool_worker_started(pool, message->worker, worker); break;
        case CHANNEL_FAILED: pool_worker_failed(pool); break;
        case CHANNEL_DROP: drain(front, message->listener); break;
        case CHANNEL_RETIRE: retire(front); break;
        case CHANNEL_STOP: stop(front); break;
        default: return -EBADMSG;
        }
        return 0;
}

static int on_channel(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Front *front = userdata;
        ChannelMessage message;
        int worker;
        int r = channel_receive(fd, &message, &worker);

        (void)events;
        if (r == -EAGAIN)
                return 0;
        if (r <= 0) { /* without a supervisor no worker can be replaced */
                (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
                stop(front);
                return 0;
        }
        if (message.backend >= front->dispatcher.chain.pool_count ||
                message.listener >= front->inherited->listener_count)
                return -EBADMSG;
        return take_message(front, &message, worker);
}

static void beat(Front *front)
{
        uint64_t now = 0;

        (void)sd_event_now(front->event, CLOCK_MONOTONIC, &now);
        atomic_store(&front->inherited->shared->heartbeat, now);
        atomic_store(&front->inherited->shared->log_gone, log_is_gone());
}

static int on_heartbeat(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)usec;
        beat(userdata);
        (void)sd_event_source_set_time_relative(source, HEARTBEAT_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* A quarter of the descriptors is kept for workers and for those who are being answered. */
static size_t raise_descriptor_limit(void)
{
        struct rlimit limit = {1024, 1024};

        if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
                limit.rlim_cur = limit.rlim_max;
                (void)setrlimit(RLIMIT_NOFILE, &limit);
                (void)getrlimit(RLIMIT_NOFILE, &limit);
        }
        return (size_t)(limit.rlim_cur / 4 * 3);
}

static int add_listeners(Front *front)
{
        for (size_t i = 0; i < front->inherited->listener_count; i++) {
                int r = sd_event_add_io(front->event, &front->listeners[i],
                        front->inherited->listeners[i].fd, EPOLLIN, on_accept, front);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_control(Front *front)
{
        const FrontInheritance *inherited = front->inherited;
        const ControlHandlers handlers = commands_handlers(&front->commands);

        front->commands = (Commands){
                &front->connections, inherited->memory, inherited->generation, inherited->channel};
        return control_init(&front->control, front->event, inherited->control,
                inherited->privilege->is_root ? 0 : geteuid(), inherited->privilege->administrators,
                &handlers);
}

static int begin_to_serve(Front *front)
{
        int r = add_listeners(front);

        if (r == 0)
                r = add_control(front);
        if (r < 0)
                return r;
        front->serving = true;
        return channel_send(front->inherited->channel, (ChannelMessage){.verb = CHANNEL_READY}, -1);
}

/* Whether each backend has a worker to give a login to, or has failed to get one. */
static bool is_staffed(const Front *front)
{
        for (size_t i = 0; i < front->dispatcher.chain.pool_count; i++) {
                const Pool *pool = &front->dispatcher.chain.pools[i];

                if (pool->backend->workers > 0 && TAILQ_EMPTY(&pool->idle) && pool->failures == 0)
                        return false;
        }
        return true;
}

static int add_timers(Front *front)
{
        int r = sd_event_add_time(
                front->event, &front->heartbeat, CLOCK_MONOTONIC, 0, 0, on_heartbeat, front);

        if (r < 0)
                return r;
        r = sd_event_add_time(
                front->event, &front->resume, CLOCK_MONOTONIC, UINT64_MAX, 0, on_resume, front);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(front->resume, SD_EVENT_OFF);
}

static const ConnectionHandlers connection_handlers = {
        connection_overdue,
        connection_closing,
        connection_lingered,
};

static int front_init(Front *front, const FrontInheritance *inherited, size_t connections_max)
{
        int r;

        *front = (Front){.inherited = inherited, .connections_max = connections_max, .batch = 1};
        r = sd_event_new(&front->event);
        if (r < 0)
                return r;
        r = sd_event_add_io(
                front->event, &front->channel, inherited->channel, EPOLLIN, on_channel, front);
        if (r < 0)
                return r;
        r = add_timers(front);
        if (r < 0)
                return r;
        /* said before workers are asked for: so many words may fill the channel */
        r = inherited->relieves ? 0 : begin_to_serve(front);
        if (r < 0)
                return r;
        r = dispatcher_init(&front->dispatcher, front->event, inherited->config, inherited->memory,
                inherited->channel, inherited->database_watch);
        if (r < 0)
                return r;
        return connection_set_init(&front->connections, front->event, inherited->config,
                &front->dispatcher, inherited->shared, &connection_handlers);
}

static void front_deinit(Front *front)
{
        control_deinit(&front->control);
        connection_set_deinit(&front->connections);
        dispatcher_deinit(&front->dispatcher);
        sd_event_source_disable_unref(front->heartbeat);
        sd_event_source_disable_unref(front->resume);
        sd_event_source_disable_unref(front->channel);
        sd_event_unref(front->event);
}

static int serve(Front *front)
{
        uint64_t awake_until = 0;

        while (!front->leaving || front->connections.count > 0 || front->control.count > 0) {
                uint64_t now = 0;
                int r = sd_event_run(front->event, awake_until > 0 ? 0 : UINT64_MAX);

                if (r >= 0 && !front->serving && !front->leaving && is_staffed(front))
                        r = begin_to_serve(front);
                if (r < 0)
                        return r;
                (void)sd_event_now(front->event, CLOCK_MONOTONIC, &now);
                if (r > 0)
                        awake_until = now + AWAKE_USEC;
                else if (now < awake_until)
                        (void)sched_yield();
                else
                        awake_until = 0;
        }
        return 0;
}

int front_run(const FrontInheritance *inherited)
{
        Front front;
        size_t connections_max;
        int r = privilege_drop_front(inherited->privilege, inherited->config->directory);

        if (r < 0)
                return EXIT_FAILURE;
        front_memory_lock(inherited->memory);
        log_leave_connecting();
        connections_max = raise_descriptor_limit();
        if (sandbox_enter_front(inherited->shared) < 0)
                return EXIT_FAILURE;
        r = front_init(&front, inherited, connections_max);
        if (r == 0)
                r = serve(&front);
        if (r < 0) {
                log_line(LOG_ERR, "front", "cannot go on: %s", strerror(-r));
                return EXIT_FAILURE;
        }
        front_deinit(&front);
        return EXIT_SUCCESS;
}
