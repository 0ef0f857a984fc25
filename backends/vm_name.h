/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What a VM's name and UUID may look like. Names are compared byte by byte, so none is ever cut,
 * mended or normalised: what cannot be a name is refused. Pure. */

#include "proto/peer.h"

/* Returns NULL, or what is wrong with a name. */
const char *vm_name_complaint(Bytes name);

/* Reads a UUID in its usual form, 8-4-4-4-12 hexadecimal digits, into the form of reports. Returns
 * false for anything else. */
bool vm_uuid_parse(Bytes text, char uuid[static PEER_UUID_SIZE + 1]);
