/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The files NAME.pid that libvirt keeps for its virtual machines. Pure. */

#include "proto/bytes.h"

#include <sys/types.h>

/* Takes the domain's name out of a file's name. Returns false if it is no domain's. */
bool pid_file_domain(Bytes file, Bytes *domain);

/* Reads the content of one: a PID, a newline at most behind it. Returns false for anything else. */
bool pid_file_parse(Bytes content, pid_t *pid);
