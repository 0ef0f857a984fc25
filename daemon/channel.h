/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The channel between supervisor and front: a SOCK_SEQPACKET socketpair that carries fixed
 * messages, some with a descriptor. This is all either side may say:
 *
 *   front → supervisor   START backend    start a worker of the backend of that index
 *                        END id           end that worker: it is overdue, or broke the protocol
 *                        READY            clients are served
 *                        RETIRED          no further connection is taken (after RETIRE)
 *                        RELOAD           an administrator wants it; done once a second at most
 *   supervisor → front   STARTED id + fd  in the order of the STARTs of that backend
 *                        FAILED           likewise
 *                        DROP listener    nobody else has that socket: answer who has connected
 *                                         there, and listen there no longer
 *                        RETIRE           another front has the other sockets: take no further
 *                                         connections, finish, leave
 *                        STOP             no front comes after: answer who has connected, leave
 */

#include <stdint.h>

typedef enum ChannelVerb {
        CHANNEL_START = 1,
        CHANNEL_END,
        CHANNEL_READY,
        CHANNEL_RETIRED,
        CHANNEL_RELOAD,
        CHANNEL_STARTED,
        CHANNEL_FAILED,
        CHANNEL_DROP,
        CHANNEL_RETIRE,
        CHANNEL_STOP,
} ChannelVerb;

typedef struct ChannelMessage {
        uint32_t verb;     /* ChannelVerb */
        uint32_t backend;  /* index in the configuration; 0 where there is none */
        uint32_t worker;   /* number of the worker, never used twice; 0 where there is none */
        uint32_t listener; /* index of what the front inherited; 0 where there is none */
} ChannelMessage;

/* Sends a message, with a descriptor if fd >= 0 (the caller keeps and closes its own). Never
 * blocks. Returns 0 or a negative errno. */
int channel_send(int channel, ChannelMessage message, int fd);

/* Receives a message. *fd is the descriptor that came with it, owned by the caller, or -1. Returns
 * 1, 0 if the other side is gone, -EAGAIN if nothing is there, -EBADMSG for anything malformed, or
 * another negative errno. */
int channel_receive(int channel, ChannelMessage *message, int *fd);
