/* SPDX-License-Identifier: BSD-2-Clause */
#include "dispatcher.h"

#include "daemon/template.h"
#include "proto/cleanup.h"
#include "proto/job.h"
#include "proto/verdict.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAME_SIZE   (2 * MUX_NAME_MAX + 2)
#define REASON_SIZE 512

/* What a "check" frame has besides its fields: headers, verb, two numbers of at most 20 digits. */
#define JOB_OVERHEAD 96u

static void decide(Login *login);
static void decide_again(Login *login);
static void ask_backend(Login *login);
static void accept_account(Login *login, Bytes account);
static void take_outcome(Login *login, const CacheOutcome *outcome);

static Login *from_task(Task *task)
{
        return (Login *)((char *)task - offsetof(Login, task));
}

static Login *from_waiter(Waiter *waiter)
{
        return (Login *)((char *)waiter - offsetof(Login, waiter));
}

static void finish(Login *login, Result result, const char *reason)
{
        login_finish(login, result, bytes_from_string(reason), NULL);
}

/* What the rules asked about groups in one go. */
typedef struct Lookups {
        Login *login;
        MembershipEntry *pending; /* one that has to be waited for, or NULL */
        const char *failure;      /* why one could not be told, or NULL */
} Lookups;

/* What a backend may want to know beside login and group. */
static MembershipQuestion backend_question(const Login *login, Bytes name, Bytes group)
{
        return (MembershipQuestion){
                .login = name,
                .group = group,
                .realm = login->request.realm,
                .service = login->request.service,
                .vm_name = bytes_from_string(login->identity.vm.name),
                .vm_uuid = bytes_from_string(login->identity.vm.uuid),
        };
}

static Tri is_member(void *userdata, Bytes name, int backend, const char *group)
{
        Lookups *lookups = userdata;
        const Login *login = lookups->login;
        Dispatcher *dispatcher = login->dispatcher;
        MembershipQuestion question = {.login = name, .group = bytes_from_string(group)};
        unsigned index = login->config->groups_backend;

        if (backend >= 0) {
                question = backend_question(login, name, question.group);
                index = (unsigned)backend;
        }
        return membership_ask(&dispatcher->memberships, &dispatcher->pools[index], &question,
                &lookups->pending, &lookups->failure);
}

static Facts facts_of(Login *login, Lookups *lookups)
{
        const Evidence *evidence = &login->peer->evidence;

        *lookups = (Lookups){.login = login};
        return (Facts){
                .login = login->request.login,
                .realm = login->request.realm,
                .service = login->request.service,
                .client = login->request.client,
                .socket = login->listen->name,
                .uid_known = true,
                .uid = login->peer->uid,
                .unit_known = evidence->certain && evidence->place != PEER_PLACE_UNKNOWN,
                .unit = evidence->unit,
                .vm = login->identity.vm,
                .now = time(NULL),
                .is_member = is_member,
                .userdata = lookups,
        };
}

static uint64_t now_usec(const Login *login)
{
        uint64_t now = 0;

        (void)sd_event_now(login->dispatcher->event, CLOCK_MONOTONIC, &now);
        return now;
}

/* Who may use the socket at all. */
static bool may_ask(const Login *login, const Facts *facts)
{
        const Condition allow = {.kind = CONDITION_PEER, .list = login->listen->allow};

        return allow.list.count == 0 || condition_match(&allow, facts) == TRI_TRUE;
}

static void refuse_unmatched(Login *login, const Facts *facts)
{
        const Rule *rule = NULL;
        char reason[REASON_SIZE];

        if (login->identity.vm.state == VM_NONE)
                rule = ruleset_blame_vm(login->dispatcher->ruleset, facts);
        if (!rule) {
                finish(login, RESULT_DENIED, "no rule permits it");
                return;
        }
        (void)snprintf(reason, sizeof(reason),
                "no rule permits it; %s:%u would, but for vm=: no VM asks",
                config_file(login->config, rule->place), rule->place.line);
        finish(login, RESULT_DENIED, reason);
}

/* Why a condition could not be told, as far as [vm=…] does not say it; or NULL. */
static const char *undecided_text(const Login *login, ConditionKind kind, const Lookups *lookups)
{
        if (kind == CONDITION_USER)
                return lookups->failure;
        if (kind == CONDITION_VM && login->identity.vm.state == VM_KNOWN)
                return login->identity.vm.name ? "nobody told its UUID" : "nobody told its name";
        return NULL;
}

static void refuse_undecided(Login *login, const Condition *condition, const Lookups *lookups)
{
        const char *text = undecided_text(login, condition->kind, lookups);
        char reason[REASON_SIZE];

        (void)snprintf(reason, sizeof(reason), "cannot tell %s=%s%s",
                condition_name(condition->kind), text ? ": " : "", text ? text : "");
        finish(login, RESULT_UNAVAILABLE, reason);
}

static void deny(Login *login, const Facts *facts)
{
        char reason[REASON_SIZE];

        if (!login->rule->reason || template_expand(login->rule->reason, facts, reason,
                                            sizeof(reason)) != TEMPLATE_DONE)
                (void)snprintf(reason, sizeof(reason), "denied by a rule");
        finish(login, RESULT_DENIED, reason);
}

/* Expands a template of the rule into a string of its own; NULL stands for what arrived. Returns
 * false with the login finished if that cannot be. */
static bool expand(Login *login, const char *template, const Facts *facts, char **value)
{
        char expanded[NAME_SIZE];

        if (!template)
                return true;
        if (template_expand(template, facts, expanded, sizeof(expanded)) != TEMPLATE_DONE) {
                finish(login, RESULT_DENIED, "as= or as-realm= needs what is not known here");
                return false;
        }
        *value = strdup(expanded);
        if (!*value)
                finish(login, RESULT_UNAVAILABLE, "out of memory");
        return *value != NULL;
}

static uint64_t deadline_of(const Login *login)
{
        if (login->rule->deadline_usec > 0)
                return login->rule->deadline_usec;
        if (login->config->deadline_usec > 0)
                return login->config->deadline_usec;
        return login->identity.vm.state == VM_NONE ? CONFIG_DEADLINE_OTHER : CONFIG_DEADLINE_VM;
}

/* A backend's own deadline stands in for the default, not for the rule's. */
static uint64_t expiry_at(const Login *login, const BackendConfig *backend, uint64_t now)
{
        uint64_t expires = now + backend->deadline_usec;

        if (backend->deadline_usec == 0)
                return login->expires;
        return login->rule->deadline_usec > 0 && login->expires < expires ? login->expires
                                                                          : expires;
}

/* Whether the backend at that step can still be asked. One that is asked without time would be
 * taken for hung. */
static bool has_time(const Login *login, size_t step)
{
        const BackendConfig *backend = &login->config->backends[login->rule->backends[step]];
        uint64_t now = now_usec(login);

        return expiry_at(login, backend, now) > now;
}

static void take_landing(CacheJoiner *joiner, const CacheOutcome *outcome)
{
        take_outcome((Login *)((char *)joiner - offsetof(Login, joiner)), outcome);
}

/* To the backends, unless the same question has just been answered, or is being. */
static void take_off(Login *login)
{
        Bytes account;

        login->backend = &login->config->backends[login->rule->backends[0]];
        login->task.expires = expiry_at(login, login->backend, now_usec(login));
        switch (flights_enter(
                &login->dispatcher->flights, login, login->task.expires, take_landing, &account)) {
        case CACHE_KNOWS: accept_account(login, account); break;
        case CACHE_JOINS: break;
        case CACHE_LEADS:
        case CACHE_FAILS: ask_backend(login); break;
        }
}

static void permit(Login *login, const Facts *facts)
{
        login->expires = login->received + deadline_of(login);
        if (!has_time(login, 0))
                finish(login, RESULT_UNAVAILABLE, "no time is left to ask a backend");
        else if (expand(login, login->rule->as, facts, &login->name) &&
                 expand(login, login->rule->as_realm, facts, &login->realm))
                take_off(login);
}

static Login *from_patience(Deadline *deadline)
{
        return (Login *)((char *)deadline - offsetof(Login, patience));
}

/* What the rules want to know does not come in time. */
static void on_patience(Deadline *deadline, void *userdata)
{
        Login *login = from_patience(deadline);

        (void)userdata;
        waiter_remove(&login->waiter);
        finish(login, RESULT_UNAVAILABLE,
                login->is_identified ? "cannot tell user=: no answer within the deadline"
                                     : "cannot tell who asks: no answer within the deadline");
}

static void wake_decide(Waiter *waiter)
{
        Login *login = from_waiter(waiter);

        deadline_clear(&login->patience);
        decide(login);
}

/* Puts off the decision until a look-up has ended, or the deadline has passed. Returns false if
 * there is none to wait for. */
static bool wait_for(
        Login *login, const Lookups *lookups, void (*wake)(Waiter *waiter), uint64_t deadline)
{
        if (!lookups->pending)
                return false;
        login->waiter.wake = wake;
        membership_wait(lookups->pending, &login->waiter);
        deadline_set_at(&login->patience, &login->dispatcher->waiting, deadline);
        return true;
}

static void decide(Login *login)
{
        Lookups lookups;
        const Facts facts = facts_of(login, &lookups);
        Decision decision;

        if (!may_ask(login, &facts)) {
                finish(login, RESULT_DENIED, "this process may not use this socket (allow=)");
                return;
        }
        decision = ruleset_decide(login->dispatcher->ruleset, &facts);
        login->rule = decision.rule;
        if (decision.value == TRI_UNDECIDED &&
                wait_for(login, &lookups, wake_decide, login->received + deadline_of(login)))
                return;
        if (!decision.rule)
                refuse_unmatched(login, &facts);
        else if (decision.value == TRI_UNDECIDED)
                refuse_undecided(login, decision.undecided, &lookups);
        else if (decision.rule->permit)
                permit(login, &facts);
        else
                deny(login, &facts);
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

static void wake_decide_again(Waiter *waiter)
{
        Login *login = from_waiter(waiter);

        deadline_clear(&login->patience);
        decide_again(login);
}

/* An account that is called otherwise than the name we handed over is a way around the rules,
 * unless they choose the same for its own name. */
static void decide_again(Login *login)
{
        Lookups lookups;
        Facts facts = facts_of(login, &lookups);
        Decision decision;
        char reason[REASON_SIZE];

        facts.login = bytes_from_string(login->account);
        decision = ruleset_decide(login->dispatcher->ruleset, &facts);
        if (decision.value == TRI_UNDECIDED &&
                wait_for(login, &lookups, wake_decide_again, login->task.expires))
                return;
        if (decision.rule == login->rule && decision.value == TRI_TRUE) {
                finish(login, RESULT_OK, NULL);
                return;
        }
        (void)snprintf(reason, sizeof(reason), "account is \"%s\"", login->account);
        finish(login, RESULT_DENIED, reason);
}

static void accept_account(Login *login, Bytes account)
{
        login->account = strndup((const char *)account.data, account.size);
        if (!login->account)
                finish(login, RESULT_UNAVAILABLE, "out of memory");
        else if (bytes_contain(account, 0))
                finish(login, RESULT_DENIED, "the account's name holds a NUL");
        else if (bytes_equal(account, login_name(login)))
                finish(login, RESULT_OK, NULL);
        else
                decide_again(login);
}

/* Whether the chain goes on behind this answer. */
static bool goes_on(const Login *login, Result result)
{
        if (login->step + 1 >= login->rule->backend_count || !has_time(login, login->step + 1))
                return false;
        return result == RESULT_MISMATCH || result == RESULT_UNKNOWN ||
               (result == RESULT_UNAVAILABLE && login->rule->next_if_unavailable);
}

static void take_outcome(Login *login, const CacheOutcome *outcome)
{
        if (outcome->result == RESULT_OK)
                accept_account(login, outcome->account);
        else
                login_finish(login, outcome->result, outcome->reason, NULL);
}

static void take_result(Login *login, const CacheOutcome *outcome)
{
        if (goes_on(login, outcome->result)) {
                login->step++;
                ask_backend(login);
                return;
        }
        flights_land(&login->dispatcher->flights, login, outcome);
        take_outcome(login, outcome);
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
        login->task = (Task){
                .kind = &kind,
                .expires = expiry_at(login, backend, now_usec(login)),
                .fd = -1,
        };
        pool_submit(&login->dispatcher->pools[index], &login->task);
}

static void begin(Login *login)
{
        login->identity = identity_decide(
                &login->peer->evidence, login->config->identity.socket ? login->listen->vm : NULL);
        login->is_identified = true;
        decide(login);
}

static void wake_begin(Waiter *waiter)
{
        Login *login = from_waiter(waiter);

        deadline_clear(&login->patience);
        begin(login);
}

/* Of somebody of whom nothing is known yet. */
static uint64_t first_deadline(const Login *login)
{
        return login->config->deadline_usec > 0 ? login->config->deadline_usec : CONFIG_DEADLINE_VM;
}

void dispatcher_submit(Dispatcher *dispatcher, Login *login)
{
        login->dispatcher = dispatcher;
        (void)sd_event_now(dispatcher->event, CLOCK_MONOTONIC, &login->received);
        login->waiter.wake = wake_begin;
        if (peer_is_known(login->peer, &login->waiter))
                begin(login);
        else
                deadline_set_at(&login->patience, &dispatcher->waiting,
                        login->received + first_deadline(login));
}

static int init_pools(Dispatcher *dispatcher, int channel)
{
        const Config *config = dispatcher->config;

        dispatcher->pools = calloc(config->backend_count, sizeof(Pool));
        if (!dispatcher->pools)
                return -ENOMEM;
        while (dispatcher->pool_count < config->backend_count) {
                unsigned index = (unsigned)dispatcher->pool_count++;
                int r = pool_init(
                        &dispatcher->pools[index], dispatcher->event, config, index, channel);

                if (r < 0)
                        return r;
        }
        return 0;
}

int dispatcher_init(Dispatcher *dispatcher, sd_event *event, const Config *config, int channel,
        int database_watch)
{
        int r;

        *dispatcher = (Dispatcher){.config = config, .event = event};
        dispatcher->ruleset = ruleset_new(config->rules, config->rule_count);
        if (!dispatcher->ruleset)
                return -ENOMEM;
        r = flights_init(&dispatcher->flights, event, database_watch);
        if (r < 0)
                return r;
        r = deadline_queue_init(&dispatcher->waiting, event, 0, on_patience, NULL);
        if (r < 0)
                return r;
        r = init_pools(dispatcher, channel);
        if (r < 0)
                return r;
        peer_table_init(&dispatcher->peers, event, &dispatcher->pools[config->identity_backend]);
        membership_cache_init(&dispatcher->memberships, event);
        return 0;
}

void dispatcher_deinit(Dispatcher *dispatcher)
{
        for (size_t i = 0; i < dispatcher->pool_count; i++)
                pool_deinit(&dispatcher->pools[i]);
        peer_table_deinit(&dispatcher->peers);
        membership_cache_deinit(&dispatcher->memberships);
        deadline_queue_deinit(&dispatcher->waiting);
        flights_deinit(&dispatcher->flights);
        free(dispatcher->pools);
        dispatcher->ruleset = ruleset_free(dispatcher->ruleset);
}
