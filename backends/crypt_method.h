/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Methods of crypt(5). Where there is no hash to compare with, since there is no such user, one is
 * computed all the same, by the method and at the cost of those that there are: else time would
 * tell who exists.
 */

#include <stdbool.h>

#define CRYPT_METHOD_SIZE 64

/* Makes a setting for crypt(3) with the method and cost of that hash, and a salt that is nobody's.
 * Returns false for a hash of a method that takes no time to speak of, and for what is none. */
bool crypt_method_setting(const char *hash, char setting[static CRYPT_METHOD_SIZE]);
