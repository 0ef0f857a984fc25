/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Frame: what the front and a worker say to each other (saslward-backend(7)). A frame is a counted
 * string whose content is a sequence of counted strings, the first of them the verb:
 *
 *   worker  ready   "1" NAME                              once, when it can take jobs
 *   front   check   ID login password service realm client-address vm-name vm-uuid milliseconds
 *   worker  result  ID WORD account reason
 *
 * and the like for the worker "resolve": peer and sighted, member and membership.
 *
 * Receivers ignore strings behind the ones they know, so that later versions can add some.
 */

#include "bytes.h"

#define FRAME_MAX     65537u /* a counted string of the greatest length */
#define FRAME_VERSION "1"

/* A frame being written. buffer is the caller's. */
typedef struct Frame {
        uint8_t *buffer;
        size_t size;
        size_t used;
        bool fits;
} Frame;

/* Starts a frame with its verb in buffer, which has size bytes. */
Frame frame_begin(uint8_t *buffer, size_t size, const char *verb);

/* Adds a string. */
void frame_put(Frame *frame, Bytes string);

/* Adds a number in decimal. */
void frame_put_number(Frame *frame, uint64_t number);

/* Completes the frame. Returns its size in bytes, or 0 if it did not fit. */
size_t frame_end(Frame *frame);

/* Takes a whole frame off *input into *body. Returns false if bytes are missing. */
bool frame_get(Bytes *input, Bytes *body);

/* Takes the verb off *body. Returns whether it is the one given. */
bool frame_is(Bytes *body, const char *verb);

/* Takes the next string off *body. Returns false if there is none. */
bool frame_next(Bytes *body, Bytes *string);

/* Takes a decimal number without sign or leading zeros off *body. Returns false for anything else.
 */
bool frame_next_number(Bytes *body, uint64_t *number);

/* Whether what is left of body is nothing, or further strings of a later version. */
bool frame_is_whole(Bytes body);
