/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Configurations made up at random, such as the parser would make of some text: not by way of text,
 * so that they say what a text should have been read as. */

#include "daemon/config.h"

#include "random.h"

/* Initialises a configuration that is right on the machine of parsing.h, and complete. */
void config_generate(Config *config, Random *random);
