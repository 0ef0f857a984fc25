/* SPDX-License-Identifier: BSD-2-Clause */
#include "flights.h"

#include "daemon/database_watch.h"
#include "daemon/duration.h"
#include "proto/cleanup.h"

/* What a viewer needs to open its channels. */
#define BURST_USEC (5 * USEC_PER_SEC)

int flights_init(Flights *flights, sd_event *event, int database_watch)
{
        *flights = (Flights){.digester = digester_new(), .database_watch = database_watch};
        return flights->digester ? login_cache_init(&flights->cache, event) : -ENOMEM;
}

void flights_deinit(Flights *flights)
{
        login_cache_deinit(&flights->cache);
        flights->digester = digester_free(flights->digester);
}

/* The address without the port, which is another one for each channel. */
static Bytes client_address(const MuxRequest *request)
{
        const uint8_t *end = request->client.size > 0
                                     ? memchr(request->client.data, ';', request->client.size)
                                     : NULL;

        return end ? (Bytes){request->client.data, (size_t)(end - request->client.data)}
                   : request->client;
}

/* Over all that the answer depends on: what was asked, by whom, where, and which rule it met. */
static bool digest_login(Digester *digester, const Login *login, Digest *digest)
{
        const VmFact *vm = &login->identity.vm;
        const Bytes fields[] = {login->request.login, login->request.password,
                login->request.service, login->request.realm, client_address(&login->request),
                login_name(login), login_realm(login), bytes_from_string(vm->name),
                bytes_from_string(vm->uuid)};

        digester_begin(digester);
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
                digester_add(digester, fields[i]);
        digester_add_number(digester, login->peer->serial);
        digester_add_number(digester, (uint64_t)(login->listen - login->config->listens));
        digester_add_number(digester, login->rule->number);
        return digester_end(digester, digest);
}

/* The user as the rule's backends know him. */
static bool digest_user(Digester *digester, const Login *login, Digest *digest)
{
        digester_begin(digester);
        digester_add(digester, login_name(login));
        digester_add(digester, login_realm(login));
        for (size_t i = 0; i < login->rule->backend_count; i++)
                digester_add_number(digester, login->rule->backends[i]);
        return digester_end(digester, digest);
}

/* Whether a changed password would be noticed. */
static bool is_watched(const Flights *flights, const Login *login)
{
        for (size_t i = 0; i < login->rule->backend_count; i++)
                if (login->config->backends[login->rule->backends[i]].mechanism->watched &&
                        flights->database_watch < 0)
                        return false;
        return true;
}

/* How long an OK may stand for the same question, in microseconds; 0: it may not. By itself only
 * that of a VM may, for the other channels of one console login: the VM stands still for each. */
static uint64_t keep_time(const Flights *flights, const Login *login)
{
        uint64_t keep =
                login->rule->cache_usec > 0 ? login->rule->cache_usec : login->config->cache_usec;

        if (!is_watched(flights, login))
                return 0;
        return login->identity.vm.state != VM_NONE && keep < BURST_USEC ? BURST_USEC : keep;
}

/* Changed passwords count at once. */
static void refresh(Flights *flights)
{
        if (database_watch_changed(flights->database_watch))
                login_cache_clear(&flights->cache);
}

CacheState flights_enter(Flights *flights, Login *login, uint64_t expires,
        void (*landed)(CacheJoiner *joiner, const CacheOutcome *outcome), Bytes *account)
{
        CacheEntry *entry = NULL;
        Digest key, user;
        CacheState state;

        login->keep_usec = keep_time(flights, login);
        if (login->keep_usec == 0 || !digest_login(flights->digester, login, &key) ||
                !digest_user(flights->digester, login, &user))
                return CACHE_FAILS;
        refresh(flights);
        state = login_cache_enter(&flights->cache, &key, &user, &entry, account);
        if (state == CACHE_LEADS)
                login->flight = entry;
        if (state == CACHE_JOINS) {
                login->joiner.landed = landed;
                login_cache_join(&flights->cache, entry, &login->joiner, expires);
        }
        return state;
}

void flights_land(Flights *flights, Login *login, const CacheOutcome *outcome)
{
        if (!login->flight)
                return;
        refresh(flights);
        login_cache_land(&flights->cache, TAKE_PTR(login->flight), outcome, login->keep_usec);
}
