/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Nothing but the calls that a PAM login consists of, again and again in some processes at once,
 * with the modules kept loaded: what the machine makes possible.
 *
 *      pamloop PROCESSES SECONDS SERVICE LOGIN PASSWORD
 *
 * prints the logins a second of all together. Exits with 1 if one was refused.
 */

#include "loop.h"

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *service, *login, *password;

static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
        void *userdata)
{
        (void)messages;
        (void)userdata;
        *responses = calloc((size_t)count, sizeof(**responses));
        for (int i = 0; *responses && i < count; i++)
                (*responses)[i].resp = strdup(password);
        return *responses ? PAM_SUCCESS : PAM_BUF_ERR;
}

static const struct pam_conv conv = {converse, NULL};

/* Keeps the modules loaded. */
static bool prepare(void)
{
        pam_handle_t *pin = NULL;

        return pam_start(service, NULL, &conv, &pin) == PAM_SUCCESS;
}

static bool log_in(void)
{
        pam_handle_t *handle = NULL;
        int code = pam_start(service, login, &conv, &handle);

        if (code == PAM_SUCCESS)
                code = pam_authenticate(handle, 0);
        if (code == PAM_SUCCESS)
                code = pam_acct_mgmt(handle, 0);
        (void)pam_end(handle, code);
        return code == PAM_SUCCESS;
}

int main(int argc, char **argv)
{
        if (argc != 6) {
                (void)fprintf(stderr, "usage: pamloop PROCESSES SECONDS SERVICE LOGIN PASSWORD\n");
                return 2;
        }
        service = argv[3];
        login = argv[4];
        password = argv[5];
        return loop_run((unsigned)atoi(argv[1]), strtod(argv[2], NULL), prepare, log_in);
}
