/* SPDX-License-Identifier: BSD-2-Clause */
#include "login.h"

#include "proto/cleanup.h"

#include <assert.h>
#include <time.h>

Identity login_identity(const Login *login)
{
        const char *socket_vm = login->config->identity.socket ? login->listen->vm : NULL;

        return identity_decide(&login->peer->evidence, login->as_vm ? login->as_vm : socket_vm);
}

bool login_is_realm_keyed(const Login *login)
{
        for (size_t i = 0; i < login->rule->backend_count; i++)
                if (!login->config->backends[login->rule->backends[i]].mechanism->realm_keyed)
                        return false;
        return true;
}

bool login_charge(Login *login)
{
        Identity identity = login_identity(login);
        Asker *asker = peer_asker(login->peer, &identity);

        if (!asker)
                return false;
        charge_clear(&login->charge);
        asker_charge(asker, &login->charge);
        return true;
}

Bytes login_name(const Login *login)
{
        return login->name ? bytes_from_string(login->name) : login->request.login;
}

Bytes login_realm(const Login *login)
{
        return login->realm ? bytes_from_string(login->realm) : login->request.realm;
}

/* The name that stands for the mechanism in the log: where rules refuse, no backend is asked. */
static const char *mechanism_name(const Login *login)
{
        if (login->backend)
                return login->backend->name;
        return login->config->drop_in ? login->config->drop_in->name : "rules";
}

static uint64_t now_usec(const Login *login)
{
        uint64_t now = 0;

        (void)sd_event_now(login->peer->table->event, CLOCK_MONOTONIC, &now);
        return now;
}

/* How long it took; 0 if it was no request. */
static uint64_t duration(const Login *login)
{
        return login->received == 0 ? 0 : now_usec(login) - login->received;
}

static bool is_shared(const Login *login)
{
        return login->source == ANSWER_FROM_CACHE || login->source == ANSWER_FROM_FLIGHT;
}

/* An answer that is another's is the same decision, unless it has come to something else, or an
 * administrator will ask for it. */
static bool is_repeated(const Login *login, Result result)
{
        return is_shared(login) && login->number > 0 && login->promised == 0 &&
               result == login->shared;
}

/* 0: it gets one. */
static uint64_t number_of(const Login *login, bool repeats)
{
        if (login->promised > 0)
                return login->promised;
        return repeats || !is_shared(login) ? login->number : 0;
}

static void write_audit(const Login *login, Result result, Bytes reason)
{
        bool repeats = is_repeated(login, result);
        const Audit audit = {
                .config = login->config,
                .request = &login->request,
                .listen = login->listen,
                .user = login_name(login),
                .mechanism = mechanism_name(login),
                .result = result,
                .reason = reason,
                .account = bytes_from_string(login->account),
                .identity = login->is_identified ? &login->identity : NULL,
                .uid = login->peer->uid,
                .rule = login->rule,
                .asker = login->charge.asker->name,
                .usec = duration(login),
                .steps = bytes_from_string(login->steps),
                .number = number_of(login, repeats),
                .repeats = repeats,
        };

        audit_write(login->audit_log, &audit);
}

/* Why the rules alone have refused it. Who is turned away has not come to them, and behind them
 * there is a deadline. */
static Refusal refusal_by_rules(const Login *login, Result result)
{
        if (result == RESULT_UNAVAILABLE) {
                bool is_between = login->received > 0 && login->expires == 0;

                return is_between ? REFUSAL_UNDECIDED : REFUSAL_UNAVAILABLE;
        }
        if (!login->is_identified)
                return REFUSAL_REQUEST;
        return login->rule ? REFUSAL_RULE : REFUSAL_NO_RULE;
}

static Refusal refusal(const Login *login, Result result)
{
        if (login->source == ANSWER_BY_PENALTY)
                return REFUSAL_PENALTY;
        if (login->source == ANSWER_BY_RULES)
                return refusal_by_rules(login, result);
        switch (result) {
        case RESULT_MISMATCH: return REFUSAL_PASSWORD;
        case RESULT_UNKNOWN: return REFUSAL_USER;
        case RESULT_UNAVAILABLE: return REFUSAL_UNAVAILABLE;
        default: return REFUSAL_ACCOUNT;
        }
}

/* A service that no rule knows is a client's invention. */
static void count(const Login *login, Result result)
{
        const VmFact *vm = &login->identity.vm;
        bool is_vm = login->is_identified && vm->state == VM_KNOWN;
        const Answer answer = {
                .result = result,
                .source = login->source,
                .refusal = refusal(login, result),
                .now = now_usec(login),
                .usec = duration(login),
                .backend = bytes_from_string(login->backend ? login->backend->name : NULL),
                .service = login->rule ? login->request.service : bytes_from_string(TALLY_OTHER),
                .vm = bytes_from_string(is_vm ? (vm->name ? vm->name : vm->uuid) : NULL),
        };

        statistics_count(login->statistics, &answer);
        last_askers_note(login->last_askers, (size_t)(login->listen - login->config->listens),
                login->charge.asker->name, answer.now);
}

static MuxReply reply_for(const Login *login, Result result)
{
        bool temporary = login->listen->temporary || (login->rule && login->rule->temporary);

        if (result == RESULT_OK)
                return MUX_REPLY_OK;
        return result == RESULT_UNAVAILABLE && temporary ? MUX_REPLY_TEMPORARY : MUX_REPLY_NO;
}

void login_finish(Login *login, Result result, Bytes reason, const char *text)
{
        MuxReply reply = reply_for(login, result);

        assert(!login->finished);
        login->finished = true;
        write_audit(login, result, reason);
        count(login, result);
        charge_clear(&login->charge);
        free(TAKE_PTR(login->name));
        free(TAKE_PTR(login->realm));
        free(TAKE_PTR(login->account));
        free(TAKE_PTR(login->remembered));
        free(TAKE_PTR(login->steps));
        login->reply(login, reply, text);
}
