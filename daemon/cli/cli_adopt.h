/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward adopt": a configuration that does what saslauthd did here. Returns the exit status. */
int cli_adopt(int argc, char **argv);
