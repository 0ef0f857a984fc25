/* SPDX-License-Identifier: BSD-2-Clause */
#include "flights.h"

#include "daemon/database_watch.h"
#include "daemon/item_parser.h"
#include "daemon/log.h"
#include "proto/cleanup.h"

#include <sys/epoll.h>

#define UUID_PREFIX "uuid:"

/* Changed passwords count at once. */
static void refresh(Flights *flights)
{
        DatabaseNews news = database_watch_read(flights->database_watch);

        if (news == DATABASE_SAME)
                return;
        login_cache_clear(&flights->cache);
        if (news != DATABASE_LOST)
                return;
        flights->database_source = sd_event_source_disable_unref(flights->database_source);
        flights->database_watch = -1;
        log_line(LOG_WARNING, "sasldb",
                "the sasldb's directory, or one on the way there, has been moved, removed or "
                "replaced, or too much has changed at once: answers of sasldbs are not cached "
                "any more; reload to watch them again");
}

/* Also while nobody asks: what was not read would be lost in the end. */
static int on_database(sd_event_source *source, int fd, uint32_t events, void *flights)
{
        (void)source;
        (void)fd;
        (void)events;
        refresh(flights);
        return 0;
}

int flights_init(Flights *flights, sd_event *event, Digester *digester, int database_watch)
{
        int r;

        *flights = (Flights){.digester = digester, .database_watch = database_watch};
        r = login_cache_init(&flights->cache, event);
        if (r < 0 || database_watch < 0)
                return r;
        return sd_event_add_io(
                event, &flights->database_source, database_watch, EPOLLIN, on_database, flights);
}

void flights_deinit(Flights *flights)
{
        flights->database_source = sd_event_source_disable_unref(flights->database_source);
        login_cache_deinit(&flights->cache);
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

/* The user as the rule's backends know him, but for names that only they know to be the same. */
static bool digest_user(Digester *digester, const Login *login, Digest *digest)
{
        digester_begin(digester);
        digester_add_folded(digester, login_name(login));
        digester_add(digester, login_is_realm_keyed(login) ? login_realm(login) : BYTES_EMPTY);
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

/* Whether a VM stands still for the answer. A QEMU that was started by hand is no VM that we know,
 * and tells by its service what it is. */
static bool is_console(const Login *login)
{
        return login->identity.vm.state != VM_NONE ||
               bytes_equal_string(login->request.service, "spice") ||
               bytes_equal_string(login->request.service, "vnc");
}

/* How long an OK may stand for the same question, in microseconds; 0: it may not. By itself only
 * that of a console may, for the other channels of one login. */
static uint64_t keep_time(const Login *login)
{
        uint64_t keep =
                login->rule->cache_usec > 0 ? login->rule->cache_usec : login->config->cache_usec;

        return is_console(login) && keep < CACHE_BURST_USEC ? CACHE_BURST_USEC : keep;
}

static CacheTimes times_of(const Flights *flights, const Login *login)
{
        if (!is_watched(flights, login))
                return (CacheTimes){};
        return (CacheTimes){keep_time(login), login->rule->stale_usec};
}

bool flights_remember(Flights *flights, const Login *login)
{
        Digest key;

        refresh(flights);
        return digest_login(flights->digester, login, &key) &&
               login_cache_remembers(&flights->cache, &key);
}

static bool digest_text(Digester *digester, Bytes text, Digest *digest)
{
        digester_begin(digester);
        digester_add(digester, text);
        return digester_end(digester, digest);
}

static bool may_be_kept(const Login *login)
{
        return login->times.keep + login->times.stale > 0;
}

/* For those that may be kept: nobody asks for others. */
static bool label(Digester *digester, CacheEntry *entry, const Login *login)
{
        CacheLabels labels;

        if (!may_be_kept(login))
                return true;
        if (!digest_text(digester, login_name(login), &labels.name) ||
                !digest_text(digester, bytes_from_string(login->identity.vm.name), &labels.vm) ||
                !digest_text(digester, bytes_from_string(login->identity.vm.uuid), &labels.uuid) ||
                !digest_text(digester, login->request.password, &labels.password))
                return false;
        login_cache_label(entry, &labels);
        return true;
}

/* Whether it is one, as a rule has it or without "uuid:". */
static bool digest_uuid(Digester *digester, Bytes text, Digest *digest)
{
        char string[sizeof(UUID_PREFIX) + 2 * ITEM_UUID_SIZE], digits[ITEM_UUID_SIZE];
        size_t prefix = strlen(UUID_PREFIX);

        if (!bytes_to_string(text, string, sizeof(string)))
                return false;
        if (strncmp(string, UUID_PREFIX, prefix) != 0)
                prefix = 0;
        return item_read_uuid(string + prefix, digits) &&
               digest_text(digester, bytes_from_string(digits), digest);
}

unsigned flights_flush(Flights *flights, Bytes user, Bytes vm)
{
        bool of_user = user.size > 0;
        unsigned all = login_cache_count(&flights->cache);
        CacheSelection selection;
        Digest digest, uuid;

        /* what cannot be told apart is rather all forgotten than none */
        if (user.size + vm.size == 0 ||
                !digest_text(flights->digester, of_user ? user : vm, &digest)) {
                login_cache_clear(&flights->cache);
                return all;
        }
        selection = of_user ? (CacheSelection){.name = &digest, .account = user}
                            : (CacheSelection){.vm = &digest, .uuid = &uuid};
        if (!of_user && !digest_uuid(flights->digester, vm, &uuid))
                selection.uuid = NULL;
        return login_cache_flush(&flights->cache, &selection);
}

/* *entry stays NULL if there is no memory, or no digest. */
static CacheState enter(Flights *flights, Login *login, CacheEntry **entry, CacheOutcome *known)
{
        Digest key, user = {};
        CacheState state;

        if (!digest_login(flights->digester, login, &key))
                return CACHE_FAILS;
        if (login_cache_has(&flights->cache, &key))
                refresh(flights);
        /* who it is matters only to an entry that begins, and costs as much as the key */
        if (!login_cache_has(&flights->cache, &key) &&
                !digest_user(flights->digester, login, &user))
                return CACHE_FAILS;
        login->times = times_of(flights, login);
        state = login_cache_enter(&flights->cache, &key, &user, entry, known);
        if (state == CACHE_LEADS && !label(flights->digester, *entry, login)) {
                login_cache_abandon(&flights->cache, TAKE_PTR(*entry));
                return CACHE_FAILS;
        }
        return state;
}

CacheState flights_enter(Flights *flights, Login *login, uint64_t expires,
        void (*landed)(CacheJoiner *joiner, const CacheOutcome *outcome), CacheOutcome *known)
{
        CacheEntry *entry = NULL;
        CacheState state = enter(flights, login, &entry, known);

        /* what he learns is not told to the cache: nothing that is there now may outlive it */
        if (state == CACHE_FAILS && !entry)
                login_cache_clear(&flights->cache);
        if (state == CACHE_LEADS)
                login->flight = entry;
        if (state == CACHE_JOINS) {
                login->joiner.landed = landed;
                login_cache_join(&flights->cache, entry, &login->joiner, expires);
        }
        return state;
}

void flights_decline(const Login *login)
{
        if (login->flight)
                login_cache_decline(login->flight, login->step);
}

void flights_abandon(Flights *flights, Login *login)
{
        if (login->flight)
                login_cache_abandon(&flights->cache, TAKE_PTR(login->flight));
}

CacheOutcome flights_land(Flights *flights, Login *login, const CacheOutcome *outcome)
{
        if (!login->flight)
                return *outcome;
        if (may_be_kept(login))
                refresh(flights);
        return login_cache_land(
                &flights->cache, TAKE_PTR(login->flight), outcome, login->step, &login->times);
}
