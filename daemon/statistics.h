/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Statistics: what became of the logins of a front, in numbers. */

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
        uint64_t results[RESULTS];
        uint64_t sources[ANSWER_SOURCES];
        uint64_t turned_away[TURNED_AWAY_REASONS];
        uint64_t latency[LATENCY_BOUNDS + 1]; /* answers, by the first bound that they kept */
        uint64_t latency_sum;                 /* microseconds */
        Tally backends, services, vms;
} Statistics;

/* A login that has been answered; vm may be empty: none. */
typedef struct Answer {
        Result result;
        AnswerSource source;
        uint64_t usec;
        Bytes backend, service, vm;
} Answer;

/* now: microseconds, CLOCK_MONOTONIC. */
void statistics_init(Statistics *statistics, uint64_t now);
void statistics_deinit(Statistics *statistics);

void statistics_count(Statistics *statistics, const Answer *answer);

/* How many there were in all. */
uint64_t statistics_total(const Statistics *statistics);

/* Microseconds: the bound of latency[index]; UINT64_MAX for the last. */
uint64_t latency_bound(size_t index);

/* The bound that so many of a thousand answers kept, in microseconds; 0 if there were none. */
uint64_t statistics_quantile(const Statistics *statistics, unsigned per_mille);
