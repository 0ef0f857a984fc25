/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* GroupMember: whether a login belongs to a group of the system, through NSS (which may take long).
 */

#include "proto/membership.h"

typedef struct GroupMember {
        MembershipState state;
        char text[MEMBERSHIP_TEXT_MAX + 1]; /* why it is undecided */
} GroupMember;

/* Looks it up. */
void group_member_look_up(Bytes login, Bytes group, GroupMember *member);
