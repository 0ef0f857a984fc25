/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The client's side of the control socket (saslward-control(7)): one request, one answer. */

#include <json-c/json.h>

/* Makes a request with that command; further members are added by the caller. */
struct json_object *control_request(const char *command);

/* Sends a request, which is freed, to the daemon whose control socket is in that directory (NULL:
 * the default one). Returns the answer, for the caller; or NULL, and in *error a text for people,
 * for the caller, too: also where the daemon itself says that something is wrong. */
struct json_object *control_ask(const char *directory, struct json_object *request, char **error);

/* The same, but the connection stays open: *fd, -1 if there is no answer, is the caller's. */
struct json_object *control_ask_open(
        const char *directory, struct json_object *request, int *fd, char **error);
