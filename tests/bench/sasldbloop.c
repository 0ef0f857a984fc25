/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Nothing but the calls of libsasl2 that a look-up in a sasldb consists of in our worker, again and
 * again in some processes at once: what the machine makes possible.
 *
 *      sasldbloop PROCESSES SECONDS DATABASE REALM LOGIN PASSWORD
 *
 * prints the logins a second of all together. Exits with 1 if one was refused.
 */

#include "backends/auxprop.h"
#include "loop.h"

#include <stdio.h>
#include <stdlib.h>

static const char *database, *realm, *login, *password;

static bool prepare(void)
{
        return auxprop_init(database, "localhost") == 0;
}

static bool log_in(void)
{
        return auxprop_check(login, realm, password) == AUXPROP_MATCH;
}

int main(int argc, char **argv)
{
        if (argc != 7) {
                (void)fprintf(stderr,
                        "usage: sasldbloop PROCESSES SECONDS DATABASE REALM LOGIN PASSWORD\n");
                return 2;
        }
        database = argv[3];
        realm = argv[4];
        login = argv[5];
        password = argv[6];
        return loop_run((unsigned)atoi(argv[1]), strtod(argv[2], NULL), prepare, log_in);
}
