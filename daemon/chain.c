/* SPDX-License-Identifier: BSD-2-Clause */
#include "chain.h"

#include "daemon/duration.h"
#include "daemon/penalties.h"
#include "proto/cleanup.h"
#include "proto/job.h"
#include "proto/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* What a "check" frame has besides its fields: headers, verb, two numbers of at most 20 digits. */
#define JOB_OVERHEAD 96u

static Login *from_task(Task *task)
{
        return (Login *)((char *)task - offsetof(Login, task));
}

static uint64_t now_usec(const Login *login)
{
        uint64_t now = 0;

        (void)sd_event_now(login->chain->event, CLOCK_MONOTONIC, &now);
        return now;
}

/* When the last backend has to have answered: by the rule's deadline, else as if the one with the
 * longest were the only one, so that backends which hang one after the other do not add up. */
static uint64_t latest(const Login *login)
{
        uint64_t latest = login->expires;

        for (size_t i = 0; login->rule->deadline_usec == 0 && i < login->rule->backend_count; i++) {
                const BackendConfig *backend = &login->config->backends[login->rule->backends[i]];

                if (login->received + backend->deadline_usec > latest)
                        latest = login->received + backend->deadline_usec;
        }
        return latest;
}

/* A backend's own deadline stands in for the default, not for the rule's. */
static uint64_t expiry_at(const Login *login, const BackendConfig *backend, uint64_t now)
{
        uint64_t expires = now + backend->deadline_usec, bound = latest(login);

        if (backend->deadline_usec == 0)
                return login->expires;
        return bound < expires ? bound : expires;
}

static bool has_time(const Login *login, size_t step)
{
        const BackendConfig *backend = &login->config->backends[login->rule->backends[step]];
        uint64_t now = now_usec(login);

        return expiry_at(login, backend, now) > now;
}

bool chain_has_time(const Login *login)
{
        return has_time(login, 0);
}

static Secret *encode(const Task *task, uint64_t id)
{
        const Login *login = from_task((Task *)task);
        const VmFact *vm = &login->identity.vm;
        const Job job = {
                .id = id,
                .login = login_name(login),
                .password = login->request.password,
                .service = login->request.service,
                .realm = login_realm(login),
                .client = login->request.client,
                .vm_name = bytes_from_string(vm->name),
                .vm_uuid = bytes_from_string(vm->uuid),
                .time_msec = task_milliseconds_left(task, now_usec(login)),
        };
        Secret *frame =
                secret_new(JOB_OVERHEAD + job.login.size + job.password.size + job.service.size +
                           job.realm.size + job.client.size + job.vm_name.size + job.vm_uuid.size);
        size_t space;
        uint8_t *buffer;

        if (!frame)
                return NULL;
        buffer = secret_space(frame, &space);
        secret_commit(frame, job_encode(&job, buffer, space));
        return frame;
}

/* Whether the chain goes on behind this answer. */
static bool goes_on(const Login *login, Result result)
{
        if (login->step + 1 >= login->rule->backend_count || !has_time(login, login->step + 1))
                return false;
        return result == RESULT_MISMATCH || result == RESULT_UNKNOWN ||
               (result == RESULT_UNAVAILABLE && login->rule->next_if_unavailable);
}

static void ask_backend(Login *login);

/* "db: MISMATCH (wrong password), 0.152 ms; corp: …", for whoever wants to know what took so long.
 */
static void note_step(Login *login, const CacheOutcome *outcome)
{
        const char *before = login->steps ? login->steps : "";
        const bool has_reason = outcome->reason.size > 0;
        const uint64_t usec = now_usec(login) - login->asked, msec = usec / USEC_PER_MSEC;
        char *steps;

        if (asprintf(&steps, "%s%s%s: %s%s%.*s%s, %" PRIu64 ".%03u ms", before,
                    before[0] ? "; " : "", login->backend->name, result_to_string(outcome->result),
                    has_reason ? " (" : "", (int)outcome->reason.size,
                    has_reason ? (const char *)outcome->reason.data : "", has_reason ? ")" : "",
                    msec, (unsigned)(usec % USEC_PER_MSEC)) < 0)
                return;
        free(login->steps);
        login->steps = steps;
}

static void take_result(Login *login, CacheOutcome *outcome)
{
        CacheOutcome told;

        note_step(login, outcome);
        login->is_missed |= outcome->result == RESULT_MISMATCH;
        if (goes_on(login, outcome->result)) {
                if (outcome->result != RESULT_UNAVAILABLE)
                        flights_decline(login);
                login->step++;
                ask_backend(login);
                return;
        }
        penalties_settle(login->chain->memory, login, outcome->result);
        login->number = login->promised > 0 ? login->promised
                                            : history_number(login->chain->memory->history);
        outcome->number = login->number;
        outcome->is_missed = login->is_missed;
        told = flights_land(&login->chain->flights, login, outcome);
        login->checked(login, &told);
}

static bool answered(Task *task, uint64_t id, Bytes body, Bytes *notice)
{
        Verdict verdict;

        if (!verdict_decode(body, &verdict) || verdict.id != id)
                return false;
        if (verdict.reason.size > VERDICT_REASON_MAX)
                verdict.reason.size = VERDICT_REASON_MAX;
        *notice = verdict.notice;
        take_result(
                from_task(task), &(CacheOutcome){verdict.result, verdict.account, verdict.reason});
        return true;
}

static void failed(Task *task, const char *reason)
{
        take_result(from_task(task),
                &(CacheOutcome){.result = RESULT_UNAVAILABLE, .reason = bytes_from_string(reason)});
}

static const TaskKind kind = {encode, answered, failed};

static void ask_backend(Login *login)
{
        unsigned index = login->rule->backends[login->step];
        const BackendConfig *backend = &login->config->backends[index];

        login->backend = backend;
        login->source = ANSWER_BY_BACKEND;
        login->asked = now_usec(login);
        login->task = (Task){
                .kind = &kind,
                .expires = expiry_at(login, backend, now_usec(login)),
                .fd = -1,
                .asker = login->charge.asker,
        };
        pool_submit(&login->chain->pools[index], &login->task);
}

/* Only who causes work is counted: not the channels of a login that has been checked, or is being.
 */
static void lead(Login *login)
{
        char reason[PENALTY_REASON_SIZE];

        if (penalties_admit(login->chain->memory, login, now_usec(login))) {
                ask_backend(login);
                return;
        }
        login->source = ANSWER_BY_PENALTY;
        penalty_tell(login->limits, reason);
        flights_abandon(&login->chain->flights, login);
        login->checked(login,
                &(CacheOutcome){.result = RESULT_DENIED, .reason = bytes_from_string(reason)});
}

/* The answer is another's. */
static void take_shared(Login *login, const CacheOutcome *outcome)
{
        login->number = outcome->number;
        login->shared = outcome->result;
        login->checked(login, outcome);
}

static void take_landing(CacheJoiner *joiner, const CacheOutcome *outcome)
{
        take_shared((Login *)((char *)joiner - offsetof(Login, joiner)), outcome);
}

bool chain_remembers(const Login *login)
{
        return flights_remember(&login->chain->flights, login);
}

void chain_start(Login *login)
{
        CacheOutcome known;

        login->backend = &login->config->backends[login->rule->backends[0]];
        login->task.expires = expiry_at(login, login->backend, now_usec(login));
        switch (flights_enter(
                &login->chain->flights, login, login->task.expires, take_landing, &known)) {
        case CACHE_KNOWS:
                login->source = ANSWER_FROM_CACHE;
                take_shared(login, &known);
                break;
        case CACHE_JOINS: login->source = ANSWER_FROM_FLIGHT; break;
        case CACHE_LEADS:
        case CACHE_FAILS: lead(login); break;
        }
}

static int init_pools(Chain *chain, int channel)
{
        const Config *config = chain->config;

        chain->pools = calloc(config->backend_count, sizeof(Pool));
        if (!chain->pools)
                return -ENOMEM;
        while (chain->pool_count < config->backend_count) {
                unsigned index = (unsigned)chain->pool_count++;
                int r = pool_init(&chain->pools[index], chain->event, config, index, channel);

                if (r < 0)
                        return r;
        }
        return 0;
}

int chain_init(Chain *chain, sd_event *event, const Config *config, const FrontMemory *memory,
        int channel, int database_watch)
{
        int r;

        *chain = (Chain){.config = config, .event = event, .memory = memory};
        r = flights_init(&chain->flights, event, memory->digester, database_watch);
        return r < 0 ? r : init_pools(chain, channel);
}

void chain_stop(Chain *chain)
{
        for (size_t i = 0; i < chain->pool_count; i++)
                pool_deinit(&chain->pools[i]);
}

void chain_deinit(Chain *chain)
{
        flights_deinit(&chain->flights);
        free(chain->pools);
}
