/* SPDX-License-Identifier: BSD-2-Clause */
#include "codes.h"

#include <security/pam_appl.h>
#include <stddef.h>

typedef struct CodeRow {
        Result authenticate;
        Result account;
        const char *reason;
} CodeRow;

/* All of <security/_pam_types.h>, Linux-PAM 1.5. */
static const CodeRow rows[] = {
        [PAM_SUCCESS] = {RESULT_OK, RESULT_OK, ""},
        [PAM_OPEN_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "a module could not be loaded"},
        [PAM_SYMBOL_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "a module lacks a function"},
        [PAM_SERVICE_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "error in a module"},
        [PAM_SYSTEM_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "system error"},
        [PAM_BUF_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "out of memory"},
        [PAM_PERM_DENIED] = {RESULT_DENIED, RESULT_DENIED, "permission denied"},
        [PAM_AUTH_ERR] = {RESULT_MISMATCH, RESULT_DENIED, "authentication failure"},
        [PAM_CRED_INSUFFICIENT] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE,
                "no access to the passwords"},
        [PAM_AUTHINFO_UNAVAIL] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE,
                "the user database cannot be reached"},
        [PAM_USER_UNKNOWN] = {RESULT_UNKNOWN, RESULT_UNKNOWN, "no such user"},
        [PAM_MAXTRIES] = {RESULT_DENIED, RESULT_DENIED, "too many tries"},
        [PAM_NEW_AUTHTOK_REQD] = {RESULT_DENIED, RESULT_DENIED,
                "the password must be changed first"},
        [PAM_ACCT_EXPIRED] = {RESULT_DENIED, RESULT_DENIED, "the account has expired"},
        [PAM_SESSION_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "session error"},
        [PAM_CRED_UNAVAIL] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "credentials unavailable"},
        [PAM_CRED_EXPIRED] = {RESULT_DENIED, RESULT_DENIED, "the credentials have expired"},
        [PAM_CRED_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "credentials could not be set"},
        [PAM_NO_MODULE_DATA] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "a module misses its data"},
        [PAM_CONV_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE,
                "a module asked what we cannot answer"},
        [PAM_AUTHTOK_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE,
                "the password could not be handled"},
        [PAM_AUTHTOK_RECOVERY_ERR] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE,
                "the stored password cannot be read"},
        [PAM_AUTHTOK_LOCK_BUSY] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE,
                "the password file is locked"},
        [PAM_AUTHTOK_DISABLE_AGING] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE,
                "password aging is disabled"},
        [PAM_TRY_AGAIN] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE,
                "the module wants to be asked again"},
        [PAM_IGNORE] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "no module decided"},
        [PAM_ABORT] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "critical error, PAM gave up"},
        [PAM_AUTHTOK_EXPIRED] = {RESULT_DENIED, RESULT_DENIED, "the password has expired"},
        [PAM_MODULE_UNKNOWN] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE,
                "a module is not installed"},
        [PAM_BAD_ITEM] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "bad item"},
        [PAM_CONV_AGAIN] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "a module waits for an event"},
        [PAM_INCOMPLETE] = {RESULT_UNAVAILABLE, RESULT_UNAVAILABLE, "a module has not finished"},
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == _PAM_RETURN_VALUES,
        "every code of this Linux-PAM is listed");

Result pam_code_to_result(PamStage stage, int code, const char **reason)
{
        const CodeRow *row;

        *reason = "a return code that Linux-PAM did not have when this was written";
        if (code < 0 || (size_t)code >= sizeof(rows) / sizeof(rows[0]))
                return RESULT_UNAVAILABLE;
        row = &rows[code];
        *reason = row->reason;
        if (stage == PAM_STAGE_AUTHENTICATE)
                return row->authenticate;
        if (stage == PAM_STAGE_ACCOUNT)
                return row->account;
        return code == PAM_SUCCESS ? RESULT_OK : RESULT_UNAVAILABLE;
}
