/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Oracle: which logins may be let in, for test-login-histories: those whom the rules and the
 * backends of a World let in just now, and those for whom an earlier OK to just the same question
 * may stand, as it is promised. It is told of every answer of a backend, and keeps them all. Times
 * are in seconds.
 */

#include "world.h"

#define ORACLE_RECORDS_MAX 100u
#define ORACLE_GROUP_SEC   10u /* so long an answer about a group is kept */

/* A backend has let somebody in. */
typedef struct OracleRecord {
        WorldQuestion question;
        size_t rule;
        size_t step; /* by which backend of the rule */
        bool stands;
        bool is_superseded; /* another password of the user was right since */
        bool is_revived;    /* it stood in where the backends could not be asked */
        uint64_t at, revived_at;
} OracleRecord;

typedef struct Oracle {
        World world;
        OracleRecord records[ORACLE_RECORDS_MAX];
        size_t record_count;
        unsigned misses[WORLD_LOGINS][WORLD_REALMS][2 * WORLD_BACKENDS];
        struct {
                bool stands;
                uint64_t at;
        } memberships[WORLD_LOGINS]; /* a yes */
} Oracle;

/* A login on its way. */
typedef struct OracleLogin {
        WorldQuestion question;
        size_t rule;    /* that lets it in, or WORLD_NO_RULE */
        bool by_memory; /* that needs what is remembered of the group */
        bool allowed;   /* at some moment since it arrived */
        bool allowed_without_memory;
        bool must_be_let_in; /* the last time it was judged */
        bool is_missed;      /* a backend knew the user, and not this password */
} OracleLogin;

/* Somebody asks: finds his rule. */
void oracle_arrive(const Oracle *oracle, OracleLogin *login, uint64_t now);

/* Whether he may be let in now. */
void oracle_judge(Oracle *oracle, OracleLogin *login, uint64_t now);

/* The backend of that step of his rule has answered him. */
void oracle_answer(Oracle *oracle, OracleLogin *login, size_t step, Result result, uint64_t now);

/* He ends with that; counted says whether a wrong password counts. */
void oracle_end(Oracle *oracle, const OracleLogin *login, Result result, bool counted);

/* It was looked up whether a name is in the group. */
void oracle_look_up(Oracle *oracle, unsigned name, bool is_member, uint64_t now);

/* A sasldb was changed. */
void oracle_forget(Oracle *oracle);
