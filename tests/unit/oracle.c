/* SPDX-License-Identifier: BSD-2-Clause */
#include "oracle.h"

#include <stdlib.h>

#define MISSES    5u
#define BURST_SEC 5u

static OracleRecord *find_record(const Oracle *oracle, const WorldQuestion *question, size_t rule)
{
        for (size_t i = 0; i < oracle->record_count; i++) {
                const OracleRecord *record = &oracle->records[i];

                if (memcmp(&record->question, question, sizeof(*question)) == 0 &&
                        record->rule == rule)
                        return (OracleRecord *)record;
        }
        return NULL;
}

static OracleRecord *add_record(Oracle *oracle)
{
        if (oracle->record_count == ORACLE_RECORDS_MAX)
                abort();
        return &oracle->records[oracle->record_count++];
}

/* The user as the rule's backends know him. */
static unsigned *misses_of(Oracle *oracle, const WorldQuestion *question, size_t rule)
{
        const WorldRule *chosen = &oracle->world.rules[rule];
        size_t chain = chosen->backends[0] + WORLD_BACKENDS * (chosen->backend_count - 1);
        const WorldQuestion handed = world_hand_over(chosen, question);
        bool has_realms = true;

        for (size_t i = 0; i < chosen->backend_count; i++)
                has_realms &= chosen->backends[i] == WORLD_SASLDB;
        return &oracle->misses[world_account(handed.login)][has_realms ? handed.realm : 0][chain];
}

static void count_miss(Oracle *oracle, const OracleLogin *login)
{
        unsigned *misses = misses_of(oracle, &login->question, login->rule);

        if (++*misses < MISSES)
                return;
        *misses = 0;
        for (size_t i = 0; i < oracle->record_count; i++) {
                OracleRecord *record = &oracle->records[i];

                if (misses_of(oracle, &record->question, record->rule) == misses)
                        record->stands = false;
        }
}

/* Another password of the user is right. */
static void supersede(Oracle *oracle, const OracleRecord *right)
{
        const unsigned *user = misses_of(oracle, &right->question, right->rule);

        for (size_t i = 0; i < oracle->record_count; i++) {
                OracleRecord *record = &oracle->records[i];

                if (misses_of(oracle, &record->question, record->rule) != user ||
                        record->question.password == right->question.password)
                        continue;
                record->is_superseded = true;
                record->is_revived = false;
        }
}

void oracle_answer(Oracle *oracle, OracleLogin *login, size_t step, Result result, uint64_t now)
{
        OracleRecord *record = find_record(oracle, &login->question, login->rule);

        login->is_missed |= result == RESULT_MISMATCH;
        if (result == RESULT_OK) {
                *misses_of(oracle, &login->question, login->rule) = 0;
                if (!record)
                        record = add_record(oracle);
                *record = (OracleRecord){
                        .question = login->question,
                        .rule = login->rule,
                        .step = step,
                        .stands = true,
                        .at = now,
                };
                supersede(oracle, record);
        } else if (record && (result == RESULT_DENIED ||
                                     (result != RESULT_UNAVAILABLE && record->step == step))) {
                record->stands = false;
        }
}

void oracle_end(Oracle *oracle, const OracleLogin *login, Result result, bool counted)
{
        OracleRecord *record = find_record(oracle, &login->question, login->rule);

        if (record && (result == RESULT_MISMATCH || result == RESULT_UNKNOWN))
                record->stands = false;
        if (login->is_missed && result != RESULT_OK && counted)
                count_miss(oracle, login);
}

void oracle_look_up(Oracle *oracle, unsigned name, bool is_member, uint64_t now)
{
        oracle->memberships[name].stands = is_member;
        oracle->memberships[name].at = now;
}

void oracle_forget(Oracle *oracle)
{
        for (size_t i = 0; i < oracle->record_count; i++)
                oracle->records[i].stands = false;
}

/* Whether the group's yes for that name may stand in. It was still kept when it was remembered. */
static bool is_group_remembered(
        const Oracle *oracle, const WorldRule *rule, unsigned name, uint64_t now)
{
        return rule->stale > 0 && oracle->memberships[name].stands &&
               now < oracle->memberships[name].at + rule->stale + ORACLE_GROUP_SEC;
}

static bool is_remembered(const OracleRecord *record, const WorldRule *rule, uint64_t now)
{
        return record && record->stands && !record->is_superseded && now < record->at + rule->stale;
}

static bool is_console(const WorldQuestion *question)
{
        return question->socket != WORLD_NO_VM || question->service == WORLD_CONSOLE;
}

/* How long an OK answers the same question by itself. */
static uint64_t keep_time(const WorldRule *rule, const WorldQuestion *question)
{
        return is_console(question) && rule->cache < BURST_SEC ? BURST_SEC : rule->cache;
}

static bool is_kept(const OracleRecord *record, const WorldRule *rule, uint64_t now)
{
        return record && record->stands && now < record->at + keep_time(rule, &record->question);
}

/* Whether it was remembered a moment ago, for another channel. */
static bool is_revived(const OracleRecord *record, const WorldRule *rule, uint64_t now)
{
        uint64_t keep = record ? keep_time(rule, &record->question) : 0;

        return record && record->stands && record->is_revived &&
               now < record->revived_at + (keep < BURST_SEC ? keep : BURST_SEC);
}

/* Whether the rules choose that rule for the name, with the group's remembered yes where allowed.
 */
static bool is_chosen(const Oracle *oracle, const OracleLogin *login, size_t rule, unsigned name,
        uint64_t now, bool *by_memory)
{
        WorldDecision decision = world_decide(&oracle->world, &login->question, name);

        *by_memory = decision.value == TRI_UNDECIDED;
        return decision.rule == rule &&
               (decision.value == TRI_TRUE ||
                       is_group_remembered(oracle, &oracle->world.rules[rule], name, now));
}

void oracle_arrive(const Oracle *oracle, OracleLogin *login, uint64_t now)
{
        unsigned name = login->question.login;
        size_t rule = world_decide(&oracle->world, &login->question, name).rule;
        const WorldRule *chosen = &oracle->world.rules[rule];

        login->rule = WORLD_NO_RULE;
        if (rule == WORLD_NO_RULE || !chosen->permit ||
                !is_chosen(oracle, login, rule, name, now, &login->by_memory))
                return;
        if (login->by_memory &&
                !is_remembered(find_record(oracle, &login->question, rule), chosen, now))
                return;
        login->rule = rule;
}

/* Whether the rules choose the same for the account's own name, if that is another. */
static bool is_account_chosen(
        const Oracle *oracle, const OracleLogin *login, uint64_t now, bool *by_memory)
{
        unsigned account = world_account(login->question.login);

        *by_memory = false;
        return account == login->question.login ||
               is_chosen(oracle, login, login->rule, account, now, by_memory);
}

void oracle_judge(Oracle *oracle, OracleLogin *login, uint64_t now)
{
        const WorldRule *rule = &oracle->world.rules[login->rule];
        OracleRecord *record = find_record(oracle, &login->question, login->rule);
        bool declined[WORLD_BACKENDS] = {}, by_memory, direct, kept, stale;
        Result result;

        if (login->rule == WORLD_NO_RULE || !is_account_chosen(oracle, login, now, &by_memory))
                return;
        by_memory |= login->by_memory;
        result = world_check(&oracle->world, rule, &login->question, declined);
        direct = result == RESULT_OK;
        kept = is_kept(record, rule, now);
        stale = is_revived(record, rule, now);
        if (result == RESULT_UNAVAILABLE && is_remembered(record, rule, now) &&
                !declined[record->step]) {
                stale = record->is_revived = true;
                record->revived_at = now;
        }
        login->allowed |= direct || kept || stale;
        login->allowed_without_memory |= !by_memory && (direct || kept);
        login->must_be_let_in = direct && !by_memory;
}
