/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Penalties: whether a login may go to the backends, after all the wrong passwords that were tried
 * for the same user by the same asker from the same network. It is never delayed, and nobody is
 * shut out: the next check is a short time away.
 */

#include "daemon/front_memory.h"
#include "daemon/login.h"

/* Whether the password may be checked, at now (microseconds, CLOCK_MONOTONIC). It then counts as a
 * wrong one until penalties_settle() says otherwise. */
bool penalties_admit(const FrontMemory *memory, Login *login, uint64_t now);

/* Tells how the check of one that was admitted has ended. */
void penalties_settle(const FrontMemory *memory, const Login *login, Result result);
