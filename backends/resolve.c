/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The worker "resolve": who is asking (the frame "peer"), and whether a login is in a system group
 * (the frame "member"). It reads what the front must not open, without any right of its own.
 */

#include "backends/group_member.h"
#include "backends/peer_reader.h"
#include "backends/program.h"

static PeerReader reader;

static bool set(const char *key, const char *value)
{
        return peer_reader_set(&reader, key, value);
}

static int init(char *notice)
{
        (void)notice;
        return 0;
}

static size_t answer_peer(const PeerQuestion *question, int pidfd, uint8_t *frame, size_t size)
{
        PeerView view;
        PeerReport report;

        peer_reader_look(&reader, question, pidfd, &view);
        report = peer_reader_report(&view, question->id);
        return peer_report_encode(&report, frame, size);
}

static size_t answer_member(const MembershipQuestion *question, uint8_t *frame, size_t size)
{
        GroupMember member;
        Membership membership;

        group_member_look_up(question->login, question->group, &member);
        membership = (Membership){question->id, member.state, bytes_from_string(member.text)};
        return membership_encode(&membership, frame, size);
}

/* A question for a process comes with its pidfd, and no other question with a descriptor. */
static size_t answer(Bytes body, int descriptor, uint8_t *frame, size_t size)
{
        PeerQuestion peer;
        MembershipQuestion member;

        if (descriptor >= 0 && peer_question_decode(body, &peer))
                return answer_peer(&peer, descriptor, frame, size);
        if (descriptor < 0 && membership_question_decode(body, &member))
                return answer_member(&member, frame, size);
        return 0;
}

static const Program program = {
        .name = "resolve",
        .takes_descriptors = true,
        .set = set,
        .init = init,
        .answer = answer,
};

int main(int argc, char **argv)
{
        return program_run(&program, argc, argv);
}
