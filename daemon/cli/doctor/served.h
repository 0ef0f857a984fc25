/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What the rules say of services and backends, whoever asks. */

#include "daemon/config.h"

/* Whether the rule permits logins of that service. */
bool served_by_rule(const Rule *rule, const char *service);

/* Whether a rule permits it that says for which services it is. */
bool served_by_name(const Config *config, const char *service);

/* Whether a rule permits it that is for consoles: it says so by service= or vm=. */
bool served_at_consoles(const Config *config, const char *service);

/* Whether any rule permits it. */
bool served_by_any(const Config *config, const char *service);

/* Whether the rule asks the backend of that index. */
bool served_by_backend(const Rule *rule, size_t backend);

/* The value of KEY=VALUE among the backend's arguments; else what its mechanism has for it, or
 * NULL. */
const char *served_argument(const BackendConfig *backend, const char *key);
