/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The source "machined": the record of systemd-machined for a unit below /machine.slice, found
 * through the link /run/systemd/machines/unit:UNIT.
 */

#include "backends/finding.h"

/* Looks for the machine of that unit. Returns whether it is a container; then nobody is found. */
bool machined_state_find(Bytes unit, Finding *finding);
