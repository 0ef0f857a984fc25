/* SPDX-License-Identifier: BSD-2-Clause */
#include "status.h"

#include "build-config.h"
#include "daemon/duration.h"
#include "daemon/escape.h"
#include "daemon/json_answer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAME_SIZE 1024
#define TEXT_SIZE 4096

static void add_string(struct json_object **object, const char *key, const char *value)
{
        if (value)
                json_answer_add(object, key, json_object_new_string(value));
}

static void add_number(struct json_object **object, const char *key, uint64_t value)
{
        json_answer_add(object, key, json_object_new_uint64(value));
}

/* A text that may hold any bytes. */
static struct json_object *new_text(Bytes bytes)
{
        char text[TEXT_SIZE];

        return json_object_new_string(escape_control(bytes, text, sizeof(text)));
}

/* Adds to a member for each result. */
static void add_results(struct json_object **object, const _Atomic uint64_t *results)
{
        for (Result result = 0; result < RESULTS; result++) {
                const char *key = result_to_string(result);
                struct json_object *before = NULL;

                (void)json_object_object_get_ex(*object, key, &before);
                add_number(object, key, json_object_get_uint64(before) + results[result]);
        }
}

static struct json_object *describe_results(const _Atomic uint64_t *results)
{
        struct json_object *object = json_object_new_object();

        add_results(&object, results);
        return object;
}

static struct json_object *describe_tally(const Tally *tally)
{
        struct json_object *object = json_object_new_object();
        const TallyEntry *entry;
        char text[NAME_SIZE];
        size_t index = 0;
        Bytes name;

        while ((entry = tally_next(tally, &index, &name))) {
                struct json_object *results = NULL;
                const char *key = escape(name, text, sizeof(text));

                if (json_object_object_get_ex(object, key, &results))
                        (void)json_object_get(results); /* replaces itself */
                else
                        results = json_object_new_object();
                add_results(&results, entry->results);
                json_answer_add(&object, key, results);
        }
        return object;
}

static struct json_object *describe_refusals(const Statistics *statistics)
{
        struct json_object *object = json_object_new_object();

        for (Refusal refusal = 0; refusal < REFUSALS; refusal++)
                add_number(&object, refusal_to_string(refusal), statistics->refusals[refusal]);
        return object;
}

/* How many there were in the last seconds. */
static struct json_object *describe_rates(const Statistics *statistics, uint64_t now)
{
        struct json_object *object = json_object_new_object();

        add_number(&object, "last_10_sec", rate_sum(&statistics->answered, now, 10));
        add_number(&object, "last_60_sec", rate_sum(&statistics->answered, now, 60));
        add_number(&object, "refused_last_60_sec", rate_sum(&statistics->refused, now, 60));
        return object;
}

static struct json_object *describe_latency(const Statistics *statistics)
{
        struct json_object *object = json_object_new_object();
        struct json_object *buckets = json_object_new_array();

        for (size_t i = 0; i <= LATENCY_BOUNDS; i++) {
                struct json_object *bucket = json_object_new_object();

                if (i < LATENCY_BOUNDS)
                        add_number(&bucket, "within_usec", latency_bound(i));
                add_number(&bucket, "answers", statistics->latency[i]);
                json_answer_append(&buckets, bucket);
        }
        add_number(&object, "median_usec", statistics_quantile(statistics, 500));
        add_number(&object, "p99_usec", statistics_quantile(statistics, 990));
        add_number(&object, "sum_usec", statistics->latency_sum);
        json_answer_add(&object, "buckets", buckets);
        return object;
}

static struct json_object *describe_answers(const Statistics *statistics, uint64_t now)
{
        static const char *const names[ANSWER_SOURCES] = {
                [ANSWER_BY_RULES] = "rules",
                [ANSWER_BY_BACKEND] = "backend",
                [ANSWER_FROM_FLIGHT] = "flight",
                [ANSWER_FROM_CACHE] = "cache",
                [ANSWER_BY_PENALTY] = "penalty",
        };
        struct json_object *object = json_object_new_object();
        struct json_object *sources = json_object_new_object();

        for (size_t i = 0; i < ANSWER_SOURCES; i++)
                add_number(&sources, names[i], statistics->sources[i]);
        add_number(&object, "total", statistics_total(statistics));
        json_answer_add(&object, "results", describe_results(statistics->results));
        json_answer_add(&object, "sources", sources);
        json_answer_add(&object, "refusals", describe_refusals(statistics));
        json_answer_add(&object, "rates", describe_rates(statistics, now));
        json_answer_add(&object, "latency", describe_latency(statistics));
        json_answer_add(&object, "backends", describe_tally(&statistics->backends));
        json_answer_add(&object, "services", describe_tally(&statistics->services));
        json_answer_add(&object, "vms", describe_tally(&statistics->vms));
        return object;
}

static struct json_object *describe_turned_away(const Statistics *statistics)
{
        static const char *const names[TURNED_AWAY_REASONS] = {
                [TURNED_AWAY_INCOMPLETE] = "incomplete",
                [TURNED_AWAY_CONNECTIONS] = "connections",
        };
        struct json_object *object = json_object_new_object();

        for (size_t i = 0; i < TURNED_AWAY_REASONS; i++)
                add_number(&object, names[i], statistics->turned_away[i]);
        return object;
}

static unsigned count_in_state(const Pool *pool, WorkerState state)
{
        const Worker *worker;
        unsigned count = 0;

        TAILQ_FOREACH(worker, &pool->other, link)
        count += worker->state == state;
        TAILQ_FOREACH(worker, &pool->idle, link)
        count += worker->state == state;
        return count;
}

static struct json_object *describe_pool(const Pool *pool)
{
        struct json_object *object = json_object_new_object();

        add_string(&object, "name", pool->backend->name);
        add_string(&object, "mechanism", pool->backend->mechanism->name);
        add_number(&object, "workers", pool->backend->workers);
        add_number(&object, "idle", count_in_state(pool, WORKER_IDLE));
        add_number(&object, "busy", count_in_state(pool, WORKER_BUSY));
        add_number(&object, "starting", count_in_state(pool, WORKER_STARTING) + pool->requested);
        add_number(&object, "waiting", pool->queue.waiting);
        add_number(&object, "overflows", pool->overflows);
        add_number(&object, "failed_starts", pool->failures);
        return object;
}

static struct json_object *describe_pools(const Chain *chain)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < chain->pool_count; i++)
                json_answer_append(&array, describe_pool(&chain->pools[i]));
        return array;
}

static struct json_object *describe_listens(
        const Config *config, const LastAskers *askers, uint64_t now)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < config->listen_count; i++) {
                const ListenConfig *listen = &config->listens[i];
                const LastAsker *asker = &askers->listens[i];
                struct json_object *object = json_object_new_object();
                char mode[8];

                (void)snprintf(mode, sizeof(mode), "%04o", (unsigned)listen->mode);
                add_string(&object, "path", listen->path);
                add_string(&object, "mode", mode);
                add_string(&object, "name", listen->name);
                add_string(&object, "vm", listen->vm);
                if (asker->time > 0) {
                        json_answer_add(
                                &object, "last_asker", new_text(bytes_from_string(asker->name)));
                        add_number(&object, "last_asked_sec", (now - asker->time) / USEC_PER_SEC);
                }
                json_answer_append(&array, object);
        }
        return array;
}

/* The lines of a text, each with its end. */
static struct json_object *describe_lines(const char *text)
{
        struct json_object *array = json_object_new_array();
        const char *end;

        for (; (end = strchr(text, '\n')); text = end + 1)
                json_answer_append(
                        &array, new_text((Bytes){(const uint8_t *)text, (size_t)(end - text)}));
        return array;
}

static struct json_object *describe_reload(const FrontMemory *memory)
{
        struct json_object *object = json_object_new_object();
        Bulletin bulletin;

        bulletin_board_read(memory->bulletin, &bulletin);
        add_number(&object, "begun", bulletin.begun);
        add_number(&object, "decided", bulletin.decided);
        if (bulletin.finishing > 0)
                add_number(&object, "waits_for", bulletin.finishing);
        json_answer_add(&object, "refused", json_object_new_boolean(bulletin.refused));
        json_answer_add(&object, "saved", json_object_new_boolean(bulletin.saved));
        if (!bulletin.refused && !bulletin.saved)
                return object;
        json_answer_add(&object, "reason", new_text(bytes_from_string(bulletin.reason)));
        json_answer_add(&object, "complaints", describe_lines(bulletin.complaints));
        add_number(&object, "left_out", bulletin.left_out);
        return object;
}

static struct json_object *describe_errors(const FrontMemory *memory)
{
        struct json_object *array = json_object_new_array();
        LastError errors[LAST_ERRORS_MAX];
        unsigned count = last_errors_copy(memory->errors, errors);

        for (unsigned i = 0; i < count; i++) {
                struct json_object *object = json_object_new_object();

                add_number(&object, "time_usec", errors[i].time);
                json_answer_add(&object, "text", new_text(bytes_from_string(errors[i].text)));
                json_answer_append(&array, object);
        }
        return array;
}

struct json_object *status_describe(
        const ConnectionSet *connections, const FrontMemory *memory, unsigned generation)
{
        const Dispatcher *dispatcher = connections->dispatcher;
        const Statistics *statistics = dispatcher->statistics;
        const Config *config = connections->config;
        struct json_object *status = json_object_new_object();
        uint64_t now = 0;

        (void)sd_event_now(connections->event, CLOCK_MONOTONIC, &now);
        add_string(&status, "saslward", PACKAGE_VERSION);
        add_number(&status, "pid", (uint64_t)getpid());
        add_number(&status, "uptime_sec", (now - statistics->started) / USEC_PER_SEC);
        add_number(&status, "generation", generation);
        add_number(&status, "generation_uptime_sec", (now - dispatcher->started) / USEC_PER_SEC);
        add_string(&status, "config", config->hash);
        add_number(&status, "rules", config->rule_count);
        add_number(&status, "connections", connections->count);
        add_number(&status, "cached", login_cache_count(&dispatcher->chain.flights.cache));
        add_number(&status, "penalties", penalty_table_count(memory->penalties, now));
        json_answer_add(&status, "answers", describe_answers(statistics, now));
        json_answer_add(&status, "turned_away", describe_turned_away(statistics));
        json_answer_add(&status, "backends", describe_pools(&dispatcher->chain));
        json_answer_add(
                &status, "sockets", describe_listens(config, &dispatcher->last_askers, now));
        json_answer_add(&status, "reload", describe_reload(memory));
        json_answer_add(&status, "last_errors", describe_errors(memory));
        return status;
}
