/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * SystemCalls: what each process may ask the kernel for, as tables. A name that this machine's
 * libseccomp or processor does not have is left out. Pure data; sandbox.c makes filters of it.
 */

#include <seccomp.h>

/* In a condition: the number of the process that enters the filter, put in when it does. No process
 * has this one (PID_MAX_LIMIT, linux/threads.h). */
#define SYSTEM_CALLS_OWN_PID 0x5a5a5a5au

/* A system call under a condition on its arguments. Several for one call: any of them may hold. */
typedef struct ConditionalCall {
        const char *name; /* NULL ends a list */
        struct scmp_arg_cmp conditions[2];
        unsigned condition_count;
} ConditionalCall;

typedef struct SystemCalls {
        uint32_t otherwise;                 /* the action (SCMP_ACT_…) for what is in no list */
        const char *const *const *lists;    /* NULL-terminated, of NULL-terminated lists of names */
        uint32_t action;                    /* for what is in the lists */
        const ConditionalCall *conditional; /* the same, under their conditions; or NULL */
        const char *const *refused;         /* EPERM, whatever otherwise says; or NULL */
        const char *const *absent;          /* ENOSYS, as on an older kernel; or NULL */
} SystemCalls;

extern const SystemCalls system_calls_supervisor;
extern const SystemCalls system_calls_front;
extern const SystemCalls system_calls_sasldb;
extern const SystemCalls system_calls_resolve;
extern const SystemCalls system_calls_shadow;
extern const SystemCalls system_calls_ldap;
