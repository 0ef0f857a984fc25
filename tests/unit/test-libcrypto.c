/* SPDX-License-Identifier: BSD-2-Clause */

/* What becomes of logins where libcrypto makes no digest, as when it has no memory left: linked
 * with --wrap= for the functions that then fail. */

#include "daemon/flights.h"
#include "daemon/penalties.h"

#include "parsing.h"
#include "table.h"

#include <errno.h>
#include <openssl/evp.h>

#define SECOND UINT64_C(1000000)
#define CONFIG                                                                                     \
        "backend b shadow\nlisten /mux\npermit service=kept with=b cache=10m\n"                    \
        "permit with=b\n"

int __real_EVP_MAC_final(EVP_MAC_CTX *context, unsigned char *out, size_t *size, size_t room);
int __wrap_EVP_MAC_final(EVP_MAC_CTX *context, unsigned char *out, size_t *size, size_t room);
int __real_EVP_MAC_CTX_set_params(EVP_MAC_CTX *context, const OSSL_PARAM *parameters);
int __wrap_EVP_MAC_CTX_set_params(EVP_MAC_CTX *context, const OSSL_PARAM *parameters);

static struct {
        unsigned digest; /* that digest from now on fails, once; 0: none does */
        bool parameters;
} failing;

int __wrap_EVP_MAC_final(EVP_MAC_CTX *context, unsigned char *out, size_t *size, size_t room)
{
        if (failing.digest > 0 && --failing.digest == 0)
                return 0;
        return __real_EVP_MAC_final(context, out, size, room);
}

int __wrap_EVP_MAC_CTX_set_params(EVP_MAC_CTX *context, const OSSL_PARAM *parameters)
{
        return failing.parameters ? 0 : __real_EVP_MAC_CTX_set_params(context, parameters);
}

/* Without SHA-256 no front is started. */
static void test_no_digester(void **state)
{
        FrontMemory memory;

        (void)state;
        failing.parameters = true;
        assert_null(digester_new());
        assert_int_equal(front_memory_init(&memory), -ENOMEM);
        front_memory_deinit(&memory);
        failing.parameters = false;
}

static void test_digest(void **state)
{
        static const Digest nothing = {};
        Digester *digester = digester_new();
        Digest digest;

        (void)state;
        assert_non_null(digester);
        memset(&digest, 'x', sizeof(digest));
        failing.digest = 1;
        digester_begin(digester);
        digester_add(digester, BYTES("password"));
        assert_false(digester_end(digester, &digest));
        assert_memory_equal(&digest, &nothing, sizeof(digest));
        digester_begin(digester);
        assert_true(digester_end(digester, &digest));
        assert_null(digester_free(digester));
}

typedef struct Fixture {
        Parsed parsed;
        FrontMemory memory;
        sd_event *event;
        PeerTable peers;
        Peer peer;
        Flights flights;
} Fixture;

static void set_up(Fixture *fixture)
{
        *fixture = (Fixture){};
        parsed_init(&fixture->parsed, bytes_from_string(CONFIG));
        assert_int_equal(fixture->parsed.errors, 0);
        assert_int_equal(front_memory_init(&fixture->memory), 0);
        assert_int_equal(sd_event_new(&fixture->event), 0);
        assert_int_equal(
                flights_init(&fixture->flights, fixture->event, fixture->memory.digester, -1), 0);
        fixture->peers.event = fixture->event;
        fixture->peer = (Peer){
                .table = &fixture->peers,
                .serial = 1,
                .asker = asker_get(&fixture->peers.askers, NULL, 1000),
        };
        assert_non_null(fixture->peer.asker);
}

static void tear_down(Fixture *fixture)
{
        (void)asker_unref(fixture->peer.asker);
        asker_table_deinit(&fixture->peers.askers);
        flights_deinit(&fixture->flights);
        (void)sd_event_unref(fixture->event);
        front_memory_deinit(&fixture->memory);
        parsed_deinit(&fixture->parsed);
}

/* A login that its rule has let in to be checked, with that password. */
static Login login_with(Fixture *fixture, const char *password)
{
        const Config *config = &fixture->parsed.config;

        return (Login){
                .request = {.login = BYTES("alice"),
                        .password = bytes_from_string(password),
                        .service = BYTES("kept")},
                .listen = &config->listens[0],
                .peer = &fixture->peer,
                .charge.asker = fixture->peer.asker,
                .config = config,
                .rule = &config->rules[0],
        };
}

/* Nothing can be told apart, so nothing is counted; whoever asks is not refused for it, and no
 * other's count is touched. */
static void test_penalties(void **state)
{
        static const PenaltyLimits limits = {.after = 1, .every_usec = 3600 * SECOND};
        Fixture fixture;
        Login login;

        (void)state;
        set_up(&fixture);
        for (unsigned number = 1; number <= 3; number++) {
                login = login_with(&fixture, "wrong");
                login.limits = &limits;
                failing.digest = number;
                assert_true(penalties_admit(&fixture.memory, &login, SECOND));
                assert_int_equal(failing.digest, 0);
                assert_null(login.limits);
                penalties_settle(&fixture.memory, &login, RESULT_OK);
                assert_int_equal(penalty_table_count(fixture.memory.penalties, SECOND), 0);
        }
        login = login_with(&fixture, "wrong");
        login.limits = &limits;
        assert_true(penalties_admit(&fixture.memory, &login, SECOND));
        login.is_missed = true;
        penalties_settle(&fixture.memory, &login, RESULT_MISMATCH);
        failing.digest = 3;
        login = login_with(&fixture, "right");
        login.limits = &limits;
        assert_true(penalties_admit(&fixture.memory, &login, 2 * SECOND));
        penalties_settle(&fixture.memory, &login, RESULT_OK);
        assert_int_equal(penalty_table_count(fixture.memory.penalties, 2 * SECOND), 1);
        login = login_with(&fixture, "another");
        login.limits = &limits;
        assert_false(penalties_admit(&fixture.memory, &login, 2 * SECOND));
        tear_down(&fixture);
}

static void landed(CacheJoiner *joiner, const CacheOutcome *outcome)
{
        (void)joiner;
        (void)outcome;
        fail_msg("nobody has joined");
}

/* Enters with an OK, which is kept. */
static void land(Fixture *fixture)
{
        const CacheOutcome ok = {.result = RESULT_OK, .account = BYTES("alice")};
        Login login = login_with(fixture, "right");
        CacheOutcome known;

        assert_int_equal(
                flights_enter(&fixture->flights, &login, SECOND, landed, &known), CACHE_LEADS);
        (void)flights_land(&fixture->flights, &login, &ok);
        assert_int_equal(login_cache_count(&fixture->flights.cache), 1);
}

/* Each asks the backends for himself, and no answer is kept that could not be found, nor forgotten,
 * again. */
static void test_flights(void **state)
{
        Fixture fixture;
        Login login;
        CacheOutcome known;
        unsigned number = 0;

        (void)state;
        set_up(&fixture);
        for (;;) {
                login = login_with(&fixture, "right");
                failing.digest = ++number;
                if (flights_enter(&fixture.flights, &login, SECOND, landed, &known) != CACHE_FAILS)
                        break;
                assert_int_equal(failing.digest, 0);
                assert_null(login.flight);
                assert_int_equal(login_cache_count(&fixture.flights.cache), 0);
        }
        failing.digest = 0;
        assert_int_equal(number, 7); /* the question, the user, and four labels */
        assert_non_null(login.flight);
        flights_abandon(&fixture.flights, &login);
        tear_down(&fixture);
}

/* What is kept is not found, and kept no longer, since what the backends say now is told to nobody;
 * what is to be forgotten is, if need be with everything else. */
static void test_kept(void **state)
{
        Fixture fixture;
        Login login;
        CacheOutcome known;

        (void)state;
        set_up(&fixture);
        land(&fixture);
        login = login_with(&fixture, "right");
        failing.digest = 1;
        assert_int_equal(
                flights_enter(&fixture.flights, &login, SECOND, landed, &known), CACHE_FAILS);
        assert_int_equal(login_cache_count(&fixture.flights.cache), 0);
        land(&fixture);
        failing.digest = 1;
        assert_false(flights_remember(&fixture.flights, &login));
        assert_int_equal(
                flights_enter(&fixture.flights, &login, SECOND, landed, &known), CACHE_KNOWS);
        assert_int_equal(flights_flush(&fixture.flights, BYTES("bob"), BYTES_EMPTY), 0);
        assert_int_equal(flights_flush(&fixture.flights, BYTES_EMPTY, BYTES("vmA")), 0);
        failing.digest = 1;
        assert_int_equal(flights_flush(&fixture.flights, BYTES("bob"), BYTES_EMPTY), 1);
        assert_int_equal(login_cache_count(&fixture.flights.cache), 0);
        land(&fixture);
        failing.digest = 1;
        assert_int_equal(flights_flush(&fixture.flights, BYTES_EMPTY, BYTES("vmA")), 1);
        assert_int_equal(login_cache_count(&fixture.flights.cache), 0);
        tear_down(&fixture);
}

int main(void)
{
        Table table = {};

        table_add(&table, "no digester", test_no_digester, NULL);
        table_add(&table, "a digest that fails", test_digest, NULL);
        table_add(&table, "wrong passwords that cannot be counted", test_penalties, NULL);
        table_add(&table, "logins that cannot be told apart", test_flights, NULL);
        table_add(&table, "what is kept", test_kept, NULL);
        return table_run(&table, "libcrypto");
}
