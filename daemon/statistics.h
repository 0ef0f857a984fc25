/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Statistics: what became of the logins since the daemon's start, in numbers, in memory that
 * outlives each front: rates of what begins anew with each reload would lie. */

#include "daemon/rate.h"
#include "daemon/refusal.h"
#include "daemon/tally.h"

/* Who gave the answer. */
typedef enum AnswerSource {
        ANSWER_BY_RULES,    /* no backend was to be asked, or none could be */
        ANSWER_BY_BACKEND,  /* it was asked */
        ANSWER_FROM_FLIGHT, /* another was asking the same */
        ANSWER_FROM_CACHE,
        ANSWER_BY_PENALTY, /* too many wrong passwords */
        ANSWER_SOURCES,
} AnswerSource;

/* Why somebody was answered before anything was asked. */
typedef enum TurnedAway {
        TURNED_AWAY_INCOMPLETE,  /* his request did not come, or not in time */
        TURNED_AWAY_CONNECTIONS, /* there were too many connections */
        TURNED_AWAY_REASONS,
} TurnedAway;

#define LATENCY_BOUNDS 16u

typedef struct Statistics {
        uint64_t started; /* microseconds, CLOCK_MONOTONIC */
        _Atomic uint64_t results[RESULTS];
        _Atomic uint64_t sources[ANSWER_SOURCES];
        _Atomic uint64_t refusals[REFUSALS];
        _Atomic uint64_t turned_away[TURNED_AWAY_REASONS];
        _Atomic uint64_t latency[LATENCY_BOUNDS + 1]; /* answers, by the first bound they kept */
        _Atomic uint64_t latency_sum;                 /* microseconds */
        Rate answered, refused;
        Tally backends, services, vms;
} Statistics;

/* A login that has been answered; vm may be empty: none. */
typedef struct Answer {
        Result result;
        AnswerSource source;
        Refusal refusal; /* unless the result is RESULT_OK */
        uint64_t usec;   /* that it took */
        uint64_t now;    /* microseconds, CLOCK_MONOTONIC */
        Bytes backend, service, vm;
} Answer;

/* Maps memory for the children to come, and begins to count. Returns NULL without memory. Free with
 * statistics_free(). */
Statistics *statistics_new(void);
Statistics *statistics_free(Statistics *statistics);

void statistics_count(Statistics *statistics, const Answer *answer);

/* Counts somebody who was answered without that. */
void statistics_count_turned_away(Statistics *statistics, TurnedAway why);

/* How many there were in all. */
uint64_t statistics_total(const Statistics *statistics);

/* Microseconds: the bound of latency[index]; UINT64_MAX for the last. */
uint64_t latency_bound(size_t index);

/* The bound that so many of a thousand answers kept, in microseconds; 0 if there were none. */
uint64_t statistics_quantile(const Statistics *statistics, unsigned per_mille);
