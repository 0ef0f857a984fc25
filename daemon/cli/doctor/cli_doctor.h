/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* saslward doctor. */

int cli_doctor(int argc, char **argv);
