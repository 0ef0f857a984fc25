/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A pool of two workers whose every word, start and end the bytes choose. Each byte is a step: its
 * lower half says what happens, its upper half to which worker. Every task ends once, and nothing
 * is an answer to it but what its own worker said when it had it.
 */

#include "daemon/pool.h"

#include "daemon/channel.h"
#include "daemon/log.h"
#include "proto/cleanup.h"
#include "proto/frame.h"
#include "proto/verdict.h"
#include "tests/unit/parsing.h"

#include <sys/socket.h>

#include "fuzz.h"

#define WORKERS_MAX 64u
#define TASKS_MAX   64u

/* What a test plays of a worker: the other end of its socket. */
typedef struct Player {
        int fd;         /* -1: it has ended */
        bool was_ended; /* by the front's word to the supervisor */
        uint64_t job;   /* that it has been given, 0 = none yet */
        unsigned given; /* jobs */
        unsigned said;  /* frames */
        bool babbled;   /* said what may be no frame */
} Player;

typedef struct Asked {
        Task task;
        uint64_t job; /* under which a worker has it */
        bool ended;
} Asked;

static struct {
        Pool pool;
        int channel; /* the supervisor's end */
        unsigned wanted;
        Player players[WORKERS_MAX];
        unsigned player_count;
        Asked asked[TASKS_MAX];
        unsigned asked_count;
} world;

static Asked *from_task(const Task *task)
{
        return (Asked *)((char *)task - offsetof(Asked, task));
}

static Secret *encode(const Task *task, uint64_t id)
{
        Secret *secret = secret_new(64);
        size_t space;
        uint8_t *buffer = secret_space(secret, &space);
        Frame frame = frame_begin(buffer, space, "check");

        CHECK(!from_task(task)->ended);
        from_task(task)->job = id;
        frame_put_number(&frame, id);
        secret_commit(secret, frame_end(&frame));
        return secret;
}

static void end(Task *task)
{
        CHECK(!from_task(task)->ended);
        from_task(task)->ended = true;
}

static bool answered(Task *task, uint64_t id, Bytes body, Bytes *notice)
{
        Verdict verdict;

        CHECK(from_task(task)->job == id);
        if (!verdict_decode(body, &verdict) || verdict.id != id)
                return false;
        *notice = verdict.notice;
        end(task);
        return true;
}

static void failed(Task *task, const char *reason)
{
        CHECK(reason[0]);
        end(task);
}

static const TaskKind kind = {encode, answered, failed};

static void submit(Asker *asker)
{
        Asked *asked = &world.asked[world.asked_count];

        if (world.asked_count == TASKS_MAX)
                return;
        world.asked_count++;
        *asked = (Asked){.task = {.kind = &kind, .expires = UINT64_MAX, .fd = -1, .asker = asker}};
        pool_submit(&world.pool, &asked->task);
}

static void start(bool good)
{
        int pair[2];

        if (world.wanted == 0 || world.player_count == WORKERS_MAX)
                return;
        world.wanted--;
        if (!good) {
                pool_worker_failed(&world.pool);
                return;
        }
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        world.players[world.player_count] = (Player){.fd = pair[0]};
        pool_worker_started(&world.pool, world.player_count++, pair[1]);
}

/* What the front says to the supervisor. */
static void hear_front(void)
{
        ChannelMessage message;
        int fd;

        while (channel_receive(world.channel, &message, &fd) == 1) {
                CHECK(fd < 0 && message.backend == 0);
                CHECK(message.verb == CHANNEL_START || message.verb == CHANNEL_END);
                if (message.verb == CHANNEL_START) {
                        world.wanted++;
                        continue;
                }
                CHECK(message.worker < world.player_count);
                CHECK(!world.players[message.worker].was_ended);
                world.players[message.worker].was_ended = true;
        }
        CHECK(world.wanted == world.pool.requested);
        CHECK(world.pool.workers + world.pool.requested <= world.pool.backend->workers);
}

/* Reads the jobs that a worker has been given. Returns false if the front has closed. */
static bool hear_jobs(Player *player)
{
        uint8_t buffer[4096];
        ssize_t size = recv(player->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
        Bytes input = {buffer, size > 0 ? (size_t)size : 0}, body;

        for (; frame_get(&input, &body); player->given++) {
                CHECK(frame_is(&body, "check"));
                CHECK(frame_next_number(&body, &player->job));
        }
        CHECK(input.size == 0);
        return size != 0 && !(size < 0 && errno == ECONNRESET);
}

/* Whoever has said more than he was asked is a worker no more. */
static void check_players(void)
{
        for (unsigned i = 0; i < world.player_count; i++) {
                Player *player = &world.players[i];

                if (player->fd >= 0 && hear_jobs(player) && !player->babbled)
                        CHECK(player->was_ended || player->said <= 1 + player->given);
        }
}

static void settle(void)
{
        while (sd_event_run(world.pool.event, 0) > 0)
                ;
        hear_front();
        check_players();
}

static void say(const Player *player, const uint8_t *bytes, size_t size)
{
        (void)send(player->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void say_ready(Player *player)
{
        uint8_t frame[64];

        player->said++;
        say(player, frame, ready_encode("fuzz", BYTES_EMPTY, frame, sizeof(frame)));
}

static void say_result(Player *player, Result result, uint64_t distance)
{
        uint8_t frame[64];
        Verdict verdict = {.result = result, .account = bytes_from_string("alice")};

        (void)hear_jobs(player);
        player->said++;
        verdict.id = player->job + distance;
        say(player, frame, verdict_encode(&verdict, frame, sizeof(frame)));
}

/* A byte for how many, then these. */
static Bytes say_raw(Player *player, Bytes input)
{
        size_t size = input.size > 0 ? input.data[0] : 0;

        if (size == 0 || size >= input.size)
                return BYTES_EMPTY;
        player->babbled = true;
        say(player, input.data + 1, size);
        return (Bytes){input.data + 1 + size, input.size - 1 - size};
}

static Bytes act(Player *player, unsigned what, Bytes rest)
{
        if (player->fd < 0)
                return rest;
        switch (what) {
        case 3: say_ready(player); break;
        case 4:
        case 8: say_result(player, RESULT_OK, 0); break;
        case 5: say_result(player, RESULT_MISMATCH, 0); break;
        case 6: say_result(player, RESULT_OK, 1); break;
        case 7: close_fd(&player->fd); break;
        default: return say_raw(player, rest);
        }
        return rest;
}

static void step_through(Bytes input, Asker *asker)
{
        while (input.size > 0) {
                unsigned what = input.data[0] & 15, whom = input.data[0] >> 4;

                input = (Bytes){input.data + 1, input.size - 1};
                if (what == 0)
                        submit(asker);
                else if (what <= 2)
                        start(what == 1);
                else if (whom <
                         world.player_count) /* counted from the last: most others are gone */
                        input = act(&world.players[world.player_count - 1 - whom], what, input);
                if (what != 8) /* else the next comes at once behind it */
                        settle();
        }
}

static void world_deinit(void)
{
        settle();
        pool_deinit(&world.pool);
        for (unsigned i = 0; i < world.asked_count; i++)
                CHECK(world.asked[i].ended);
        for (unsigned i = 0; i < world.player_count; i++)
                close_fd(&world.players[i].fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char text[] = "backend b shadow workers=2 jobs=3\npermit with=b\n";
        AskerTable askers = {};
        Asker *asker = asker_get(&askers, NULL, 1);
        sd_event *event;
        Parsed parsed;
        int pair[2];

        (void)log_open("fuzz", 0);
        parsed_init(&parsed, bytes_from_string(text));
        CHECK(asker && parsed.errors == 0);
        CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        CHECK(sd_event_new(&event) >= 0);
        memset(&world, 0, sizeof(world));
        world.channel = pair[0];
        CHECK(pool_init(&world.pool, event, &parsed.config, 0, pair[1]) == 0);
        hear_front();
        step_through((Bytes){data, size}, asker);
        world_deinit();
        sd_event_unref(event);
        close_fd(&pair[0]);
        close_fd(&pair[1]);
        asker_unref(asker);
        asker_table_deinit(&askers);
        parsed_deinit(&parsed);
        return 0;
}
