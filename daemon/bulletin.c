/* SPDX-License-Identifier: BSD-2-Clause */
#include "bulletin.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

#define TRIES 100u

/* Its writer may be killed in between: a reader tries a number of times, and then takes what is
 * there. */
struct BulletinBoard {
        atomic_uint version; /* odd: it is being written */
        Bulletin bulletin;
};

BulletinBoard *bulletin_board_new(void)
{
        void *board = mmap(NULL, sizeof(BulletinBoard), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        return board == MAP_FAILED ? NULL : board;
}

BulletinBoard *bulletin_board_free(BulletinBoard *board)
{
        if (board)
                (void)munmap(board, sizeof(*board));
        return NULL;
}

void bulletin_board_put(BulletinBoard *board, const Bulletin *bulletin)
{
        atomic_fetch_add(&board->version, 1);
        board->bulletin = *bulletin;
        atomic_fetch_add(&board->version, 1);
}

void bulletin_board_read(const BulletinBoard *board, Bulletin *bulletin)
{
        for (unsigned i = 0; i < TRIES; i++) {
                unsigned before = atomic_load(&board->version);

                *bulletin = board->bulletin;
                if (before % 2 == 0 && atomic_load(&board->version) == before)
                        break;
        }
        bulletin->reason[BULLETIN_REASON_SIZE - 1] = '\0';
        bulletin->complaints[BULLETIN_COMPLAINTS_SIZE - 1] = '\0';
}
