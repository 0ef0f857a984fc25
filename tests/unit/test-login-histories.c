/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What is kept and remembered never lets in whom the rules and the backends, asked just now, would
 * not, but for the grace that is promised: generated histories through dispatcher, chain and caches
 * with pools of the test's own, against an oracle that has no memory but of who was let in when.
 * Nor do they where the machine has none left: that goes through the histories again, with
 * allocations that fail.
 */

#include "daemon/audit_log.h"
#include "daemon/database_watch.h"
#include "daemon/dispatcher.h"
#include "daemon/duration.h"
#include "proto/cleanup.h"
#include "proto/job.h"
#include "proto/membership.h"
#include "proto/verdict.h"

#include "clock.h"
#include "memory.h"
#include "oracle.h"
#include "parsing.h"
#include "table.h"

#include <sys/eventfd.h>

#define SEED      0x5a51a4du
#define HISTORIES 6000u
#define EVENTS    80u
#define HELD_MAX  4u

#define SCARCE_HISTORIES 2000u
#define SCARCE_MAX       32u /* allocations that a step may take */

typedef struct Attempt {
        Login login;
        OracleLogin judged;
        bool was_asked; /* a backend, about it */
        bool was_good;  /* and it has said OK */
        bool leads;     /* others may have its answer */
        bool finished, let_in;
} Attempt;

typedef struct History {
        Oracle oracle;
        Random *random;
        char text[WORLD_TEXT_SIZE];
        Parsed parsed;
        sd_event *event;
        Dispatcher dispatcher;
        Peer peers[WORLD_PROCESSES];
        Attempt attempts[EVENTS];
        size_t attempt_count;
        Attempt *held[HELD_MAX]; /* whose backend has not answered yet */
        size_t held_count;
        bool may_hold;
        int database_watch;
        bool database_changed;
        Result told; /* what the log says of the login that ends */
        bool told_why;
        bool is_scarce; /* memory, now and then */
} History;

/* How often each kind of answer came about, so that the test does not pass on nothing. */
static struct Seen {
        unsigned let_in, without_backend, on_memory, with_group, refused, failed;
} seen;

static History *history;

static uint64_t now_sec(void)
{
        return passed_usec / USEC_PER_SEC;
}

static Attempt *from_login(Login *login)
{
        return (Attempt *)((char *)login - offsetof(Attempt, login));
}

static Attempt *from_task(Task *task)
{
        return from_login((Login *)((char *)task - offsetof(Login, task)));
}

/* Lack of memory */

static void become_scarce(void)
{
        if (history->is_scarce && random_below(history->random, 3) == 0)
                memory_fail(1 + (unsigned)random_below(history->random, SCARCE_MAX));
}

/* Returns whether it was too scarce. */
static bool become_plenty(void)
{
        bool failed = memory_recover();

        seen.failed += failed;
        memory.failed = false;
        return failed;
}

/* The real parts' surroundings */

void __wrap_pool_submit(Pool *pool, Task *task);
int __wrap_pool_init(
        Pool *pool, sd_event *event, const Config *config, unsigned index, int channel);
void __wrap_pool_deinit(Pool *pool);
DatabaseNews __wrap_database_watch_read(int fd);
void __wrap_audit_write(AuditLog *log, const Audit *audit);

int __wrap_pool_init(Pool *pool, sd_event *event, const Config *config, unsigned index, int channel)
{
        (void)channel;
        *pool = (Pool){.backend = &config->backends[index], .index = index, .event = event};
        return 0;
}

void __wrap_pool_deinit(Pool *pool)
{
        (void)pool;
}

DatabaseNews __wrap_database_watch_read(int fd)
{
        bool changed = history->database_changed;

        assert_int_equal(fd, history->database_watch);
        history->database_changed = false;
        return changed ? DATABASE_CHANGED : DATABASE_SAME;
}

void __wrap_audit_write(AuditLog *log, const Audit *audit)
{
        (void)log;
        history->told = audit->result;
        history->told_why = audit->reason.size > 0;
}

static unsigned find(const char *const *names, unsigned count, Bytes name)
{
        for (unsigned i = 0; i < count; i++)
                if (bytes_equal_string(name, names[i]))
                        return i;
        fail_msg("not one of the names: %.*s", (int)name.size, (const char *)name.data);
        return 0;
}

static Bytes body_of(const Secret *frame)
{
        Bytes bytes = secret_bytes(frame);

        return (Bytes){bytes.data + 2, bytes.size - 2};
}

/* A pool refuses what it has no memory to ask; here it always has. */
static Secret *encode(const Task *task)
{
        unsigned countdown = memory.countdown;
        Secret *frame;

        memory.countdown = 0;
        frame = task->kind->encode(task, 1);
        assert_non_null(frame);
        memory.countdown = countdown;
        return frame;
}

static void answer_about_group(Task *task)
{
        const World *world = &history->oracle.world;
        Secret *frame = encode(task);
        MembershipQuestion question;
        Membership membership = {.id = 1, .state = MEMBERSHIP_UNDECIDED};
        uint8_t reply[64];
        Bytes notice = BYTES_EMPTY;
        unsigned name;

        assert_true(membership_question_decode(body_of(frame), &question));
        name = find(world_logins, WORLD_LOGINS, question.login);
        (void)secret_free(frame);
        if (!world->groups_away) {
                membership.state = world->is_member[name] ? MEMBERSHIP_YES : MEMBERSHIP_NO;
                oracle_look_up(&history->oracle, name, world->is_member[name], now_sec());
        }
        assert_true(task->kind->answered(task, 1,
                (Bytes){reply + 2, membership_encode(&membership, reply, sizeof(reply)) - 2},
                &notice));
}

static void send_verdict(Task *task, Result result, unsigned account)
{
        const Verdict verdict = {
                .id = 1, .result = result, .account = bytes_from_string(world_logins[account])};
        uint8_t reply[64];
        Bytes notice = BYTES_EMPTY;
        size_t size = verdict_encode(&verdict, reply, sizeof(reply));

        assert_true(task->kind->answered(task, 1, (Bytes){reply + 2, size - 2}, &notice));
}

/* What the frame asks. */
static WorldQuestion read_job(Task *task)
{
        WorldQuestion asked = from_task(task)->judged.question;
        Secret *frame = encode(task);
        Job job;

        assert_true(job_decode(body_of(frame), &job));
        asked.service = find(world_services, WORLD_SERVICES, job.service);
        asked.realm = find(world_realms, WORLD_REALMS, job.realm);
        asked.login = find(world_logins, WORLD_LOGINS, job.login);
        asked.password = find(world_passwords, WORLD_PASSWORDS, job.password);
        (void)secret_free(frame);
        return asked;
}

/* Whoever finds no memory in the cache asks by himself, and his OK is no reason to let in others.
 */
static bool is_told(const Attempt *attempt)
{
        return attempt->leads || !history->is_scarce || !attempt->was_good;
}

static void answer_job(unsigned backend, Task *task)
{
        Attempt *attempt = from_task(task);
        const WorldRule *rule = &history->oracle.world.rules[attempt->login.rule->number - 1];
        const WorldQuestion handed = world_hand_over(rule, &attempt->judged.question);
        const WorldQuestion asked = read_job(task);
        Result result;

        assert_memory_equal(&asked, &handed, sizeof(asked));
        result = world_ask(&history->oracle.world, backend, &asked);
        attempt->was_asked = true;
        attempt->was_good = result == RESULT_OK;
        attempt->leads = attempt->login.flight != NULL;
        if (is_told(attempt))
                oracle_answer(
                        &history->oracle, &attempt->judged, attempt->login.step, result, now_sec());
        if (result == RESULT_UNAVAILABLE && random_below(history->random, 2) == 0)
                task->kind->failed(task, "worker ended");
        else
                send_verdict(task, result, world_account(asked.login));
}

void __wrap_pool_submit(Pool *pool, Task *task)
{
        if (pool->index == history->parsed.config.groups_backend) {
                answer_about_group(task);
                return;
        }
        if (history->may_hold && history->held_count < HELD_MAX) {
                history->held[history->held_count++] = from_task(task);
                return;
        }
        answer_job(pool->index, task);
}

/* Who is let in, and why not. */
static void check_let_in(const Attempt *attempt)
{
        const OracleLogin *judged = &attempt->judged;
        const WorldQuestion *question = &judged->question;

        if (judged->allowed && (judged->allowed_without_memory || history->told_why))
                return;
        print_error("%s", history->text);
        fail_msg("%s: %s, password %s, service %s, realm \"%s\", socket %u, process %u",
                judged->allowed ? "not told" : "let in", world_logins[question->login],
                world_passwords[question->password], world_services[question->service],
                world_realms[question->realm], question->socket, question->process);
}

static void count(const Attempt *attempt)
{
        seen.let_in += attempt->let_in;
        seen.refused += !attempt->let_in;
        seen.without_backend += attempt->let_in && !attempt->was_asked;
        seen.on_memory += attempt->let_in && history->told_why && !attempt->judged.by_memory;
        seen.with_group += attempt->let_in && attempt->judged.by_memory;
}

/* What it came to at the backends, even if there was no memory to let him in by it. */
static Result landed(const Attempt *attempt)
{
        return attempt->was_good && history->is_scarce ? RESULT_OK : history->told;
}

static void take_reply(Login *login, MuxReply reply, const char *text)
{
        Attempt *attempt = from_login(login);

        (void)text;
        attempt->finished = true;
        attempt->let_in = reply == MUX_REPLY_OK;

        if (attempt->let_in)
                check_let_in(attempt);
        count(attempt);
        if (is_told(attempt))
                oracle_end(&history->oracle, &attempt->judged, landed(attempt), attempt->leads);
}

/* What happens */

/* As it was asked before, or anything. */
static WorldQuestion some_question(void)
{
        Random *random = history->random;

        if (history->attempt_count > 0 && random_below(random, 4) > 0)
                return history->attempts[random_below(random, history->attempt_count)]
                        .judged.question;
        return (WorldQuestion){
                .process = (unsigned)random_below(random, WORLD_PROCESSES),
                .socket = (unsigned)random_below(random, WORLD_SOCKETS),
                .service = (unsigned)random_below(random, WORLD_SERVICES),
                .realm = (unsigned)random_below(random, WORLD_REALMS),
                .login = (unsigned)random_below(random, WORLD_LOGINS),
                .password = world_some_password(random),
        };
}

/* The same as another, but for one thing. */
static void vary(WorldQuestion *question)
{
        Random *random = history->random;

        switch (random_below(random, 12)) {
        case 0: question->process = (question->process + 1) % WORLD_PROCESSES; break;
        case 1: question->socket = (question->socket + 1) % WORLD_SOCKETS; break;
        case 2: question->service = (question->service + 1) % WORLD_SERVICES; break;
        case 3: question->realm = (question->realm + 1) % WORLD_REALMS; break;
        case 4: question->login = (question->login + 1) % WORLD_LOGINS; break;
        case 5: question->password = (question->password + 1) % WORLD_PASSWORDS; break;
        default: break;
        }
}

static void log_in(void)
{
        Attempt *attempt = &history->attempts[history->attempt_count];
        const Config *config = &history->parsed.config;
        WorldQuestion question = some_question();

        vary(&question);
        history->attempt_count++;
        *attempt = (Attempt){.judged.question = question};
        attempt->login = (Login){
                .request = {.login = bytes_from_string(world_logins[question.login]),
                        .password = bytes_from_string(world_passwords[question.password]),
                        .service = bytes_from_string(world_services[question.service]),
                        .realm = bytes_from_string(world_realms[question.realm])},
                .listen = &config->listens[question.socket],
                .peer = &history->peers[question.process],
                .config = config,
                .reply = take_reply,
                .statistics = history->dispatcher.statistics,
                .last_askers = &history->dispatcher.last_askers,
        };
        oracle_arrive(&history->oracle, &attempt->judged, now_sec());
        oracle_judge(&history->oracle, &attempt->judged, now_sec());
        history->may_hold = random_below(history->random, 4) == 0;
        assert_true(login_charge(&attempt->login)); /* as a connection does first of all */
        become_scarce();
        dispatcher_submit(&history->dispatcher, &attempt->login);
        history->may_hold = false;
        if (!become_plenty() && attempt->finished && attempt->judged.must_be_let_in &&
                !attempt->let_in)
                fail_msg("refused: %s", world_logins[question.login]);
}

/* The backend answers, with what it knows by now. */
static void release(void)
{
        size_t index = random_below(history->random, history->held_count);
        Attempt *attempt = history->held[index];

        history->held[index] = history->held[--history->held_count];
        for (size_t i = 0; i < history->attempt_count; i++)
                if (!history->attempts[i].finished)
                        oracle_judge(&history->oracle, &history->attempts[i].judged, now_sec());
        become_scarce();
        answer_job((unsigned)(attempt->login.backend - history->parsed.config.backends),
                &attempt->login.task);
        (void)become_plenty();
}

static void change_database(unsigned backend)
{
        if (backend > 0)
                return;
        history->database_changed = true;
        oracle_forget(&history->oracle);
}

/* A password is changed, or a user removed or added. */
static void change_password(void)
{
        unsigned backend = (unsigned)random_below(history->random, WORLD_BACKENDS);
        unsigned account = (unsigned)random_below(history->random, WORLD_ACCOUNTS);
        unsigned realm = (unsigned)random_below(history->random, WORLD_REALMS);

        history->oracle.world.passwords[backend][account][realm] =
                random_below(history->random, 4) == 0 ? WORLD_PASSWORDS
                                                      : world_some_password(history->random);
        change_database(backend);
}

static void change_account(void)
{
        unsigned backend = (unsigned)random_below(history->random, WORLD_BACKENDS);
        unsigned account = (unsigned)random_below(history->random, WORLD_ACCOUNTS);

        history->oracle.world.denies[backend][account] = random_below(history->random, 4) == 0;
        change_database(backend);
}

static void change_backend(void)
{
        unsigned backend = (unsigned)random_below(history->random, WORLD_BACKENDS);

        history->oracle.world.away[backend] = random_below(history->random, 3) == 0;
}

static void release_all(void)
{
        while (history->held_count > 0)
                release();
}

/* Nobody waits so long: his deadline would have come. */
static void let_pass(uint64_t seconds)
{
        release_all();
        passed_usec += seconds * USEC_PER_SEC;
}

/* Behind it nobody has an answer from before. */
static void change_group(void)
{
        unsigned login = (unsigned)random_below(history->random, WORLD_LOGINS);

        release_all();
        if (random_below(history->random, 3) > 0)
                history->oracle.world.groups_away = random_below(history->random, 2) == 0;
        else
                history->oracle.world.is_member[login] = !history->oracle.world.is_member[login];
        let_pass(ORACLE_GROUP_SEC + 1);
}

static void let_time_pass(void)
{
        static const uint64_t seconds[] = {1, 2, 5, 15, 60};

        let_pass(seconds[random_below(history->random, 5)]);
}

static void happen(void)
{
        switch (random_below(history->random, 30)) {
        case 0: change_password(); break;
        case 1: change_account(); break;
        case 2:
        case 3:
        case 4: change_backend(); break;
        case 5: change_group(); break;
        case 6:
        case 7:
        case 8: let_time_pass(); break;
        case 9:
        case 10:
        case 11:
                if (history->held_count > 0)
                        release();
                break;
        default: log_in(); break;
        }
}

static void begin_history(Random *random, const FrontMemory *front, bool is_scarce)
{
        AskerTable *askers = &history->dispatcher.peers.askers;

        *history = (History){.random = random, .is_scarce = is_scarce};
        passed_usec = 0;
        world_generate(&history->oracle.world, random);
        world_print(&history->oracle.world, history->text);
        parsed_init(&history->parsed, bytes_from_string(history->text));
        if (history->parsed.errors > 0)
                fail_msg("%s", history->parsed.complaints);
        assert_int_equal(sd_event_new(&history->event), 0);
        history->database_watch = eventfd(0, EFD_CLOEXEC);
        assert_true(history->database_watch >= 0);
        assert_int_equal(dispatcher_init(&history->dispatcher, history->event,
                                 &history->parsed.config, front, -1, history->database_watch),
                0);
        for (unsigned i = 0; i < WORLD_PROCESSES; i++)
                history->peers[i] = (Peer){
                        .table = &history->dispatcher.peers,
                        .serial = i + 1,
                        .uid = 1000 + i,
                        .asker = asker_get(askers, NULL, 1000 + i),
                        .evidence = {.exists = true, .certain = true, .place = PEER_PLACE_ORDINARY},
                };
}

static void end_history(void)
{
        release_all();
        for (size_t i = 0; i < history->attempt_count; i++)
                assert_true(history->attempts[i].finished);
        for (unsigned i = 0; i < WORLD_PROCESSES; i++)
                (void)asker_unref(history->peers[i].asker);
        dispatcher_deinit(&history->dispatcher);
        close_fd(&history->database_watch);
        sd_event_unref(history->event);
        parsed_deinit(&history->parsed);
}

static void run(uint64_t seed, unsigned count, bool is_scarce)
{
        Random random = {seed};
        FrontMemory front;

        assert_int_equal(front_memory_init(&front), 0);
        history = calloc(1, sizeof(*history));
        assert_non_null(history);
        seen = (struct Seen){};
        for (unsigned number = 0; number < count; number++) {
                begin_history(&random, &front, is_scarce);
                for (unsigned i = 0; i < EVENTS; i++)
                        happen();
                end_history();
        }
        free(history);
        front_memory_deinit(&front);
        print_message("# %u let in, %u of them without a backend, %u remembered, %u with a "
                      "remembered group; %u refused; %u times without memory\n",
                seen.let_in, seen.without_backend, seen.on_memory, seen.with_group, seen.refused,
                seen.failed);
}

static void test_histories(void **state)
{
        (void)state;
        run(SEED, HISTORIES, false);
        assert_true(seen.let_in > 30000 && seen.refused > 30000);
        assert_true(seen.without_backend > 3000 && seen.on_memory > 300 && seen.with_group > 90);
        assert_int_equal(seen.failed, 0);
}

static void test_without_memory(void **state)
{
        (void)state;
        run(SEED + 36, SCARCE_HISTORIES, true);
        assert_true(seen.let_in > 10000 && seen.refused > 10000 && seen.failed > 3000);
        assert_true(seen.without_backend > 1000 && seen.on_memory > 100 && seen.with_group > 30);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_histories),
                cmocka_unit_test(test_without_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
