/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Attribute types, as in filters and DNs: a word or numbers with dots between them (RFC 4512,
 * section 1.4). In templates tokens may be a part of the word. */

#include "bytes.h"

/* Takes one off *text. Returns whether there was one. */
bool ldap_type_take(Bytes *text);

/* The same with its options, as in cn;lang-en. */
bool ldap_type_take_description(Bytes *text);
