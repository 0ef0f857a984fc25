/* SPDX-License-Identifier: BSD-2-Clause */
#include "asking.h"

#include "daemon/cli/output.h"
#include "daemon/cli/process_evidence.h"
#include "proto/cleanup.h"

#include <ctype.h>
#include <pwd.h>
#include <string.h>

#define UUID_DIGITS 32u

bool asking_parse_uuid(const char *text, char digits[static 33])
{
        size_t used = 0;

        for (; *text; text++) {
                if (*text == '-')
                        continue;
                if (!isxdigit((unsigned char)*text) || used == UUID_DIGITS)
                        return false;
                digits[used++] = (char)tolower((unsigned char)*text);
        }
        digits[used] = '\0';
        return used == UUID_DIGITS;
}

static bool is_same(const char *a, const char *b)
{
        return a && b && strcmp(a, b) == 0;
}

static const ListenConfig *find_named(const Config *config, const char *name)
{
        for (size_t i = 0; i < config->listen_count; i++)
                if (is_same(config->listens[i].name, name) ||
                        is_same(config->listens[i].path, name))
                        return &config->listens[i];
        return NULL;
}

static bool set_listen(
        Asking *asking, const Config *config, const Description *description, char **wrong)
{
        asking->listen = description->socket ? find_named(config, description->socket)
                                             : config_usual_listen(config, description->vm);
        if (!asking->listen)
                *wrong = output_format("--socket %s: the configuration has no such listen; give "
                                       "its name= or its path",
                        description->socket);
        return asking->listen != NULL;
}

/* The first source that the configuration believes, or -1. */
static int find_source(const IdentityConfig *identity)
{
        for (int i = 0; i < PEER_SOURCES; i++)
                if (identity->sources[i])
                        return i;
        return -1;
}

static bool set_machine(
        Asking *asking, const Config *config, const Description *description, char **wrong)
{
        int source = find_source(&config->identity);
        char digits[UUID_DIGITS + 1] = "";

        if (description->uuid && !asking_parse_uuid(description->uuid, digits)) {
                *wrong = output_format("--uuid %s: give 32 hexadecimal digits, as virsh domuuid "
                                       "prints them",
                        description->uuid);
                return false;
        }
        asking->evidence.place = PEER_PLACE_MACHINE;
        if (source < 0) /* then only the socket can vouch for it */
                return true;
        asking->evidence.sightings[source].state = SIGHTING_NAMED;
        if (description->vm)
                asking->evidence.sightings[source].name = output_format("%s", description->vm);
        if (description->uuid)
                asking->evidence.sightings[source].uuid = output_format("%s", digits);
        return true;
}

static bool set_process(
        Asking *asking, const Config *config, const Description *description, char **wrong)
{
        asking->facts.uid_known = asking->facts.unit_known = process_evidence(
                config, description->pid, &asking->evidence, &asking->facts.uid, wrong);
        asking->facts.unit = asking->evidence.unit;
        return asking->facts.uid_known;
}

static bool set_identity(
        Asking *asking, const Config *config, const Description *description, char **wrong)
{
        asking->evidence = (Evidence){.exists = true, .certain = true};
        asking->evidence.place = PEER_PLACE_ORDINARY;
        if (description->pid && !set_process(asking, config, description, wrong))
                return false;
        if ((description->vm || description->uuid) &&
                !set_machine(asking, config, description, wrong))
                return false;
        asking->identity = identity_decide(
                &asking->evidence, config->identity.socket ? asking->listen->vm : NULL);
        return true;
}

static bool set_request(Asking *asking, const Description *description, char **wrong)
{
        _cleanup_(free_pointer) char *client = NULL;
        MuxRequest request = {
                .login = bytes_from_string(description->login),
                .password = bytes_from_string("?"), /* not empty, which would be refused */
                .service = bytes_from_string(description->service),
                .realm = bytes_from_string(description->realm),
        };
        size_t size;

        if (description->client) {
                client = output_format("%s%s", description->client,
                        strchr(description->client, ';') ? "" : ";0"); /* any port */
                request.client = bytes_from_string(client);
        }
        if (description->client && !network_is_client(request.client)) {
                *wrong = output_format("--from %s: give an address, as 192.0.2.7 or 2001:db8::1",
                        description->client);
                return false;
        }
        size = mux_request_encode(&request, asking->bytes, sizeof(asking->bytes));
        if (size == 0)
                asking->refusal = "a name is too long";
        else if (mux_request_decode((Bytes){asking->bytes, size}, &asking->request,
                         &asking->refusal) != MUX_REQUEST_COMPLETE &&
                 !asking->refusal)
                asking->refusal = "the request is not complete";
        return true;
}

static bool set_uid(Facts *facts, const char *user, char **wrong)
{
        const struct passwd *entry = isdigit((unsigned char)user[0]) ? NULL : getpwnam(user);
        char *end = NULL;
        unsigned long number = entry ? entry->pw_uid : strtoul(user, &end, 10);

        if (!entry && (end == user || *end != '\0' || number >= UINT32_MAX)) {
                *wrong = output_format("--peer-uid %s: there is no such user; give a name or a "
                                       "number",
                        user);
                return false;
        }
        facts->uid_known = true;
        facts->uid = (uid_t)number;
        return true;
}

static bool set_facts(Asking *asking, const Description *description, Groups *groups, char **wrong)
{
        asking->facts = (Facts){
                .login = asking->request.login,
                .realm = asking->request.realm,
                .service = asking->request.service,
                .client = asking->request.client,
                .socket = asking->listen->name,
                .uid_known = asking->facts.uid_known,
                .uid = asking->facts.uid,
                .unit_known = asking->facts.unit_known || description->peer_unit,
                .unit = asking->facts.unit,
                .vm = asking->identity.vm,
                .now = time(NULL),
                .is_member = groups_is_member,
                .userdata = groups,
        };
        if (description->peer_unit && description->peer_unit[0])
                asking->facts.unit = description->peer_unit;
        return !description->peer_uid || set_uid(&asking->facts, description->peer_uid, wrong);
}

bool asking_init(Asking *asking, const Config *config, const Description *description,
        Groups *groups, char **wrong)
{
        *asking = (Asking){};
        *wrong = NULL;
        return set_request(asking, description, wrong) &&
               set_listen(asking, config, description, wrong) &&
               set_identity(asking, config, description, wrong) &&
               set_facts(asking, description, groups, wrong);
}

void asking_deinit(Asking *asking)
{
        evidence_deinit(&asking->evidence);
}
