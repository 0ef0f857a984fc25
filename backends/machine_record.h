/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* MachineRecord: what systemd-machined writes into /run/systemd/machines/NAME. Pure. */

#include "proto/peer.h"

typedef struct MachineRecord {
        char name[PEER_NAME_MAX + 1];
        char unit[PEER_UNIT_MAX + 1];
        char service[PEER_UNIT_MAX + 1]; /* who registered it; may be empty */
        char uuid[PEER_UUID_SIZE + 1];   /* may be empty */
        bool is_container;               /* else a virtual machine */
} MachineRecord;

/* Reads a whole record. Returns NULL, or what is wrong with it. */
const char *machine_record_parse(Bytes content, MachineRecord *record);

/* Whether the machine's name is the one that its administrator gave it. libvirt's is made from a
 * domain's name, and different domains can get the same. */
bool machine_record_name_is_exact(const MachineRecord *record);
