/* SPDX-License-Identifier: BSD-2-Clause */
#include "supervisor.h"

#include "daemon/config_load.h"
#include "daemon/control_socket.h"
#include "daemon/detach.h"
#include "daemon/duration.h"
#include "daemon/generation.h"
#include "daemon/instance.h"
#include "daemon/log.h"
#include "daemon/news.h"
#include "daemon/sandbox.h"
#include "daemon/saved_config.h"
#include "proto/cleanup.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define AREA      "supervisor"
#define WISH_USEC USEC_PER_SEC /* between two reloads that fronts ask for */

/* Of generations there are at most two: the one that serves, and the one that is to relieve it, or
 * the one that it has relieved. Whoever wants a third waits for one of them to be gone. */
typedef struct Supervisor {
        const Config *options;
        char *saved_path; /* where the configuration is kept, or NULL: there is none */
        Privilege privilege;
        Instance instance;
        Listener *control;  /* where administrators ask, or NULL */
        FrontMemory memory; /* of the fronts of all generations */
        sd_event *event;
        GenerationHost host;
        News news;
        Generation *current;  /* serves; at the start, starts */
        Generation *next;     /* starts, to relieve the current one; or NULL */
        Generation *previous; /* leaves, relieved by the current one; or NULL */
        unsigned last_number; /* of a generation */
        bool ready;
        bool reload_pending; /* asked for while there were two generations */
        bool stopping;
        sd_event_source *wish; /* set while a front's wish for a reload waits */
        uint64_t granted;      /* the last such wish; microseconds, CLOCK_MONOTONIC */
        int ready_fd;
} Supervisor;

static void quit(Supervisor *supervisor, int status)
{
        (void)sd_event_exit(supervisor->event, status);
}

static void log_complaint(int priority, const char *text)
{
        log_line(priority, "configuration", "%s", text);
}

static bool serves_saved(const Supervisor *supervisor)
{
        const char *saved = supervisor->saved_path;

        return saved && strcmp(supervisor->current->config.path, saved) == 0;
}

/* Keeps what has proved good, for a start at which the file is broken. One without a rule is of no
 * use then. */
static void save_configuration(const Supervisor *supervisor)
{
        const Config *config = &supervisor->current->config;
        int r;

        if (!supervisor->saved_path || serves_saved(supervisor) || config->rule_count == 0)
                return;
        r = saved_config_write(
                config, supervisor->options->state_directory, supervisor->saved_path);
        if (r < 0)
                log_line(LOG_WARNING, AREA,
                        "cannot keep the configuration as %s: %s; a start with a broken one would "
                        "fail, or take an older one",
                        supervisor->saved_path, strerror(-r));
}

static void log_sockets(const Sockets *sockets, const Sockets *before)
{
        for (size_t i = 0; i < sockets->count; i++) {
                const Listener *listener = sockets->sockets[i].listener;

                if (before && sockets_have(before, listener))
                        continue;
                if (listener->path)
                        log_line(LOG_INFO, "listen", "listening on socket: %s", listener->path);
                else
                        log_line(
                                LOG_INFO, "listen", "listening on a socket of the service manager");
        }
}

/* Of a start or a reload; what -a means is the same at each reload, and told once. */
static void warn(const Supervisor *supervisor, const Config *config)
{
        const Mechanism *mechanism = config->drop_in;

        if (mechanism && mechanism->warning && supervisor->privilege.is_root && !supervisor->ready)
                log_line(LOG_WARNING, AREA, "-a %s: %s", mechanism->name, mechanism->warning);
        if (config->rule_count == 0)
                log_line(LOG_WARNING, AREA, "%s has no rule: everybody is refused", config->path);
        if (config_has_site_modules(config) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
                log_line(LOG_WARNING, AREA,
                        MECHANISM_SITE_MODULES
                        "=yes: PAM modules get no more rights than the "
                        "daemon was started with, without new ones (NoNewPrivileges=no in the "
                        "unit, pam-site.conf, and a restart would change that)");
}

static void become_ready(Supervisor *supervisor)
{
        supervisor->ready = true;
        save_configuration(supervisor);
        log_sockets(&supervisor->current->sockets, NULL);
        news_serve(&supervisor->news, supervisor->current->number);
        news_tell(&supervisor->news, "READY=1\n");
        if (supervisor->ready_fd >= 0)
                (void)!write(supervisor->ready_fd, "", 1);
        close_fd(&supervisor->ready_fd);
}

/* Says what has come of a reload, unless another is to follow. */
static void finish_reload(Supervisor *supervisor)
{
        if (supervisor->reload_pending || supervisor->stopping)
                return;
        news_tell(&supervisor->news, "READY=1\n");
}

static void refuse_reload(Supervisor *supervisor, const char *why)
{
        news_refuse(&supervisor->news, why);
        log_line(LOG_ERR, AREA, "not reloaded: %s; generation %u goes on unchanged", why,
                supervisor->current->number);
        finish_reload(supervisor);
}

/* Makes the next generation. Returns NULL, with *why, if that cannot be. */
static Generation *make_next(Supervisor *supervisor, const char **why)
{
        Generation *next = generation_new(&supervisor->host, supervisor->last_number + 1);
        const Config *options = supervisor->options;
        pid_t owner;

        *why = "out of memory";
        if (!next)
                return NULL;
        *why = "the configuration is broken";
        if (config_load(&next->config, options, options->path, log_complaint) < 0)
                return generation_free(next);
        *why = "what the configuration asks for cannot be had";
        if (generation_prepare(next, supervisor->current, &owner) < 0)
                return generation_free(next);
        *why = "its front cannot be started";
        if (generation_start(next) < 0)
                return generation_free(next);
        return next;
}

static void reload(Supervisor *supervisor)
{
        const char *why;

        supervisor->reload_pending = false;
        news_begin(&supervisor->news);
        supervisor->next = make_next(supervisor, &why);
        if (!supervisor->next) {
                refuse_reload(supervisor, why);
                return;
        }
        supervisor->last_number++;
        warn(supervisor, &supervisor->next->config);
}

/* Reloads, if that is wanted and there is one generation only. */
static void reload_if_possible(Supervisor *supervisor)
{
        const Generation *previous = supervisor->previous;

        news_wait(&supervisor->news, supervisor->reload_pending && previous ? previous->number : 0);
        if (supervisor->reload_pending && !supervisor->stopping && supervisor->ready &&
                !supervisor->next && !previous)
                reload(supervisor);
}

/* The next generation serves: from now on it is the current one. */
static void take_over(Supervisor *supervisor)
{
        Generation *previous = supervisor->current;

        supervisor->current = supervisor->next;
        supervisor->next = NULL;
        supervisor->previous = previous;
        log_sockets(&supervisor->current->sockets, &previous->sockets);
        sockets_set_access(&supervisor->current->sockets, &previous->sockets);
        generation_retire(previous, supervisor->current);
}

static void on_serves(Generation *generation, void *userdata)
{
        Supervisor *supervisor = userdata;

        if (generation == supervisor->next)
                take_over(supervisor);
        else if (!supervisor->ready)
                become_ready(supervisor);
        reload_if_possible(supervisor);
}

/* Whoever connects from now on is served by the current generation. */
static void on_retired(Generation *generation, void *userdata)
{
        Supervisor *supervisor = userdata;

        log_line(LOG_INFO, AREA, "reloaded: generation %u has relieved generation %u",
                supervisor->current->number, generation->number);
        save_configuration(supervisor);
        news_serve(&supervisor->news, supervisor->current->number);
        finish_reload(supervisor);
}

/* The next one came to nothing. */
static void lose_next(Supervisor *supervisor)
{
        supervisor->next = generation_free(supervisor->next);
        if (!supervisor->stopping)
                refuse_reload(supervisor, "the new generation ended before it could serve");
}

static void on_gone(Generation *generation, void *userdata)
{
        Supervisor *supervisor = userdata;

        if (generation == supervisor->next)
                lose_next(supervisor);
        else if (generation == supervisor->previous)
                supervisor->previous = generation_free(generation);
        else
                supervisor->current = generation_free(generation);
        if (!supervisor->current && !supervisor->next && !supervisor->previous)
                quit(supervisor, supervisor->stopping ? EXIT_SUCCESS : EXIT_FAILURE);
        else
                reload_if_possible(supervisor);
}

static int on_stop_signal(
        sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Supervisor *supervisor = userdata;
        Generation *const generations[] = {
                supervisor->current, supervisor->next, supervisor->previous};

        (void)source;
        (void)info;
        if (supervisor->stopping)
                return 0;
        supervisor->stopping = true;
        (void)sd_notify(0, "STOPPING=1");
        log_line(LOG_INFO, AREA, "stopping");
        if (supervisor->control)
                listener_unlink(supervisor->control);
        for (size_t i = 0; i < sizeof(generations) / sizeof(generations[0]); i++)
                if (generations[i])
                        generation_stop(generations[i]);
        return 0;
}

/* Any number of wishes while there are two generations make one. */
static void wish_reload(Supervisor *supervisor, const char *who)
{
        if (supervisor->stopping)
                return;
        log_line(LOG_INFO, AREA, "%s: reloading", who);
        news_tell_reloading();
        supervisor->reload_pending = true;
        reload_if_possible(supervisor);
}

static int on_reload_signal(
        sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        (void)source;
        (void)info;
        wish_reload(userdata, "SIGHUP");
        return 0;
}

static int on_wish(sd_event_source *source, uint64_t usec, void *userdata)
{
        Supervisor *supervisor = userdata;

        (void)source;
        (void)usec;
        (void)sd_event_now(supervisor->event, CLOCK_MONOTONIC, &supervisor->granted);
        wish_reload(supervisor, "control socket");
        return 0;
}

/* The front, which strangers talk to, must not keep the supervisor busy. */
static void on_front_wish(void *userdata)
{
        Supervisor *supervisor = userdata;

        (void)sd_event_source_set_time(supervisor->wish, supervisor->granted + WISH_USEC);
        (void)sd_event_source_set_enabled(supervisor->wish, SD_EVENT_ONESHOT);
}

static int add_wish(Supervisor *supervisor)
{
        int r = sd_event_add_time(
                supervisor->event, &supervisor->wish, CLOCK_MONOTONIC, 0, 1, on_wish, supervisor);

        return r < 0 ? r : sd_event_source_set_enabled(supervisor->wish, SD_EVENT_OFF);
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

static int init_events(Supervisor *supervisor)
{
        int r = sd_event_new(&supervisor->event);

        if (r >= 0)
                r = add_signals(supervisor);
        if (r >= 0)
                r = add_wish(supervisor);
        if (r >= 0)
                r = sd_event_set_watchdog(supervisor->event, true);
        if (r < 0)
                log_line(LOG_ERR, AREA, "cannot prepare the event loop: %s", strerror(-r));
        supervisor->host = (GenerationHost){
                .event = supervisor->event,
                .privilege = &supervisor->privilege,
                .memory = &supervisor->memory,
                .events = {on_serves, on_retired, on_gone, on_front_wish, supervisor},
        };
        return r;
}

static int init_memory(Supervisor *supervisor)
{
        int r = front_memory_init(&supervisor->memory);

        if (r < 0)
                log_line(LOG_ERR, AREA, "cannot prepare the fronts' memory: %s", strerror(-r));
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

/* Takes the place of whoever serves here, and makes the sockets; failed is what was tried before,
 * or NULL. Returns 0, or an exit status. */
static int claim(Supervisor *supervisor, const Generation *failed)
{
        Generation *first = supervisor->current;
        pid_t owner;
        int r = instance_claim(&supervisor->instance, first->config.directory, &owner);

        if (r == -EBUSY)
                return already_running(owner);
        if (r < 0) {
                log_line(LOG_ERR, AREA,
                        "cannot write %s/saslauthd.pid: %s; make sure that the directory exists "
                        "and is writable by the user this process runs as",
                        first->config.directory, strerror(-r));
                return EXIT_FAILURE;
        }
        r = generation_prepare(first, failed, &owner);
        if (r == -EBUSY)
                return already_running(owner);
        if (r < 0)
                return EXIT_FAILURE;
        if (failed)
                sockets_set_access(&first->sockets, &failed->sockets);
        return 0;
}

static Generation *load(Supervisor *supervisor, const char *path)
{
        Generation *generation = generation_new(&supervisor->host, supervisor->last_number + 1);

        if (!generation)
                log_line(LOG_ERR, AREA, "out of memory");
        else if (config_load(&generation->config, supervisor->options, path, log_complaint) < 0)
                generation = generation_free(generation);
        return generation;
}

/* One broken file must not close every console when the machine starts. */
static Generation *load_saved(Supervisor *supervisor, const char *fault)
{
        const char *saved = supervisor->saved_path;
        char reason[BULLETIN_REASON_SIZE];

        if (!saved || supervisor->options->strict_start || access(saved, F_OK) < 0)
                return NULL;
        (void)snprintf(reason, sizeof(reason), "%s %s", supervisor->options->path, fault);
        news_fall_back(&supervisor->news, saved, reason);
        log_line(LOG_ERR, AREA,
                "%s; starting with the last configuration that was good, %s, by whose lines rules "
                "are named; mend the file, then reload",
                reason, saved);
        return load(supervisor, saved);
}

/* Loads what there is to serve. Returns 0, or an exit status. */
static int load_first(Supervisor *supervisor)
{
        const Config *options = supervisor->options;

        if (options->path) {
                supervisor->saved_path = saved_config_path(options->state_directory, options->path);
                if (!supervisor->saved_path) {
                        log_line(LOG_ERR, AREA, "out of memory");
                        return EXIT_FAILURE;
                }
        }
        supervisor->current = load(supervisor, options->path);
        if (!supervisor->current)
                supervisor->current = load_saved(supervisor, "is broken");
        return supervisor->current ? 0 : EXIT_FAILURE;
}

/* What is wrong with a configuration may be seen only when it is to be served: then, too, there is
 * the one before. It takes over what the service manager hands out once. */
static int claim_saved(Supervisor *supervisor)
{
        Generation *failed = supervisor->current;
        int status = EXIT_FAILURE;

        supervisor->current = load_saved(supervisor, "cannot be served");
        if (supervisor->current) {
                instance_release(&supervisor->instance);
                status = claim(supervisor, failed);
        }
        generation_free(failed);
        return status;
}

/* Gets what there is to serve, and where. Returns 0, or an exit status. */
static int begin(Supervisor *supervisor)
{
        int status;

        news_init(&supervisor->news, &supervisor->memory, supervisor->options->path);
        news_begin(&supervisor->news);
        status = load_first(supervisor);
        if (status == 0)
                status = claim(supervisor, NULL);
        if (status == EXIT_FAILURE && supervisor->current && !serves_saved(supervisor))
                status = claim_saved(supervisor);
        if (status == 0)
                supervisor->last_number++;
        return status;
}

/* Gives up what is not needed, once for all generations. Who is not root has nothing to give up,
 * but may need helpers that are setuid, as unix_chkpwd(8). */
static int confine(const Supervisor *supervisor)
{
        bool gains = !supervisor->privilege.is_root ||
                     config_has_site_modules(&supervisor->current->config);
        int r = privilege_close_supervisor(!gains);

        sandbox_warn();
        if (r < 0 || !supervisor->privilege.is_root)
                return r;
        r = sandbox_enter_supervisor(!gains);
        return r < 0 ? r : privilege_limit_supervisor();
}

/* Returns 0, or an exit status. */
static int start(Supervisor *supervisor)
{
        int status, r;

        if (sandbox_prepare() < 0 || init_events(supervisor) < 0 || init_memory(supervisor) < 0)
                return EXIT_FAILURE;
        status = begin(supervisor);
        if (status != 0)
                return status;
        if (privilege_lookup(&supervisor->privilege) < 0)
                return EXIT_FAILURE;
        if (supervisor->ready_fd >= 0 && detach_standard_io() < 0)
                return EXIT_FAILURE;
        warn(supervisor, &supervisor->current->config);
        supervisor->control =
                control_socket_open(&supervisor->current->config, &supervisor->privilege);
        supervisor->host.control = supervisor->control ? supervisor->control->fd : -1;
        if (!supervisor->options->debug)
                log_leave_stderr();
        if (confine(supervisor) < 0)
                return EXIT_FAILURE;
        r = generation_start(supervisor->current);
        if (r < 0) {
                log_line(LOG_ERR, AREA, "cannot start the front: %s", strerror(-r));
                return EXIT_FAILURE;
        }
        return 0;
}

static void supervisor_deinit(Supervisor *supervisor)
{
        generation_free(supervisor->previous);
        generation_free(supervisor->next);
        generation_free(supervisor->current);
        sd_event_source_disable_unref(supervisor->wish);
        sd_event_unref(supervisor->event);
        news_deinit(&supervisor->news);
        front_memory_deinit(&supervisor->memory);
        listener_unref(supervisor->control);
        instance_release(&supervisor->instance);
        free(supervisor->saved_path);
        close_fd(&supervisor->ready_fd);
}

/* Returns an exit status. */
static int run(Supervisor *supervisor)
{
        int r = sd_event_loop(supervisor->event);

        if (r >= 0)
                return r;
        log_line(LOG_ERR, AREA,
                "cannot go on: %s; ending, for the service manager to start the daemon again",
                strerror(-r));
        return EXIT_FAILURE;
}

int supervisor_run(const Config *options, int ready_fd)
{
        Supervisor supervisor = {.options = options, .ready_fd = ready_fd};
        int status = start(&supervisor);

        if (status == 0)
                status = run(&supervisor);
        supervisor_deinit(&supervisor);
        return status;
}
