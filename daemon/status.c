/* SPDX-License-Identifier: BSD-2-Clause */
#include "status.h"

#include "build-config.h"
#include "daemon/duration.h"
#include "daemon/escape.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAME_SIZE 1024

static void add(struct json_object *object, const char *key, struct json_object *value)
{
        (void)json_object_object_add(object, key, value);
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
        if (value)
                add(object, key, json_object_new_string(value));
}

static void add_number(struct json_object *object, const char *key, uint64_t value)
{
        add(object, key, json_object_new_uint64(value));
}

/* A member for each result. */
static struct json_object *describe_results(const uint64_t *results)
{
        struct json_object *object = json_object_new_object();

        for (Result result = 0; result < RESULTS; result++)
                add_number(object, result_to_string(result), results[result]);
        return object;
}

static struct json_object *describe_tally(const Tally *tally)
{
        struct json_object *object = json_object_new_object();
        TallyEntry *entry, *next;
        char text[NAME_SIZE];

        HASH_ITER(hh, tally->by_name, entry, next)
        {
                const Bytes name = {(const uint8_t *)entry->name, entry->name_size};

                add(object, escape(name, text, sizeof(text)), describe_results(entry->results));
        }
        return object;
}

static struct json_object *describe_latency(const Statistics *statistics)
{
        struct json_object *object = json_object_new_object();
        struct json_object *buckets = json_object_new_array();

        for (size_t i = 0; i <= LATENCY_BOUNDS; i++) {
                struct json_object *bucket = json_object_new_object();

                if (i < LATENCY_BOUNDS)
                        add_number(bucket, "within_usec", latency_bound(i));
                add_number(bucket, "answers", statistics->latency[i]);
                (void)json_object_array_add(buckets, bucket);
        }
        add_number(object, "median_usec", statistics_quantile(statistics, 500));
        add_number(object, "p99_usec", statistics_quantile(statistics, 990));
        add_number(object, "sum_usec", statistics->latency_sum);
        add(object, "buckets", buckets);
        return object;
}

static struct json_object *describe_answers(const Statistics *statistics)
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
                add_number(sources, names[i], statistics->sources[i]);
        add_number(object, "total", statistics_total(statistics));
        add(object, "results", describe_results(statistics->results));
        add(object, "sources", sources);
        add(object, "latency", describe_latency(statistics));
        add(object, "backends", describe_tally(&statistics->backends));
        add(object, "services", describe_tally(&statistics->services));
        add(object, "vms", describe_tally(&statistics->vms));
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
                add_number(object, names[i], statistics->turned_away[i]);
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

        add_string(object, "name", pool->backend->name);
        add_string(object, "mechanism", pool->backend->mechanism->name);
        add_number(object, "workers", pool->backend->workers);
        add_number(object, "idle", count_in_state(pool, WORKER_IDLE));
        add_number(object, "busy", count_in_state(pool, WORKER_BUSY));
        add_number(object, "starting", count_in_state(pool, WORKER_STARTING) + pool->requested);
        add_number(object, "waiting", pool->queue.waiting);
        add_number(object, "overflows", pool->overflows);
        add_number(object, "failed_starts", pool->failures);
        return object;
}

static struct json_object *describe_pools(const Chain *chain)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < chain->pool_count; i++)
                (void)json_object_array_add(array, describe_pool(&chain->pools[i]));
        return array;
}

static struct json_object *describe_listens(const Config *config)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < config->listen_count; i++) {
                const ListenConfig *listen = &config->listens[i];
                struct json_object *object = json_object_new_object();
                char mode[8];

                (void)snprintf(mode, sizeof(mode), "%04o", (unsigned)listen->mode);
                add_string(object, "path", listen->path);
                add_string(object, "mode", mode);
                add_string(object, "name", listen->name);
                add_string(object, "vm", listen->vm);
                (void)json_object_array_add(array, object);
        }
        return array;
}

static uint64_t seconds_since(const ConnectionSet *connections, uint64_t then)
{
        uint64_t now = then;

        (void)sd_event_now(connections->event, CLOCK_MONOTONIC, &now);
        return (now - then) / USEC_PER_SEC;
}

struct json_object *status_describe(const ConnectionSet *connections, unsigned generation)
{
        const Dispatcher *dispatcher = connections->dispatcher;
        const Statistics *statistics = &dispatcher->statistics;
        struct json_object *status = json_object_new_object();

        add_string(status, "saslward", PACKAGE_VERSION);
        add_number(status, "pid", (uint64_t)getpid());
        add_number(status, "generation", generation);
        add_number(status, "uptime_sec", seconds_since(connections, statistics->started));
        add_string(status, "config", connections->config->hash);
        add_number(status, "rules", connections->config->rule_count);
        add_number(status, "connections", connections->count);
        add_number(status, "cached", login_cache_count(&dispatcher->chain.flights.cache));
        add(status, "answers", describe_answers(statistics));
        add(status, "turned_away", describe_turned_away(statistics));
        add(status, "backends", describe_pools(&dispatcher->chain));
        add(status, "sockets", describe_listens(connections->config));
        return status;
}
