/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Asking: a login as somebody describes it, as the daemon would see it: the request is encoded and
 * decoded, who asks is decided from evidence. */

#include "daemon/cli/groups.h"
#include "daemon/identity.h"
#include "proto/request.h"

/* What was said of it; NULL = nothing. */
typedef struct Description {
        const char *service, *login, *realm;
        const char *vm, *uuid;
        const char *pid;                  /* instead of vm, uuid and peer_…: one that runs */
        const char *client;               /* address */
        const char *peer_uid, *peer_unit; /* a unit "" = in none */
        const char *socket;               /* name= or path of a listen */
} Description;

typedef struct Asking {
        uint8_t bytes[MUX_REQUEST_MAX];
        MuxRequest request;  /* views into bytes */
        const char *refusal; /* why no rule is asked, or NULL */
        const ListenConfig *listen;
        Evidence evidence;
        Identity identity;
        Facts facts; /* groups are asked for by a Groups */
} Asking;

/* Prepares a login. Returns false if the description makes no sense, with *wrong, owned by the
 * caller, saying what would. Free with asking_deinit() in any case. */
bool asking_init(Asking *asking, const Config *config, const Description *description,
        Groups *groups, char **wrong);
void asking_deinit(Asking *asking);

/* Reads a UUID with or without hyphens into 32 lower-case digits. */
bool asking_parse_uuid(const char *text, char digits[static 33]);
