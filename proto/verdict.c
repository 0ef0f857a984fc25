/* SPDX-License-Identifier: BSD-2-Clause */
#include "verdict.h"

#include "frame.h"

size_t verdict_encode(const Verdict *verdict, uint8_t *buffer, size_t size)
{
        Frame frame = frame_begin(buffer, size, "result");

        frame_put_number(&frame, verdict->id);
        frame_put(&frame, bytes_from_string(result_to_string(verdict->result)));
        frame_put(&frame, verdict->account);
        frame_put(&frame, verdict->reason);
        if (verdict->notice.size > 0)
                frame_put(&frame, verdict->notice);
        return frame_end(&frame);
}

bool verdict_decode(Bytes body, Verdict *verdict)
{
        Bytes word;
        bool is_result = frame_is(&body, "result") && frame_next_number(&body, &verdict->id) &&
                         frame_next(&body, &word) && result_from_bytes(word, &verdict->result) &&
                         frame_next(&body, &verdict->account) &&
                         frame_next(&body, &verdict->reason) && frame_is_whole(body) &&
                         (verdict->result != RESULT_OK || verdict->account.size > 0);

        if (!is_result || !frame_next(&body, &verdict->notice))
                verdict->notice = BYTES_EMPTY;
        return is_result;
}

size_t ready_encode(const char *name, Bytes notice, uint8_t *buffer, size_t size)
{
        Frame frame = frame_begin(buffer, size, "ready");

        frame_put(&frame, bytes_from_string(FRAME_VERSION));
        frame_put(&frame, bytes_from_string(name));
        if (notice.size > 0)
                frame_put(&frame, notice);
        return frame_end(&frame);
}

bool ready_decode(Bytes body, Bytes *notice)
{
        Bytes version, name;
        bool is_ready = frame_is(&body, "ready") && frame_next(&body, &version) &&
                        bytes_equal_string(version, FRAME_VERSION) && frame_next(&body, &name) &&
                        frame_is_whole(body);

        if (!is_ready || !frame_next(&body, notice))
                *notice = BYTES_EMPTY;
        return is_ready;
}
