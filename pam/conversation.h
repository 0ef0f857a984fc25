/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Conversation: what modules ask and say during one login (pam_conv(3)). A prompt without echo is
 * answered with the password, one with echo with the login; what modules tell the user is kept for
 * the log; anything else ends the login.
 */

#include <security/pam_appl.h>

typedef struct Conversation {
        const char *login;
        const char *password;
        char said[256]; /* by the modules, for the log; separated by " / " */
} Conversation;

/* For pam_start(): conversation must outlive the handle. */
struct pam_conv conversation_pam(Conversation *conversation);
