/* SPDX-License-Identifier: BSD-2-Clause */
#include "history.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#define SLOTS 128u

/*
 * During a reload two fronts write, each under numbers of its own; one that is killed may leave a
 * slot half written. So the number is what is written last, and sizes are bounded when they are
 * read.
 */
typedef struct Slot {
        _Atomic uint64_t number; /* 0: nothing is kept, or it is being written */
        _Atomic uint64_t count;
        uint64_t time;
        Record record;
} Slot;

struct History {
        _Atomic uint64_t last_number;
        Slot slots[SLOTS];
};

static uint64_t now_usec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

History *history_new(void)
{
        History *history = mmap(
                NULL, sizeof(History), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (history == MAP_FAILED)
                return NULL;
        atomic_store(&history->last_number, now_usec() / 1000);
        return history;
}

History *history_free(History *history)
{
        if (history)
                (void)munmap(history, sizeof(*history));
        return NULL;
}

uint64_t history_number(History *history)
{
        return atomic_fetch_add(&history->last_number, 1) + 1;
}

void history_keep(History *history, uint64_t number, const Record *record)
{
        Slot *slot = &history->slots[number % SLOTS];

        atomic_store(&slot->number, 0);
        atomic_store(&slot->count, 1);
        slot->time = now_usec();
        slot->record.size = record->size;
        memcpy(slot->record.lines, record->lines, record->size);
        atomic_store(&slot->number, number);
}

void history_count(History *history, uint64_t number)
{
        Slot *slot = &history->slots[number % SLOTS];

        if (atomic_load(&slot->number) == number)
                atomic_fetch_add(&slot->count, 1);
}

bool history_find(const History *history, uint64_t number, PastDecision *found)
{
        const Slot *slot = &history->slots[number % SLOTS];

        if (number == 0 || atomic_load(&slot->number) != number)
                return false;
        *found = (PastDecision){.number = number, .time = slot->time};
        found->count = atomic_load(&slot->count);
        found->record = slot->record;
        if (found->record.size > RECORD_SIZE)
                return false;
        return atomic_load(&slot->number) == number;
}
