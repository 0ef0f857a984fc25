/* SPDX-License-Identifier: BSD-2-Clause */

/* The front's question for a member of a group, and the answer. */

#include "proto/membership.h"

#include "proto/cleanup.h"
#include "proto/frame.h"

#include "fields.h"
#include "table.h"

static uint8_t wire[FRAME_MAX];

typedef struct QuestionRow {
        const char *name;
        const char *body;
        bool good;
        Bytes login, group, vm;
} QuestionRow;

static const QuestionRow question_rows[] = {
        {"question: whole", "member|7|alice|kvm", true, LIT("alice"), LIT("kvm")},
        {"question: empty strings", "member|7||", true, LIT(""), LIT("")},
        {"question: a further string", "member|7|a|b|c", true, LIT("a"), LIT("b")},
        {"question: from a VM", "member|7|a|b|r|spice|vmA|uuid", true, LIT("a"), LIT("b"),
                LIT("vmA")},
        {"question: no time", "member|7|a|b|r|s|vmA|uuid|soon", false},
        {"question: further strings", "member|7|a|b|r|s|vmA|uuid|900|x", true, LIT("a"), LIT("b"),
                LIT("vmA")},
        {"question: without group", "member|7|alice", false, LIT(""), LIT("")},
        {"question: id is no number", "member||alice|kvm", false, LIT(""), LIT("")},
        {"question: another verb", "peer|7|1|2", false, LIT(""), LIT("")},
};

static void test_question(void **state)
{
        const QuestionRow *row = *state;
        _cleanup_(exact_free) Bytes body = exact_copy(fields(row->body));
        MembershipQuestion question;

        assert_int_equal(membership_question_decode(body, &question), row->good);
        if (!row->good)
                return;
        assert_int_equal(question.id, 7);
        assert_bytes_equal(question.login, row->login);
        assert_bytes_equal(question.group, row->group);
        assert_bytes_equal(question.vm_name, row->vm);
}

typedef struct AnswerRow {
        const char *name;
        const char *body;
        bool good;
        MembershipState state;
        Bytes text;
} AnswerRow;

static const AnswerRow answer_rows[] = {
        {"answer: yes", "membership|7|yes|", true, MEMBERSHIP_YES, LIT("")},
        {"answer: no", "membership|7|no|", true, MEMBERSHIP_NO, LIT("")},
        {"answer: undecided", "membership|7|undecided|why", true, MEMBERSHIP_UNDECIDED, LIT("why")},
        {"answer: a further string", "membership|7|no||x", true, MEMBERSHIP_NO, LIT("")},
        {"answer: without text", "membership|7|yes", false, MEMBERSHIP_NO, LIT("")},
        {"answer: YES", "membership|7|YES|", false, MEMBERSHIP_NO, LIT("")},
        {"answer: empty word", "membership|7||", false, MEMBERSHIP_NO, LIT("")},
        {"answer: another verb", "member|7|yes|", false, MEMBERSHIP_NO, LIT("")},
};

static void test_answer(void **state)
{
        const AnswerRow *row = *state;
        _cleanup_(exact_free) Bytes body = exact_copy(fields(row->body));
        Membership membership;

        assert_int_equal(membership_decode(body, &membership), row->good);
        if (!row->good)
                return;
        assert_int_equal(membership.id, 7);
        assert_int_equal(membership.state, row->state);
        assert_bytes_equal(membership.text, row->text);
}

static void test_bytes(void **state)
{
        const MembershipQuestion question = {7, BYTES("alice"), BYTES("kvm")};
        const Membership answer = {7, MEMBERSHIP_UNDECIDED, BYTES("why")};
        size_t size = membership_question_encode(&question, wire, sizeof(wire));

        (void)state;
        assert_bytes_equal((Bytes){wire + 2, size - 2}, fields("member|7|alice|kvm"));
        assert_int_equal(membership_question_encode(&question, wire, size - 1), 0);
        size = membership_encode(&answer, wire, sizeof(wire));
        assert_bytes_equal((Bytes){wire + 2, size - 2}, fields("membership|7|undecided|why"));
        assert_int_equal(membership_encode(&answer, wire, size - 1), 0);
}

static void test_longest_text(void **state)
{
        char text[MEMBERSHIP_TEXT_MAX + 2] = "";
        Membership answer = {7, MEMBERSHIP_NO, BYTES_EMPTY}, got;
        size_t size;

        (void)state;
        memset(text, 'x', sizeof(text) - 1);
        answer.text = (Bytes){(const uint8_t *)text, MEMBERSHIP_TEXT_MAX};
        size = membership_encode(&answer, wire, sizeof(wire));
        assert_true(membership_decode((Bytes){wire + 2, size - 2}, &got));
        answer.text.size++;
        size = membership_encode(&answer, wire, sizeof(wire));
        assert_false(membership_decode((Bytes){wire + 2, size - 2}, &got));
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_question, ROWS(question_rows));
        table_add_rows(&table, test_answer, ROWS(answer_rows));
        table_add(&table, "the very bytes", test_bytes, NULL);
        table_add(&table, "the longest text", test_longest_text, NULL);
        return table_run(&table, "membership");
}
