/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Bulletin: what has come of reading the configuration. The supervisor puts it up in memory that it
 * shares with the fronts, where administrators ask for it.
 */

#include <stdbool.h>

#define BULLETIN_REASON_SIZE     512u
#define BULLETIN_COMPLAINTS_SIZE 4096u

typedef struct Bulletin {
        unsigned begun;     /* how often reading it has begun; at the start for the first time */
        unsigned decided;   /* the last of these that has come to something */
        unsigned finishing; /* a reload waits for that generation to leave; 0: none does */
        bool refused;       /* what came of it: what was served before goes on */
        bool saved;         /* that is what was kept of the file, as it once was */
        char reason[BULLETIN_REASON_SIZE];         /* of either; else empty */
        char complaints[BULLETIN_COMPLAINTS_SIZE]; /* lines: what is wrong */
        unsigned left_out;                         /* further ones, which only the log has */
} Bulletin;

typedef struct BulletinBoard BulletinBoard;

/* Maps memory for the children to come. Returns NULL without memory. Free with
 * bulletin_board_free(). */
BulletinBoard *bulletin_board_new(void);
BulletinBoard *bulletin_board_free(BulletinBoard *board);

/* Puts a bulletin in the place of the one before; for one process only. */
void bulletin_board_put(BulletinBoard *board, const Bulletin *bulletin);

/* Copies the bulletin, whose texts end whatever stands there. */
void bulletin_board_read(const BulletinBoard *board, Bulletin *bulletin);
