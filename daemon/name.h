/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Names as they arrive: logins, realms, services. */

#include "proto/bytes.h"

/* Whether a name has a blank at one of its ends or a control byte anywhere. Backends trim names,
 * each in its own way, so a rule about "eve" would not see "eve ". */
bool name_is_odd(Bytes name);
