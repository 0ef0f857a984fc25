/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Whether a login belongs to a system (NSS) group: the front's question to the worker "resolve"
 * (the frame "member") and its answer (the frame "membership").
 */

#include "bytes.h"

#define MEMBERSHIP_TEXT_MAX 255u

typedef struct MembershipQuestion {
        uint64_t id;
        Bytes login;
        Bytes group;
} MembershipQuestion;

/* "Not found" never reads as "not a member": a group must resolve. */
typedef enum MembershipState {
        MEMBERSHIP_NO,
        MEMBERSHIP_YES,
        MEMBERSHIP_UNDECIDED, /* text says why */
} MembershipState;

typedef struct Membership {
        uint64_t id;
        MembershipState state;
        Bytes text; /* for the log */
} Membership;

/* Write the frames into buffer. Return their size, or 0 if they do not fit. */
size_t membership_question_encode(const MembershipQuestion *question, uint8_t *buffer, size_t size);
size_t membership_encode(const Membership *membership, uint8_t *buffer, size_t size);

/* Read the bodies of frames; views point into them. Return false for anything else. */
bool membership_question_decode(Bytes body, MembershipQuestion *question);
bool membership_decode(Bytes body, Membership *membership);
