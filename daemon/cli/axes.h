/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Axes: whom and what the rules name: users, services, VMs, and what else a rule may look at. */

#include "daemon/cli/domains.h"
#include "daemon/config.h"

typedef enum AxisKind {
        AXIS_TEXT,  /* exactly that */
        AXIS_GLOB,  /* something that matches, and is named nowhere else */
        AXIS_GROUP, /* of users: somebody in that group, and in no other */
        AXIS_UUID,  /* of VMs: one with that UUID */
        AXIS_OTHER, /* none of the others */
        AXIS_NONE,  /* of VMs: no VM; else nothing was sent */
} AxisKind;

typedef struct AxisEntry {
        AxisKind kind;
        bool has_tokens;
        char *label; /* for people */
        char *text;  /* text, pattern, group without @, UUID; with tokens, if it has some */
        /* of VMs: */
        char *uuid; /* or NULL: unknown */
        bool running;
        /* of sockets: */
        const char *vm; /* whose socket it is, or NULL */
} AxisEntry;

typedef struct Axis {
        AxisEntry *entries;
        size_t count;
} Axis;

typedef struct Axes {
        Axis users, services, vms;
        Axis realms, sockets, clients; /* empty if no rule looks at them */
} Axes;

/* Adds what a configuration names; it must outlive the axes. Groups of the system stand as their
 * members where they resolve. */
void axes_add_config(Axes *axes, const Config *config);

/* Adds the VMs of the host. */
void axes_add_domains(Axes *axes, const Domains *domains);

/* Adds a word of the command line to an axis, unless it is there. */
void axes_add_word(Axis *axis, const char *word);

/* Adds what is named nowhere. Nothing can be added afterwards. */
void axes_complete(Axes *axes);

/* Leaves only the entries of those labels; with none given, all. */
void axes_keep(Axis *axis, const char *const *labels, size_t count);

void axes_deinit(Axes *axes);
