/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward users": lists the users of a sasldb. Returns the exit status. */
int cli_users(int argc, char **argv);
