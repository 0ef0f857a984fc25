/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Facts: all that rules may look at when they decide about a login. Nothing is owned. */

#include "daemon/tri.h"
#include "proto/bytes.h"

#include <sys/types.h>
#include <time.h>

typedef enum VmState {
        VM_UNDECIDED, /* could not tell */
        VM_NONE,      /* known to be no VM */
        VM_KNOWN,     /* some VM: at least one of name and uuid is known */
} VmState;

typedef struct VmFact {
        VmState state;
        const char *name; /* exact domain name, or NULL: nobody told it */
        const char *uuid; /* 32 lower-case hexadecimal digits, or NULL: nobody told it */
} VmFact;

typedef struct Facts {
        Bytes login; /* as it arrived, or an account's own name in the second run */
        Bytes realm; /* as it arrived */
        Bytes service;
        Bytes client;       /* "ip;port", or empty: not sent */
        const char *socket; /* the name= of the listen, or NULL: it has none */
        bool uid_known;
        uid_t uid;        /* of the asking process */
        bool unit_known;  /* false: could not tell */
        const char *unit; /* of the asking process, or NULL: it is in none */
        VmFact vm;
        time_t now;
        /* Whether login is in the group of that name, of the backend of that index or, if it is -1,
         * of the system; called only where all else holds. */
        Tri (*is_member)(void *userdata, Bytes login, int backend, const char *group);
        void *userdata;
} Facts;
