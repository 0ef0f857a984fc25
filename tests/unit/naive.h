/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The rules once more, in the slowest way: the oracle of test-ruleset. One rule after the other; a
 * value is the set of what it may turn out to be; a pattern is glyphs, so that what a token stands
 * for cannot become a star. Knows what the generator makes: no brackets in patterns, no quoted
 * units, no networks.
 */

#include "daemon/ruleset.h"

/* What ruleset_decide() must say. */
Decision naive_decide(const Rule *rules, size_t count, const Facts *facts);

/* What ruleset_blame_vm() must say of the first 1000 rules. */
const Rule *naive_blame_vm(const Rule *rules, size_t count, const Facts *facts);
