/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading the directives "permit" and "deny". */

#include "daemon/parse.h"

/* The options that are conditions, of a target that begins with a Rule. */
extern const OptionKind rule_conditions[];

/* Reads a line that begins with the directive; words are those behind it. A rule that is wrong is
 * reported, and left in the configuration, which is then of no use. */
void rule_parse(Parse *parse, bool permit, Place place, const Word *words, size_t count);
