/* SPDX-License-Identifier: BSD-2-Clause */
#include "supervisor.h"

#include "daemon/channel.h"
#include "daemon/control_socket.h"
#include "daemon/database_watch.h"
#include "daemon/detach.h"
#include "daemon/duration.h"
#include "daemon/front_process.h"
#include "daemon/instance.h"
#include "daemon/log.h"
#include "daemon/privilege.h"
#include "daemon/process_table.h"
#include "daemon/shared.h"
#include "daemon/sockets.h"
#include "daemon/spawn.h"
#include "proto/cleanup.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define AREA                  "supervisor"
#define FRONT_RESTART_USEC    (100 * USEC_PER_MSEC)
#define FRONT_RESTART_MAX     6u /* doublings: up to 6.4 s */
#define FRONT_YOUNG_USEC      USEC_PER_SEC
#define FRONT_CHECK_USEC      (5 * USEC_PER_SEC)
#define FRONT_HUNG_USEC       (15 * USEC_PER_SEC)
#define STOP_SLACK_USEC       (2 * USEC_PER_SEC)
#define WORKERS_PATIENCE_USEC USEC_PER_SEC

typedef struct Supervisor {
        const Config *config;
        Privilege privilege;
        Instance instance;
        Sockets sockets;
        Listener control;
        Shared *shared;
        sd_event *event;
        ProcessTable workers;
        FrontProcess front;
        unsigned front_failures;
        sd_event_source *restart;  /* of the front */
        sd_event_source *check;    /* of its heartbeat */
        sd_event_source *patience; /* while stopping */
        bool ready;
        bool stopping;
        int ready_fd;
} Supervisor;

static uint64_t now_usec(Supervisor *supervisor)
{
        uint64_t now = 0;

        (void)sd_event_now(supervisor->event, CLOCK_MONOTONIC, &now);
        return now;
}

static void set_timer(sd_event_source *timer, uint64_t usec)
{
        (void)sd_event_source_set_time_relative(timer, usec);
        (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static int on_message(sd_event_source *source, int fd, uint32_t events, void *userdata);
static int on_front_exit(sd_event_source *source, const siginfo_t *info, void *userdata);

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

static int start_front(Supervisor *supervisor)
{
        _cleanup_(close_fd) int watch = open_database_watch(supervisor->config);
        FrontListener listeners[CONFIG_LISTENS_MAX];
        const FrontInheritance inherited = {
                .config = supervisor->config,
                .privilege = &supervisor->privilege,
                .shared = supervisor->shared,
                .listeners = listeners,
                .listener_count = supervisor->sockets.count,
                .database_watch = watch,
                .control = supervisor->control.fd,
        };
        const FrontEvents events = {on_message, on_front_exit, supervisor};

        for (size_t i = 0; i < supervisor->sockets.count; i++) {
                const Socket *socket = &supervisor->sockets.sockets[i];

                listeners[i] = (FrontListener){
                        socket->listener.fd, socket->config, socket->listener.path != NULL};
        }
        return front_process_start(&supervisor->front, supervisor->event, inherited, &events);
}

static void quit(Supervisor *supervisor, int status)
{
        (void)sd_event_exit(supervisor->event, status);
}

static int on_patience(sd_event_source *source, uint64_t usec, void *userdata)
{
        Supervisor *supervisor = userdata;

        (void)source;
        (void)usec;
        if (supervisor->front.pid > 0)
                (void)kill(supervisor->front.pid, SIGKILL);
        process_table_kill_all(&supervisor->workers);
        return 0;
}

/* The workers of a front that is gone leave by themselves, unless they hang. */
static void finish_stop(Supervisor *supervisor)
{
        if (supervisor->workers.count == 0)
                quit(supervisor, EXIT_SUCCESS);
        else
                set_timer(supervisor->patience, WORKERS_PATIENCE_USEC);
}

static void on_workers_gone(void *userdata)
{
        Supervisor *supervisor = userdata;

        if (supervisor->stopping && supervisor->front.pid == 0)
                quit(supervisor, EXIT_SUCCESS);
}

static void restart_front(Supervisor *supervisor)
{
        int r = start_front(supervisor);

        if (r >= 0)
                return;
        log_line(LOG_ERR, AREA, "cannot start the front: %s", strerror(-r));
        front_process_drop(&supervisor->front);
        set_timer(supervisor->restart, FRONT_RESTART_USEC << FRONT_RESTART_MAX);
}

static int on_restart(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        restart_front(userdata);
        return 0;
}

static void report_front(Supervisor *supervisor, const siginfo_t *info)
{
        uint64_t accepted = atomic_load(&supervisor->shared->accepted);
        uint64_t answered = atomic_load(&supervisor->shared->answered);
        char cause[96];

        log_line(LOG_ERR, AREA, "the front (pid %d) %s; %" PRIu64 " requests were lost with it",
                info->si_pid, cause_of_death(info, cause, sizeof(cause)), accepted - answered);
}

/* One that dies young is started again with a growing delay; meanwhile clients wait in the backlog.
 */
static void replace_front(Supervisor *supervisor)
{
        if (now_usec(supervisor) - supervisor->front.since >= FRONT_YOUNG_USEC)
                supervisor->front_failures = 0;
        if (supervisor->front_failures == 0)
                restart_front(supervisor);
        else
                set_timer(supervisor->restart, FRONT_RESTART_USEC << supervisor->front_failures);
        if (supervisor->front_failures < FRONT_RESTART_MAX)
                supervisor->front_failures++;
}

static int on_front_exit(sd_event_source *source, const siginfo_t *info, void *userdata)
{
        Supervisor *supervisor = userdata;

        (void)source;
        front_process_drop(&supervisor->front);
        if (!supervisor->stopping || info->si_code != CLD_EXITED || info->si_status != 0)
                report_front(supervisor, info);
        if (supervisor->stopping) {
                finish_stop(supervisor);
                return 0;
        }
        if (!supervisor->ready) {
                quit(supervisor, EXIT_FAILURE);
                return 0;
        }
        process_table_kill_all(&supervisor->workers);
        replace_front(supervisor);
        return 0;
}

static void become_ready(Supervisor *supervisor)
{
        supervisor->ready = true;
        for (size_t i = 0; i < supervisor->sockets.count; i++)
                if (supervisor->sockets.sockets[i].listener.path)
                        log_line(LOG_INFO, "listen", "listening on socket: %s",
                                supervisor->sockets.sockets[i].listener.path);
                else
                        log_line(
                                LOG_INFO, "listen", "listening on a socket of the service manager");
        (void)sd_notify(0, "READY=1");
        if (supervisor->ready_fd >= 0)
                (void)!write(supervisor->ready_fd, "", 1);
        close_fd(&supervisor->ready_fd);
}

static void start_worker(Supervisor *supervisor, uint32_t backend)
{
        _cleanup_(close_fd) int socket = -1;
        ChannelMessage answer = {.verb = CHANNEL_STARTED, .backend = backend};
        int r = process_table_start(&supervisor->workers, backend, &answer.worker, &socket);

        if (r < 0) {
                log_line(LOG_ERR, "worker", "cannot start a %s worker: %s",
                        supervisor->config->backends[backend].name, strerror(-r));
                answer.verb = CHANNEL_FAILED;
        }
        if (channel_send(supervisor->front.channel, answer, socket) < 0 && r == 0)
                process_table_kill(&supervisor->workers, answer.worker);
}

static int on_message(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Supervisor *supervisor = userdata;
        ChannelMessage message;
        int unexpected;
        int r = channel_receive(fd, &message, &unexpected);

        (void)events;
        close_fd(&unexpected);
        if (r == -EAGAIN)
                return 0;
        if (r == 1 && message.verb == CHANNEL_START &&
                message.backend < supervisor->config->backend_count) {
                if (!supervisor->ready)
                        become_ready(supervisor);
                start_worker(supervisor, message.backend);
        } else if (r == 1 && message.verb == CHANNEL_END) {
                process_table_kill(&supervisor->workers, message.worker);
        } else { /* it left, or it says what it may not: its end is seen as a child's */
                (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
                if (r != 0)
                        (void)kill(supervisor->front.pid, SIGKILL);
        }
        return 0;
}

/* A front whose loop stands still answers nobody; another will. */
static int on_check(sd_event_source *source, uint64_t usec, void *userdata)
{
        Supervisor *supervisor = userdata;

        (void)usec;
        if (front_process_hangs(&supervisor->front, supervisor->shared, now_usec(supervisor),
                    FRONT_HUNG_USEC)) {
                log_line(LOG_ERR, AREA, "the front (pid %d) hangs, killing it",
                        supervisor->front.pid);
                (void)kill(supervisor->front.pid, SIGKILL);
        }
        set_timer(source, FRONT_CHECK_USEC);
        return 0;
}

static int on_stop_signal(
        sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Supervisor *supervisor = userdata;

        (void)source;
        (void)info;
        if (supervisor->stopping)
                return 0;
        supervisor->stopping = true;
        (void)sd_notify(0, "STOPPING=1");
        log_line(LOG_INFO, AREA, "stopping");
        sockets_unlink(&supervisor->sockets);
        listener_unlink(&supervisor->control);
        set_timer(supervisor->patience, config_longest_deadline(supervisor->config) +
                                                supervisor->config->read_deadline_usec +
                                                STOP_SLACK_USEC);
        if (supervisor->front.pid == 0)
                finish_stop(supervisor);
        else if (channel_send(
                         supervisor->front.channel, (ChannelMessage){.verb = CHANNEL_STOP}, -1) < 0)
                (void)kill(supervisor->front.pid, SIGKILL);
        return 0;
}

static int on_reload_signal(
        sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        (void)source;
        (void)info;
        (void)userdata;
        log_line(LOG_INFO, AREA,
                "SIGHUP: a configuration is read at the start only; restart to have it read again");
        return 0;
}

static int add_signals(Supervisor *supervisor)
{
        static const struct {
                int number;
                sd_event_signal_handler_t handler;
        } signals[] = {
                {SIGTERM, on_stop_signal},
                {SIGINT, on_stop_signal},
                {SIGHUP, on_reload_signal},
        };
        sigset_t blocked;

        (void)sigemptyset(&blocked);
        (void)sigaddset(&blocked, SIGCHLD);
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
                (void)sigaddset(&blocked, signals[i].number);
        if (sigprocmask(SIG_BLOCK, &blocked, NULL) < 0)
                return -errno;
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
                int r = sd_event_add_signal(
                        supervisor->event, NULL, signals[i].number, signals[i].handler, supervisor);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_timer(
        Supervisor *supervisor, sd_event_source **timer, sd_event_time_handler_t handler)
{
        int r = sd_event_add_time(
                supervisor->event, timer, CLOCK_MONOTONIC, UINT64_MAX, 0, handler, supervisor);

        return r < 0 ? r : sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
}

static int init_events(Supervisor *supervisor)
{
        int r = sd_event_new(&supervisor->event);

        if (r >= 0)
                r = add_signals(supervisor);
        if (r >= 0)
                r = add_timer(supervisor, &supervisor->restart, on_restart);
        if (r >= 0)
                r = add_timer(supervisor, &supervisor->check, on_check);
        if (r >= 0)
                r = add_timer(supervisor, &supervisor->patience, on_patience);
        if (r >= 0)
                r = sd_event_set_watchdog(supervisor->event, true);
        if (r < 0)
                log_line(LOG_ERR, AREA, "cannot prepare the event loop: %s", strerror(-r));
        return r;
}

static int already_running(pid_t owner)
{
        if (owner > 0)
                log_line(LOG_ERR, AREA,
                        "Another instance of saslauthd is currently running (pid %d)", owner);
        else
                log_line(LOG_ERR, AREA, "Another instance of saslauthd is currently running");
        return SUPERVISOR_ALREADY_RUNNING;
}

/* Returns 0, or an exit status. */
static int claim(Supervisor *supervisor)
{
        const char *directory = supervisor->config->directory;
        pid_t owner;
        int r = instance_claim(&supervisor->instance, directory, &owner);

        if (r == -EBUSY)
                return already_running(owner);
        if (r < 0) {
                log_line(LOG_ERR, AREA,
                        "cannot write %s/saslauthd.pid: %s; make sure that the directory exists "
                        "and is writable by the user this process runs as",
                        directory, strerror(-r));
                return EXIT_FAILURE;
        }
        r = sockets_open(&supervisor->sockets, supervisor->config, &owner);
        if (r == -EBUSY)
                return already_running(owner);
        return r < 0 ? EXIT_FAILURE : 0;
}

static void warn(const Supervisor *supervisor)
{
        const Mechanism *mechanism = supervisor->config->drop_in;

        if (mechanism && mechanism->warning && supervisor->privilege.is_root)
                log_line(LOG_WARNING, AREA, "-a %s: %s", mechanism->name, mechanism->warning);
        if (supervisor->config->rule_count == 0)
                log_line(LOG_WARNING, AREA, "%s has no rule: everybody is refused",
                        supervisor->config->path);
}

/* Returns 0, or an exit status. */
static int start(Supervisor *supervisor)
{
        int status = claim(supervisor);
        int r;

        if (status != 0)
                return status;
        if (privilege_lookup(&supervisor->privilege) < 0 || spawn_check(supervisor->config) < 0 ||
                init_events(supervisor) < 0)
                return EXIT_FAILURE;
        if (supervisor->ready_fd >= 0 && detach_standard_io() < 0)
                return EXIT_FAILURE;
        warn(supervisor);
        control_socket_open(&supervisor->control, supervisor->config, &supervisor->privilege);
        if (!supervisor->config->debug)
                log_leave_stderr();
        supervisor->shared = shared_new();
        process_table_init(&supervisor->workers, supervisor->config, &supervisor->privilege,
                supervisor->event, on_workers_gone, supervisor);
        r = supervisor->shared ? start_front(supervisor) : -ENOMEM;
        if (r < 0) {
                log_line(LOG_ERR, AREA, "cannot start the front: %s", strerror(-r));
                return EXIT_FAILURE;
        }
        set_timer(supervisor->check, FRONT_CHECK_USEC);
        return 0;
}

static void supervisor_deinit(Supervisor *supervisor)
{
        front_process_drop(&supervisor->front);
        process_table_deinit(&supervisor->workers);
        sd_event_source_disable_unref(supervisor->restart);
        sd_event_source_disable_unref(supervisor->check);
        sd_event_source_disable_unref(supervisor->patience);
        sd_event_unref(supervisor->event);
        shared_free(supervisor->shared);
        sockets_close(&supervisor->sockets);
        listener_close(&supervisor->control);
        instance_release(&supervisor->instance);
        close_fd(&supervisor->ready_fd);
}

int supervisor_run(const Config *config, int ready_fd)
{
        Supervisor supervisor = {
                .config = config,
                .ready_fd = ready_fd,
                .front.channel = -1,
                .control.fd = -1,
        };
        int status = start(&supervisor);

        if (status == 0)
                status = sd_event_loop(supervisor.event);
        supervisor_deinit(&supervisor);
        return status < 0 ? EXIT_FAILURE : status;
}
