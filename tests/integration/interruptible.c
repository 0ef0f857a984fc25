/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Preloaded: SIGUSR1 interrupts what the program waits for, and does nothing else. Without a
 * handler no signal interrupts poll(2).
 */

#include <signal.h>
#include <stddef.h>

static void ignore(int number)
{
        (void)number;
}

__attribute__((constructor)) static void install(void)
{
        const struct sigaction action = {.sa_handler = ignore}; /* without SA_RESTART */

        (void)sigaction(SIGUSR1, &action, NULL);
}
