/* SPDX-License-Identifier: BSD-2-Clause */

#include "loop.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC  1000000000ull
#define PROCESSES_MAX 64

static uint64_t now(void)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        return (uint64_t)time.tv_sec * NSEC_PER_SEC + (uint64_t)time.tv_nsec;
}

static int repeat(uint64_t end, bool (*prepare)(void), bool (*log_in)(void), uint64_t *count)
{
        if (!prepare())
                return EXIT_FAILURE;
        for (; now() < end; ++*count)
                if (!log_in())
                        return EXIT_FAILURE;
        return EXIT_SUCCESS;
}

int loop_run(unsigned processes, double seconds, bool (*prepare)(void), bool (*log_in)(void))
{
        uint64_t *counts = mmap(NULL, PROCESSES_MAX * sizeof(*counts), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        uint64_t began = now(), total = 0, end = began + (uint64_t)(seconds * (double)NSEC_PER_SEC);
        int status, failed = 0;

        if (processes < 1 || processes > PROCESSES_MAX || counts == MAP_FAILED)
                return EXIT_FAILURE;
        for (unsigned i = 0; i < processes; i++)
                if (fork() == 0)
                        _exit(repeat(end, prepare, log_in, &counts[i]));
        while (wait(&status) > 0)
                failed |= status;
        seconds = (double)(now() - began) / (double)NSEC_PER_SEC;
        for (unsigned i = 0; i < processes; i++)
                total += counts[i];
        (void)printf("%.0f\n", (double)total / seconds);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
