/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Program: what every worker program of ours has in common. It speaks saslward-backend(7) on
 * standard input, answers one frame at a time, and leaves when the front closes the socket.
 */

#include "proto/bytes.h"

#define NOTICE_TEXT_MAX    512u
#define PROGRAM_ANSWER_MAX 4096u /* bytes of a frame to the front */

typedef struct Program {
        const char *name;
        bool takes_descriptors; /* one can come with a frame */
        /* Takes one "key=value" argument. Returns whether it knows the key and likes the value. */
        bool (*set)(const char *key, const char *value);
        /* Prepares for frames; may fill in a notice of up to NOTICE_TEXT_MAX bytes. Returns 0, or a
         * negative errno: the worker then leaves unready. */
        int (*init)(char *notice);
        /* Answers a frame of this body, and the descriptor that came with it or -1; it is closed
         * afterwards. Writes the answer into frame. Returns its size, or 0 for a frame that is out
         * of place: the worker then leaves. */
        size_t (*answer)(Bytes body, int descriptor, uint8_t *frame, size_t size);
        void (*deinit)(void); /* or NULL */
} Program;

/* Runs a program until the front closes the socket. Returns the process's exit status. */
int program_run(const Program *program, int argc, char **argv);
