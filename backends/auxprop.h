/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * One account's userPassword, looked up by libsasl2's sasldb plugin and compared.
 *
 * This is what a SASL mechanism does, so we are one to libsasl2: a server plug-in of the public
 * interface (saslplug.h) which asks for userPassword and for nothing else. sasl_checkpass() would
 * ask for cyrus-sasl 1's cmusaslsecretPLAIN as well, and open the database a second time for it,
 * which doubles the cost of a login; and it compares with strcmp().
 */

#include <stdbool.h>
#include <stddef.h>

typedef enum AuxpropOutcome {
        AUXPROP_MATCH,
        AUXPROP_MISMATCH,
        AUXPROP_NO_USER, /* or libsasl2 looked for another key than login and realm */
        AUXPROP_NO_PLUGIN,
        AUXPROP_FAILED,
} AuxpropOutcome;

/* Prepares libsasl2 with the database at path. path and host (the machine's name) are kept, not
 * copied. Returns 0, or -ELIBACC. */
int auxprop_init(const char *path, const char *host);
void auxprop_deinit(void);

/* Looks a user up and compares the password, which is NUL-terminated, in a time that does not tell
 * where they differ. */
AuxpropOutcome auxprop_check(const char *login, const char *realm, const char *password);

/* What libsasl2 said about the last AUXPROP_FAILED. Valid until the next check. */
const char *auxprop_complaint(void);
