/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Identity: which VM a process is, decided from what the sources say of it. A rule about VMs can
 * only be as good as this table, so it stands here in one piece (identity.c).
 */

#include "daemon/facts.h"
#include "proto/peer.h"

/* What is known of a process; strings are owned. */
typedef struct Evidence {
        bool exists;  /* the kernel names a process, and it was there while we looked */
        bool certain; /* it is the one that connected, not another under its number */
        PeerPlace place;
        char *unit; /* or NULL */
        char *text; /* why nothing more is known, or NULL */
        struct {
                SightingState state;
                char *name; /* or NULL */
                char *uuid; /* or NULL */
                char *text; /* or NULL */
        } sightings[PEER_SOURCES];
} Evidence;

/* Which row of the table was met. */
typedef enum IdentityRow {
        IDENTITY_NO_PROCESS,
        IDENTITY_UNCERTAIN,
        IDENTITY_UNREADABLE,
        IDENTITY_DISAGREEMENT,
        IDENTITY_NAMED,
        IDENTITY_CONTAINER,
        IDENTITY_USER,
        IDENTITY_NOBODY_VOUCHES,
        IDENTITY_NO_VM,
} IdentityRow;

typedef struct Identity {
        IdentityRow row;
        VmFact vm; /* points into the evidence, or is the socket's VM */
        const Evidence *evidence;
        const char *socket_vm;
} Identity;

/* Takes a report over into *evidence, whose exists and certain are the caller's. Returns 0 or
 * -ENOMEM. Free with evidence_deinit(). */
int evidence_take(Evidence *evidence, const PeerReport *report);
void evidence_deinit(Evidence *evidence);

/* The decision. socket_vm is the VM whose socket was used, or NULL; nothing is copied. */
Identity identity_decide(const Evidence *evidence, const char *socket_vm);

/* Writes what the log says of it behind "vm=": the VM, its UUID and who vouches, "none", or "? "
 * and which source failed how. Returns out. */
char *identity_format(const Identity *identity, char *out, size_t size);
