/* SPDX-License-Identifier: BSD-2-Clause */
#include "dispatcher.h"

#include "daemon/decision.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void decide(Login *login);
static void decide_again(Login *login);

static Login *from_waiter(Waiter *waiter)
{
        return (Login *)((char *)waiter - offsetof(Login, waiter));
}

static uint64_t now_usec(const Login *login)
{
        uint64_t now = 0;

        (void)sd_event_now(login->dispatcher->event, CLOCK_MONOTONIC, &now);
        return now;
}

static void finish(Login *login, Result result, const char *reason)
{
        login_finish(login, result, bytes_from_string(reason), NULL);
}

static Facts facts_of(Login *login, Bytes name, Lookups *lookups)
{
        return decision_facts(login, name, &login->dispatcher->memberships, lookups);
}

static void refuse_unmatched(Login *login, const Facts *facts)
{
        char reason[RULING_REASON_SIZE];

        ruling_tell_unmatched(login->config, login->dispatcher->ruleset, facts, reason);
        finish(login, RESULT_DENIED, reason);
}

static void refuse_undecided(
        Login *login, const Facts *facts, const Condition *condition, const Lookups *lookups)
{
        char reason[RULING_REASON_SIZE];

        ruling_tell_undecided(condition, facts, lookups->failure, reason);
        finish(login, RESULT_UNAVAILABLE, reason);
}

static void deny(Login *login, const Facts *facts)
{
        char reason[RULING_REASON_SIZE];

        ruling_tell_denied(login->rule, facts, reason);
        finish(login, RESULT_DENIED, reason);
}

/* Notes that the answer rests on what is remembered. Returns false with the login finished without
 * memory. */
static bool remember_why(Login *login, const char *what, Bytes why)
{
        char *text = NULL;

        if (asprintf(&text, "%s%s%.*s", what, why.size > 0 ? ": " : "", (int)why.size,
                    (const char *)why.data) < 0) {
                finish(login, RESULT_UNAVAILABLE, "out of memory");
                return false;
        }
        free(login->remembered);
        login->remembered = text;
        return true;
}

/* Expands a template of the rule into a string of its own; NULL stands for what arrived. Returns
 * false with the login finished if that cannot be. */
static bool expand(Login *login, const char *template, const Facts *facts, char **value)
{
        char expanded[RULING_NAME_SIZE];

        if (!template)
                return true;
        if (!ruling_expand(template, facts, expanded)) {
                finish(login, RESULT_DENIED, RULING_NOT_KNOWN);
                return false;
        }
        *value = strdup(expanded);
        if (!*value)
                finish(login, RESULT_UNAVAILABLE, "out of memory");
        return *value != NULL;
}

static uint64_t patience_of(const Login *login)
{
        return ruling_patience(login->config, login->rule, login->identity.vm.state);
}

/* Prepares a login whose rule has let it in for the backends. Returns false with it finished if
 * that cannot be. */
static bool prepare(Login *login, const Facts *facts)
{
        login->expires = login->received + patience_of(login);
        login->limits = penalty_find(login->config->penalties, login->config->penalty_count, facts);
        if (!chain_has_time(login)) {
                finish(login, RESULT_UNAVAILABLE, "no time is left to ask a backend");
                return false;
        }
        return expand(login, login->rule->as, facts, &login->name) &&
               expand(login, login->rule->as_realm, facts, &login->realm);
}

static void permit(Login *login, const Facts *facts, Lookups *lookups)
{
        decision_remember(login->rule, facts, lookups);
        if (prepare(login, facts))
                chain_start(login);
}

/* Groups that are remembered belong to an OK that is: for just the question that it answered. */
static void permit_recalled(
        Login *login, const Facts *facts, const Condition *condition, const Lookups *lookups)
{
        if (!prepare(login, facts))
                return;
        if (!chain_remembers(login))
                refuse_undecided(login, facts, condition, lookups);
        else if (remember_why(login, "groups remembered, since they could not be looked up",
                         bytes_from_string(lookups->failure)))
                chain_start(login);
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
        if (login->is_identified)
                login->waiter.wake(&login->waiter);
        else
                finish(login, RESULT_UNAVAILABLE,
                        "cannot tell who asks: no answer within the deadline");
}

static void wake_decide(Waiter *waiter)
{
        Login *login = from_waiter(waiter);

        deadline_clear(&login->patience);
        decide(login);
}

/* Puts off the decision until a look-up has ended, or the deadline has passed. Returns false if
 * there is none to wait for, or no time. */
static bool wait_for(
        Login *login, Lookups *lookups, void (*wake)(Waiter *waiter), uint64_t deadline)
{
        if (!lookups->pending)
                return false;
        if (deadline <= now_usec(login)) {
                lookups->failure = "no answer within the deadline";
                return false;
        }
        login->waiter.wake = wake;
        membership_wait(lookups->pending, &login->waiter);
        deadline_set_at(&login->patience, &login->dispatcher->waiting, deadline);
        return true;
}

/* Where what is remembered may stand in for look-ups, half of the time is left for the backends. */
static void decide_undecided(
        Login *login, const Facts *facts, Lookups *lookups, const Condition *condition)
{
        bool recalled = decision_recall(login->rule, facts, lookups);
        uint64_t patience = patience_of(login) / (recalled ? 2 : 1);

        if (wait_for(login, lookups, wake_decide, login->received + patience))
                return;
        if (recalled)
                permit_recalled(login, facts, condition, lookups);
        else
                refuse_undecided(login, facts, condition, lookups);
}

static void decide(Login *login)
{
        Lookups lookups;
        const Facts facts = facts_of(login, login->request.login, &lookups);
        Decision decision;

        if (!login->as_vm && ruling_may_ask(login->listen, &facts) != TRI_TRUE) {
                finish(login, RESULT_DENIED, "this process may not use this socket (allow=)");
                return;
        }
        decision = ruleset_decide(login->dispatcher->ruleset, &facts);
        login->rule = decision.rule;
        if (!decision.rule)
                refuse_unmatched(login, &facts);
        else if (decision.value == TRI_UNDECIDED)
                decide_undecided(login, &facts, &lookups, decision.undecided);
        else if (decision.rule->permit)
                permit(login, &facts, &lookups);
        else
                deny(login, &facts);
}

static void wake_decide_again(Waiter *waiter)
{
        Login *login = from_waiter(waiter);

        deadline_clear(&login->patience);
        decide_again(login);
}

/* Whether the rules choose the login's rule, with what is remembered if it rests on that already.
 */
static bool is_same_rule(
        Login *login, const Decision *decision, const Facts *facts, Lookups *lookups)
{
        if (decision->rule != login->rule)
                return false;
        if (decision->value == TRI_TRUE)
                decision_remember(login->rule, facts, lookups);
        return decision->value == TRI_TRUE ||
               (login->remembered && decision_recall(login->rule, facts, lookups));
}

static void let_in(Login *login)
{
        finish(login, RESULT_OK, login->remembered);
}

/* An account that is called otherwise than the name we handed over is a way around the rules,
 * unless they choose the same for its own name. */
static void decide_again(Login *login)
{
        Lookups lookups;
        const Facts facts = facts_of(login, bytes_from_string(login->account), &lookups);
        Decision decision;
        char reason[RULING_REASON_SIZE];

        decision = ruleset_decide(login->dispatcher->ruleset, &facts);
        if (decision.value == TRI_UNDECIDED &&
                wait_for(login, &lookups, wake_decide_again, login->task.expires))
                return;
        if (is_same_rule(login, &decision, &facts, &lookups)) {
                let_in(login);
                return;
        }
        if (decision.value == TRI_UNDECIDED && lookups.pending) {
                refuse_undecided(login, &facts, decision.undecided, &lookups);
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
                let_in(login);
        else
                decide_again(login);
}

static void on_checked(Login *login, const CacheOutcome *outcome)
{
        if (outcome->remembered &&
                !remember_why(
                        login, "remembered, since the backend could not be asked", outcome->reason))
                return;
        if (outcome->result == RESULT_OK)
                accept_account(login, outcome->account);
        else
                login_finish(login, outcome->result, outcome->reason, NULL);
}

static void begin(Login *login)
{
        login->identity = login_identity(login);
        login->is_identified = true;
        (void)login_charge(login);
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
        login->chain = &dispatcher->chain;
        login->checked = on_checked;
        (void)sd_event_now(dispatcher->event, CLOCK_MONOTONIC, &login->received);
        login->waiter.wake = wake_begin;
        if (peer_is_known(login->peer, &login->waiter))
                begin(login);
        else
                deadline_set_at(&login->patience, &dispatcher->waiting,
                        login->received + first_deadline(login));
}

int dispatcher_init(Dispatcher *dispatcher, sd_event *event, const Config *config,
        const FrontMemory *memory, int channel, int database_watch)
{
        int r;

        *dispatcher = (Dispatcher){.event = event, .statistics = memory->statistics};
        (void)sd_event_now(event, CLOCK_MONOTONIC, &dispatcher->started);
        dispatcher->ruleset = ruleset_new(config->rules, config->rule_count);
        if (!dispatcher->ruleset)
                return -ENOMEM;
        r = audit_log_init(&dispatcher->audit_log, event, memory->history);
        if (r < 0)
                return r;
        r = deadline_queue_init(&dispatcher->waiting, event, 0, on_patience, NULL);
        if (r < 0)
                return r;
        r = chain_init(&dispatcher->chain, event, config, memory, channel, database_watch);
        if (r < 0)
                return r;
        peer_table_init(
                &dispatcher->peers, event, &dispatcher->chain.pools[config->identity_backend]);
        membership_cache_init(&dispatcher->memberships, event);
        return 0;
}

void dispatcher_deinit(Dispatcher *dispatcher)
{
        chain_stop(&dispatcher->chain);
        peer_table_deinit(&dispatcher->peers);
        membership_cache_deinit(&dispatcher->memberships);
        deadline_queue_deinit(&dispatcher->waiting);
        chain_deinit(&dispatcher->chain);
        dispatcher->ruleset = ruleset_free(dispatcher->ruleset);
        audit_log_deinit(&dispatcher->audit_log);
}

unsigned dispatcher_flush(Dispatcher *dispatcher, Bytes user, Bytes vm)
{
        if (user.size + vm.size == 0)
                membership_cache_clear(&dispatcher->memberships);
        return flights_flush(&dispatcher->chain.flights, user, vm);
}
