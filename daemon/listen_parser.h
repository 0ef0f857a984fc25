/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading the directive "listen". */

#include "daemon/parse.h"

/* Reads a line that begins with the directive; words are those behind it. What is wrong is
 * reported, and the configuration then of no use. */
void listen_parse(Parse *parse, Place place, const Word *words, size_t count);
