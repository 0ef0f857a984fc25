/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * What each return code of Linux-PAM means for a login. "Could not tell" is not "wrong password": a
 * code that is not about the account or its password is UNAVAILABLE, and so is one that we do not
 * know.
 */

#include "proto/result.h"

/* The function that returned the code: the same code means another thing in each. */
typedef enum PamStage {
        PAM_STAGE_START,        /* pam_start(), pam_set_item() */
        PAM_STAGE_AUTHENTICATE, /* pam_authenticate(): is the password right? */
        PAM_STAGE_ACCOUNT,      /* pam_acct_mgmt(): may the account log in now? */
} PamStage;

/* The result for a code returned at a stage. *reason is a text for the log, never NULL. */
Result pam_code_to_result(PamStage stage, int code, const char **reason);
