/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Real libsasl2 asks the mux:  checkpass SOCKET SERVICE REALM USER [TIMES] <PASSWORD
 * Exit status 0 for SASL_OK, 1 for a refusal or failure, 2 for wrong usage. On standard output the
 * last try's code, how many descriptors the tries have left open, and the code's name.
 */

#include <sasl/sasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *socket_path;

static int get_option(
        void *context, const char *plugin, const char *option, const char **value, unsigned *length)
{
        (void)context;
        (void)plugin;
        if (strcmp(option, "pwcheck_method") == 0)
                *value = "saslauthd";
        else if (strcmp(option, "saslauthd_path") == 0)
                *value = socket_path;
        else
                return SASL_FAIL;
        if (length)
                *length = (unsigned)strlen(*value);
        return SASL_OK;
}

static const sasl_callback_t callbacks[] = {
        {SASL_CB_GETOPT, (int (*)(void))(void (*)(void))get_option, NULL},
        {SASL_CB_LIST_END, NULL, NULL},
};

/* Returns the password's length, or -1. */
static ssize_t read_password(char *buffer, size_t size)
{
        size_t used = 0;
        ssize_t more;

        while ((more = read(STDIN_FILENO, buffer + used, size - 1 - used)) > 0)
                used += (size_t)more;
        buffer[used] = '\0';
        return more < 0 ? -1 : (ssize_t)used;
}

/* The lowest number that is free: one more for each descriptor that is left open. */
static int next_descriptor(void)
{
        int fd = dup(STDIN_FILENO);

        (void)close(fd);
        return fd;
}

static int check(char **argv, const char *password, unsigned length)
{
        sasl_conn_t *conn = NULL;
        int code = sasl_server_new(
                argv[2], NULL, argv[3][0] ? argv[3] : NULL, NULL, NULL, NULL, 0, &conn);

        if (code == SASL_OK)
                code = sasl_checkpass(conn, argv[4], (unsigned)strlen(argv[4]), password, length);
        sasl_dispose(&conn);
        return code;
}

int main(int argc, char **argv)
{
        static char password[16384];
        int times = argc == 6 ? atoi(argv[5]) : 1;
        ssize_t length;
        int code = SASL_FAIL, before;

        if (argc < 5 || argc > 6)
                return 2;
        socket_path = argv[1];
        length = read_password(password, sizeof(password));
        if (length < 0 || sasl_server_init(callbacks, NULL) != SASL_OK)
                return 2;
        before = next_descriptor();
        while (times-- > 0)
                code = check(argv, password, (unsigned)length);
        (void)printf(
                "%d %d %s\n", code, next_descriptor() - before, sasl_errstring(code, NULL, NULL));
        sasl_server_done();
        return code == SASL_OK ? 0 : 1;
}
