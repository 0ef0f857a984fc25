/* SPDX-License-Identifier: BSD-2-Clause */

/* What comes over the channel between supervisor and front, and is not one of its messages: it is
 * refused, and a descriptor that came with it does not stay open. */

#include "daemon/channel.h"

#include "daemon/descriptor.h"
#include "proto/cleanup.h"

#include "table.h"

#include <sys/socket.h>

typedef struct Fixture {
        int front, supervisor;
        int reading, writing; /* a pipe, whose end tells that nobody has the writing side */
} Fixture;

static void set_up(Fixture *fixture)
{
        int channel[2], ends[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), 0);
        assert_int_equal(pipe(ends), 0);
        *fixture = (Fixture){channel[0], channel[1], ends[0], ends[1]};
}

static void tear_down(Fixture *fixture)
{
        close_fd(&fixture->front);
        close_fd(&fixture->supervisor);
        close_fd(&fixture->reading);
        close_fd(&fixture->writing);
}

static void test_message(void **state)
{
        const ChannelMessage sent = {CHANNEL_STARTED, 1, 2, 3};
        ChannelMessage received = {};
        Fixture fixture;
        int fd;

        (void)state;
        set_up(&fixture);
        assert_int_equal(channel_receive(fixture.front, &received, &fd), -EAGAIN);
        assert_int_equal(fd, -1);
        assert_int_equal(channel_send(fixture.supervisor, sent, fixture.writing), 0);
        assert_int_equal(channel_receive(fixture.front, &received, &fd), 1);
        assert_memory_equal(&received, &sent, sizeof(sent));
        assert_int_equal(write(fd, "x", 1), 1);
        close_fd(&fd);
        close_fd(&fixture.supervisor);
        assert_int_equal(channel_receive(fixture.front, &received, &fd), 0);
        assert_int_equal(fd, -1);
        tear_down(&fixture);
}

/* A size that is no message's. */
typedef struct SizeRow {
        const char *name;
        size_t size;
} SizeRow;

static const SizeRow sizes[] = {
        {"one byte", 1},
        {"a byte is missing", sizeof(ChannelMessage) - 1},
        {"a byte more", sizeof(ChannelMessage) + 1},
        {"two messages in one", 2 * sizeof(ChannelMessage)},
};

static void test_size(void **state)
{
        const SizeRow *row = *state;
        const ChannelMessage sent[2] = {{CHANNEL_STARTED, 1, 2, 3}, {CHANNEL_STOP, 0, 0, 0}};
        ChannelMessage received;
        Fixture fixture;
        char byte;
        int fd = 0;

        set_up(&fixture);
        assert_true(descriptor_send(fixture.supervisor, sent, row->size, fixture.writing) > 0);
        close_fd(&fixture.writing);
        assert_int_equal(channel_receive(fixture.front, &received, &fd), -EBADMSG);
        assert_int_equal(fd, -1);
        assert_int_equal(read(fixture.reading, &byte, 1), 0);
        /* it has cost nothing but itself */
        assert_int_equal(channel_send(fixture.supervisor, sent[1], -1), 0);
        assert_int_equal(channel_receive(fixture.front, &received, &fd), 1);
        assert_int_equal(received.verb, CHANNEL_STOP);
        assert_int_equal(fd, -1);
        tear_down(&fixture);
}

int main(void)
{
        Table table = {};

        table_add(&table, "a message", test_message, NULL);
        table_add_rows(&table, test_size, ROWS(sizes));
        return table_run(&table, "channel");
}
