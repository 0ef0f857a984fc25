/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A PAM module that does what modules should not, and a few things that they may, as its arguments
 * say. What a real module cannot be made to do on demand enters here, through the service file.
 */

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef int Action(pam_handle_t *handle, const char *value);

static int do_sleep(pam_handle_t *handle, const char *value)
{
        double seconds = strtod(value, NULL);
        struct timespec time = {.tv_sec = (time_t)seconds};

        (void)handle;
        time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
        (void)nanosleep(&time, NULL);
        return PAM_SUCCESS;
}

/* Each so-many-th time in this process. */
static int do_crash(pam_handle_t *handle, const char *value)
{
        static int calls;

        (void)handle;
        if (++calls % atoi(value) == 0) {
                (void)signal(SIGSEGV, SIG_DFL);
                (void)raise(SIGSEGV);
        }
        return PAM_SUCCESS;
}

static int do_exit(pam_handle_t *handle, const char *value)
{
        (void)handle;
        exit(atoi(value));
}

/* Both go on. */
static int do_fork(pam_handle_t *handle, const char *value)
{
        (void)handle;
        (void)value;
        return fork() < 0 ? PAM_SYSTEM_ERR : PAM_SUCCESS;
}

/* A helper that stays, with every descriptor of ours. */
static int do_linger(pam_handle_t *handle, const char *value)
{
        (void)handle;
        if (fork() == 0) {
                (void)sleep((unsigned)atoi(value));
                _exit(0);
        }
        return PAM_SUCCESS;
}

static int do_print(pam_handle_t *handle, const char *value)
{
        (void)handle;
        (void)printf("%s\n", value);
        (void)fflush(stdout);
        return write(STDOUT_FILENO, value, strlen(value)) < 0 ? PAM_SYSTEM_ERR : PAM_SUCCESS;
}

static int do_leak(pam_handle_t *handle, const char *value)
{
        size_t size = (size_t)atoi(value);
        void *volatile lost = malloc(size);

        (void)handle;
        if (lost)
                memset(lost, 'x', size);
        return PAM_SUCCESS;
}

static int do_disorder(pam_handle_t *handle, const char *value)
{
        (void)handle;
        (void)value;
        (void)umask(0777);
        (void)signal(SIGCHLD, SIG_IGN);
        (void)signal(SIGALRM, SIG_IGN);
        return dup(STDERR_FILENO) < 0 || chdir("/") < 0 ? PAM_SYSTEM_ERR : PAM_SUCCESS;
}

static int do_close(pam_handle_t *handle, const char *value)
{
        (void)handle;
        (void)close_range((unsigned)atoi(value), ~0u, 0);
        return PAM_SUCCESS;
}

static int do_say(pam_handle_t *handle, const char *value)
{
        return pam_error(handle, "%s", value);
}

/* Asks with echo, and wants the login. */
static int do_ask_login(pam_handle_t *handle, const char *value)
{
        char *answer = NULL;
        int code = pam_prompt(handle, PAM_PROMPT_ECHO_ON, &answer, "login: ");

        if (code == PAM_SUCCESS && (!answer || strcmp(answer, value) != 0))
                code = PAM_AUTH_ERR;
        free(answer);
        return code;
}

static int do_ask_password(pam_handle_t *handle, const char *value)
{
        char *answer = NULL;
        int code = pam_prompt(handle, PAM_PROMPT_ECHO_OFF, &answer, "Password: ");

        if (code == PAM_SUCCESS && (!answer || strcmp(answer, value) != 0))
                code = PAM_AUTH_ERR;
        free(answer);
        return code;
}

static int do_ask_oddly(pam_handle_t *handle, const char *value)
{
        char *answer = NULL;
        int code = pam_prompt(handle, atoi(value), &answer, "?");

        free(answer);
        return code;
}

static int do_rename(pam_handle_t *handle, const char *value)
{
        return pam_set_item(handle, PAM_USER, value);
}

static int do_expect_host(pam_handle_t *handle, const char *value)
{
        const void *host = NULL;

        if (pam_get_item(handle, PAM_RHOST, &host) != PAM_SUCCESS || !host)
                return strcmp(value, "none") == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
        return strcmp(host, value) == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
}

static const struct {
        const char *name;
        Action *action;
} actions[] = {
        {"sleep=", do_sleep},
        {"crash=", do_crash},
        {"exit=", do_exit},
        {"fork=", do_fork},
        {"linger=", do_linger},
        {"print=", do_print},
        {"leak=", do_leak},
        {"disorder=", do_disorder},
        {"close=", do_close},
        {"say=", do_say},
        {"login=", do_ask_login},
        {"password=", do_ask_password},
        {"style=", do_ask_oddly},
        {"user=", do_rename},
        {"host=", do_expect_host},
};

static int perform(pam_handle_t *handle, const char *argument)
{
        for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
                size_t length = strlen(actions[i].name);

                if (strncmp(argument, actions[i].name, length) == 0)
                        return actions[i].action(handle, argument + length);
        }
        return PAM_SERVICE_ERR;
}

__attribute__((visibility("default"))) int pam_sm_authenticate(
        pam_handle_t *handle, int flags, int argc, const char **argv)
{
        int code = PAM_SUCCESS;

        (void)flags;
        for (int i = 0; i < argc && code == PAM_SUCCESS; i++)
                code = perform(handle, argv[i]);
        return code;
}

__attribute__((visibility("default"))) int pam_sm_setcred(
        pam_handle_t *handle, int flags, int argc, const char **argv)
{
        (void)handle;
        (void)flags;
        (void)argc;
        (void)argv;
        return PAM_SUCCESS;
}
