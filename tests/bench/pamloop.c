/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Nothing but the calls that a PAM login consists of, again and again in some processes at once,
 * with the modules kept loaded: what the machine makes possible.
 *
 *      pamloop PROCESSES SECONDS SERVICE LOGIN PASSWORD
 *
 * prints the logins a second of all together. Exits with 1 if one was refused.
 */

#include <security/pam_appl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC  1000000000ull
#define PROCESSES_MAX 64

static const char *service, *login, *password;

static uint64_t now(void)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        return (uint64_t)time.tv_sec * NSEC_PER_SEC + (uint64_t)time.tv_nsec;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
        void *userdata)
{
        (void)messages;
        (void)userdata;
        *responses = calloc((size_t)count, sizeof(**responses));
        for (int i = 0; *responses && i < count; i++)
                (*responses)[i].resp = strdup(password);
        return *responses ? PAM_SUCCESS : PAM_BUF_ERR;
}

static const struct pam_conv conv = {converse, NULL};

static int log_in(void)
{
        pam_handle_t *handle = NULL;
        int code = pam_start(service, login, &conv, &handle);

        if (code == PAM_SUCCESS)
                code = pam_authenticate(handle, 0);
        if (code == PAM_SUCCESS)
                code = pam_acct_mgmt(handle, 0);
        (void)pam_end(handle, code);
        return code;
}

static void run(uint64_t end, uint64_t *count)
{
        pam_handle_t *pin = NULL;

        if (pam_start(service, NULL, &conv, &pin) != PAM_SUCCESS)
                _exit(EXIT_FAILURE);
        for (; now() < end; ++*count)
                if (log_in() != PAM_SUCCESS)
                        _exit(EXIT_FAILURE);
        _exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
        uint64_t *counts = mmap(NULL, PROCESSES_MAX * sizeof(*counts), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int processes = argc == 6 ? atoi(argv[1]) : 0, status, failed = 0;
        uint64_t began = now(), total = 0;
        double seconds;

        if (processes < 1 || processes > PROCESSES_MAX || counts == MAP_FAILED) {
                (void)fprintf(stderr, "usage: pamloop PROCESSES SECONDS SERVICE LOGIN PASSWORD\n");
                return 2;
        }
        service = argv[3];
        login = argv[4];
        password = argv[5];
        for (int i = 0; i < processes; i++)
                if (fork() == 0)
                        run(began + (uint64_t)(strtod(argv[2], NULL) * (double)NSEC_PER_SEC),
                                &counts[i]);
        while (wait(&status) > 0)
                failed |= status;
        seconds = (double)(now() - began) / (double)NSEC_PER_SEC;
        for (int i = 0; i < processes; i++)
                total += counts[i];
        (void)printf("%.0f\n", (double)total / seconds);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
