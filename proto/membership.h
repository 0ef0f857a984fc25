/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Whether a login belongs to a group: the front's question (the frame "member") to the worker
 * "resolve", for a system (NSS) group, or to a backend that knows groups, and the answer (the frame
 * "membership").
 */

#include "bytes.h"

#define MEMBERSHIP_TEXT_MAX 255u

typedef struct MembershipQuestion {
        uint64_t id;
        Bytes login;
        Bytes group;
        /* For backends whose templates want them; may be missing in a frame. */
        Bytes realm;
        Bytes service;
        Bytes vm_name;      /* of the VM that asks; empty: none does, or nobody told it */
        Bytes vm_uuid;      /* the same; 32 lower-case hexadecimal digits */
        uint64_t time_msec; /* how long an answer is waited for; 0 = not said */
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
