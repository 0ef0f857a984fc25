/* SPDX-License-Identifier: BSD-2-Clause */
#include "dispatcher.h"

#include "daemon/decision.h"
#include "daemon/template.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAME_SIZE (2 * MUX_NAME_MAX + 2)

static void decide(Login *login);
static void decide_again(Login *login);

static Login *from_waiter(Waiter *waiter)
{
        return (Login *)((char *)waiter - offsetof(Login, waiter));
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
        char reason[DECISION_REASON_SIZE];

        decision_tell_unmatched(login, login->dispatcher->ruleset, facts, reason);
        finish(login, RESULT_DENIED, reason);
}

static void refuse_undecided(Login *login, const Condition *condition, const Lookups *lookups)
{
        char reason[DECISION_REASON_SIZE];

        decision_tell_undecided(login, condition, lookups, reason);
        finish(login, RESULT_UNAVAILABLE, reason);
}

static void deny(Login *login, const Facts *facts)
{
        char reason[DECISION_REASON_SIZE];

        decision_tell_denied(login->rule, facts, reason);
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

static void permit(Login *login, const Facts *facts)
{
        login->expires = login->received + deadline_of(login);
        if (!chain_has_time(login))
                finish(login, RESULT_UNAVAILABLE, "no time is left to ask a backend");
        else if (expand(login, login->rule->as, facts, &login->name) &&
                 expand(login, login->rule->as_realm, facts, &login->realm))
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
        const Facts facts = facts_of(login, login->request.login, &lookups);
        Decision decision;

        if (!login->as_vm && !decision_may_ask(login, &facts)) {
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
        const Facts facts = facts_of(login, bytes_from_string(login->account), &lookups);
        Decision decision;
        char reason[DECISION_REASON_SIZE];

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

static void on_checked(Login *login, const CacheOutcome *outcome)
{
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

int dispatcher_init(Dispatcher *dispatcher, sd_event *event, const Config *config, int channel,
        int database_watch)
{
        int r;

        uint64_t now = 0;

        *dispatcher = (Dispatcher){.event = event};
        (void)sd_event_now(event, CLOCK_MONOTONIC, &now);
        statistics_init(&dispatcher->statistics, now);
        dispatcher->ruleset = ruleset_new(config->rules, config->rule_count);
        if (!dispatcher->ruleset)
                return -ENOMEM;
        r = deadline_queue_init(&dispatcher->waiting, event, 0, on_patience, NULL);
        if (r < 0)
                return r;
        r = chain_init(&dispatcher->chain, event, config, channel, database_watch);
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
        statistics_deinit(&dispatcher->statistics);
}
