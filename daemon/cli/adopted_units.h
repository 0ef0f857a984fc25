/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What systemd has to know so that the sockets are where instances of saslauthd had theirs, and
 * within reach of the same users. Pure. */

#include "daemon/cli/saslauthd_settings.h"

#include <stdio.h>

/* Writes a drop-in for saslwardd.socket. Returns false, with nothing written, if none is needed. */
bool adopted_units_write_socket(const SaslauthdSettings *settings, FILE *out);

/* Writes a file for tmpfiles.d(5). statoverrides is dpkg's table. Returns false, with nothing
 * written, where saslauthd's start does not make directories. */
bool adopted_units_write_directories(
        const SaslauthdSettings *settings, Bytes statoverrides, FILE *out);
