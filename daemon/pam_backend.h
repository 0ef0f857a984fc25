/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What a backend of type pam makes of a login's service, as its worker does (pam/pam.c): service=
 * makes the name of a PAM service of it, and services= lists such names. */

#include "daemon/config.h"
#include "proto/service_name.h"

#define PAM_REASON_SIZE 512u

/* Makes the name of PAM's service. Returns false if that can be no name. */
bool pam_backend_service(
        const BackendConfig *backend, Bytes service, char name[static SERVICE_NAME_MAX + 1]);

/* Whether services= lists the name of PAM's service; without it, as with -a, all are served. */
bool pam_backend_lists(const BackendConfig *backend, const char *name);

/* The service of which service= makes that name of PAM's; empty where it makes it of all. Returns
 * false if it makes it of none. */
bool pam_backend_asked_as(const BackendConfig *backend, Bytes name, Bytes *service);

/* Whether no login of that service can get in by the rule: its first backend refuses all, whose
 * word is final. Writes why, in the worker's words first. */
bool pam_backend_bars(
        const Config *config, const Rule *rule, Bytes service, char reason[static PAM_REASON_SIZE]);
