/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * World: a generated configuration, and what its backends would say, for the oracle of
 * test-login-histories: what the rules and the backends say to a login just now, evaluated in the
 * simplest way, without any memory.
 */

#include "daemon/tri.h"
#include "proto/result.h"

#include "random.h"

#define WORLD_PROCESSES 3u
#define WORLD_SOCKETS   3u /* of vmA, of vmB, and of no VM */
#define WORLD_NO_VM     2u
#define WORLD_SERVICES  2u
#define WORLD_CONSOLE   0u /* that service is one of consoles */
#define WORLD_REALMS    2u
#define WORLD_LOGINS    3u /* the last one is another spelling of the first */
#define WORLD_ACCOUNTS  2u
#define WORLD_PASSWORDS 3u
#define WORLD_SASLDB    0u
#define WORLD_BACKENDS  2u /* a sasldb, which is watched, and another */
#define WORLD_RULES_MAX 5u
#define WORLD_NO_RULE   WORLD_RULES_MAX
#define WORLD_TEXT_SIZE 2048u

extern const char *const world_services[WORLD_SERVICES];
extern const char *const world_realms[WORLD_REALMS];
extern const char *const world_logins[WORLD_LOGINS];
extern const char *const world_passwords[WORLD_PASSWORDS];

/* What a login is about; two that are equal are the same question. */
typedef struct WorldQuestion {
        unsigned process, socket, service, realm, login, password;
} WorldQuestion;

typedef struct WorldRule {
        bool permit;
        unsigned service, realm; /* which one, or as many as there are: not given */
        enum { WORLD_VM_A, WORLD_VM_B, WORLD_VM_ANY, WORLD_VM_NONE, WORLD_VM_NOT_GIVEN } vm;
        enum {
                WORLD_USER_NOT_GIVEN,
                WORLD_USER_FIRST,
                WORLD_USER_NOT_SECOND,
                WORLD_USER_GROUP
        } user;
        unsigned backends[WORLD_BACKENDS];
        size_t backend_count;
        bool next_if_unavailable;
        bool has_own_realm;    /* as-realm= is the last one, whatever was typed */
        unsigned cache, stale; /* seconds; 0: not given */
} WorldRule;

typedef struct World {
        WorldRule rules[WORLD_RULES_MAX];
        size_t rule_count;
        unsigned passwords[WORLD_BACKENDS][WORLD_ACCOUNTS][WORLD_REALMS]; /* as many as there are:
                                                                             no such user */
        bool denies[WORLD_BACKENDS][WORLD_ACCOUNTS];
        bool away[WORLD_BACKENDS];
        bool is_member[WORLD_LOGINS]; /* of the group */
        bool groups_away;
} World;

typedef struct WorldDecision {
        size_t rule; /* or WORLD_NO_RULE */
        Tri value;
        bool by_group; /* it turned on the group */
} WorldDecision;

void world_generate(World *world, Random *random);

/* A password, for a user or a question. */
unsigned world_some_password(Random *random);

/* Writes its configuration into out, of WORLD_TEXT_SIZE. */
void world_print(const World *world, char *out);

/* The account that is meant by a login. */
unsigned world_account(unsigned login);

/* What the rules say to the question of somebody of that name, an index of world_logins. */
WorldDecision world_decide(const World *world, const WorldQuestion *question, unsigned name);

/* What a rule's backends are asked: the question with the realm that is handed over. */
WorldQuestion world_hand_over(const WorldRule *rule, const WorldQuestion *question);

/* What a backend says to that. */
Result world_ask(const World *world, unsigned backend, const WorldQuestion *handed);

/* What the rule's backends say. declined[step] tells whether that one has said no. */
Result world_check(const World *world, const WorldRule *rule, const WorldQuestion *question,
        bool declined[WORLD_BACKENDS]);
