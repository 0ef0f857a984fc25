/* SPDX-License-Identifier: BSD-2-Clause */
#include "last_errors.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

/* Several write, each under a number of its own, which is written last; one that is killed may
 * leave a slot without. */
typedef struct Slot {
        _Atomic uint64_t number; /* 0: nothing is kept, or it is being written */
        LastError error;
} Slot;

struct LastErrors {
        _Atomic uint64_t last_number;
        Slot slots[LAST_ERRORS_MAX];
};

LastErrors *last_errors_new(void)
{
        void *errors = mmap(NULL, sizeof(LastErrors), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        return errors == MAP_FAILED ? NULL : errors;
}

LastErrors *last_errors_free(LastErrors *errors)
{
        if (errors)
                (void)munmap(errors, sizeof(*errors));
        return NULL;
}

void last_errors_keep(LastErrors *errors, const char *area, const char *text)
{
        uint64_t number = atomic_fetch_add(&errors->last_number, 1) + 1;
        Slot *slot = &errors->slots[number % LAST_ERRORS_MAX];
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        atomic_store(&slot->number, 0);
        slot->error.time = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
        (void)snprintf(slot->error.text, sizeof(slot->error.text), "%s: %s", area, text);
        atomic_store(&slot->number, number);
}

unsigned last_errors_copy(const LastErrors *errors, LastError found[static LAST_ERRORS_MAX])
{
        uint64_t last = atomic_load(&errors->last_number);
        unsigned count = 0;

        for (uint64_t number = last; number > 0 && last - number < LAST_ERRORS_MAX; number--) {
                const Slot *slot = &errors->slots[number % LAST_ERRORS_MAX];

                if (atomic_load(&slot->number) != number)
                        continue;
                found[count] = slot->error;
                found[count].text[LAST_ERROR_TEXT_MAX - 1] = '\0';
                if (atomic_load(&slot->number) == number)
                        count++;
        }
        return count;
}
