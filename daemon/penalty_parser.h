/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading the directive "penalty". */

#include "daemon/parse.h"

/* Reads a line that begins with the directive; words are those behind it. One that is wrong is
 * reported, and left in the configuration, which is then of no use. */
void penalty_parse(Parse *parse, Place place, const Word *words, size_t count);
