/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Ruling: what the configuration makes of one login before any password is looked at, in the words
 * of the log. */

#include "daemon/config.h"
#include "daemon/ruleset.h"
#include "proto/request.h"

#define RULING_NAME_SIZE   (2 * MUX_NAME_MAX + 2)
#define RULING_REASON_SIZE 512

typedef enum RulingKind {
        RULING_ASK,       /* the rule's backends are asked */
        RULING_REFUSED,   /* by a rule, or by the lack of one */
        RULING_UNDECIDED, /* what a rule needs could not be told; refused */
} RulingKind;

typedef struct Ruling {
        RulingKind kind;
        Decision decision;
        bool at_socket;                  /* allow= of the socket decided, not a rule */
        char reason[RULING_REASON_SIZE]; /* unless the backends are asked */
        /* for the backends: */
        char name[RULING_NAME_SIZE];
        char realm[RULING_NAME_SIZE];
        uint64_t deadline_usec; /* for an answer, but see ruling_deadline() */
} Ruling;

/* Decides. *failure is a text that the facts' is_member() leaves when it cannot tell, or NULL. */
void ruling_make(const Config *config, const Ruleset *ruleset, const ListenConfig *listen,
        const Facts *facts, const char *const *failure, Ruling *ruling);

/* Parts of it. Whether who asks may use the socket at all. */
Tri ruling_may_ask(const ListenConfig *listen, const Facts *facts);

/* Why a login is refused, in out of RULING_REASON_SIZE: no rule matched; a condition could not be
 * told (failure as above); its rule denies it. */
void ruling_tell_unmatched(
        const Config *config, const Ruleset *ruleset, const Facts *facts, char *out);
void ruling_tell_undecided(
        const Condition *condition, const Facts *facts, const char *failure, char *out);
void ruling_tell_denied(const Rule *rule, const Facts *facts, char *out);

/* How long an answer is waited for, in microseconds, unless a backend says otherwise; who asks is
 * that VM, or none. */
uint64_t ruling_patience(const Config *config, const Rule *rule, VmState vm);

/* Expands as= or as-realm= into out of RULING_NAME_SIZE. Returns false if something in it is not
 * known; RULING_NOT_KNOWN is the reason then. */
bool ruling_expand(const char *template, const Facts *facts, char *out);
#define RULING_NOT_KNOWN "as= or as-realm= needs what is not known here"

/* How long an answer of one of the rule's backends is waited for, in microseconds. */
uint64_t ruling_deadline(const Ruling *ruling, const BackendConfig *backend);
