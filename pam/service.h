/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* PAM services: whether somebody has configured them. */

#include "proto/service_name.h"

/* Whether PAM finds a configuration for the service itself, so that it does not use "other". */
bool service_is_configured(const char *name);
