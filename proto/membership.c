/* SPDX-License-Identifier: BSD-2-Clause */
#include "membership.h"

#include "frame.h"

static const char *const words[] = {
        [MEMBERSHIP_NO] = "no",
        [MEMBERSHIP_YES] = "yes",
        [MEMBERSHIP_UNDECIDED] = "undecided",
};

static bool parse_word(Bytes word, MembershipState *state)
{
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (bytes_equal_string(word, words[i])) {
                        *state = (MembershipState)i;
                        return true;
                }
        return false;
}

#define LATER_STRINGS 4u

/* As many as say something. */
static void put_later_strings(Frame *frame, const MembershipQuestion *question)
{
        const Bytes strings[LATER_STRINGS] = {
                question->realm, question->service, question->vm_name, question->vm_uuid};
        size_t count = LATER_STRINGS;

        while (question->time_msec == 0 && count > 0 && strings[count - 1].size == 0)
                count--;
        for (size_t i = 0; i < count; i++)
                frame_put(frame, strings[i]);
        if (question->time_msec > 0)
                frame_put_number(frame, question->time_msec);
}

static bool take_later_strings(Bytes body, MembershipQuestion *question)
{
        Bytes *const strings[LATER_STRINGS] = {
                &question->realm, &question->service, &question->vm_name, &question->vm_uuid};

        for (size_t i = 0; i < LATER_STRINGS; i++)
                if (!frame_next(&body, strings[i]))
                        *strings[i] = BYTES_EMPTY;
        question->time_msec = 0;
        return body.size == 0 || frame_next_number(&body, &question->time_msec);
}

size_t membership_question_encode(const MembershipQuestion *question, uint8_t *buffer, size_t size)
{
        Frame frame = frame_begin(buffer, size, "member");

        frame_put_number(&frame, question->id);
        frame_put(&frame, question->login);
        frame_put(&frame, question->group);
        put_later_strings(&frame, question);
        return frame_end(&frame);
}

bool membership_question_decode(Bytes body, MembershipQuestion *question)
{
        return frame_is(&body, "member") && frame_next_number(&body, &question->id) &&
               frame_next(&body, &question->login) && frame_next(&body, &question->group) &&
               frame_is_whole(body) && take_later_strings(body, question);
}

size_t membership_encode(const Membership *membership, uint8_t *buffer, size_t size)
{
        Frame frame = frame_begin(buffer, size, "membership");

        frame_put_number(&frame, membership->id);
        frame_put(&frame, bytes_from_string(words[membership->state]));
        frame_put(&frame, membership->text);
        return frame_end(&frame);
}

bool membership_decode(Bytes body, Membership *membership)
{
        Bytes word;

        return frame_is(&body, "membership") && frame_next_number(&body, &membership->id) &&
               frame_next(&body, &word) && parse_word(word, &membership->state) &&
               frame_next(&body, &membership->text) &&
               membership->text.size <= MEMBERSHIP_TEXT_MAX && frame_is_whole(body);
}
