/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_test.h"

#include "build-config.h"
#include "daemon/cli/client.h"
#include "daemon/cli/control_client.h"
#include "daemon/cli/password.h"
#include "daemon/cli/unix_socket.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_SERVICE "imap" /* testsaslauthd's */
#define TIMEOUT_SEC     30u
#define EXIT_NO         255
#define NO_DESCRIPTOR   (-2)

enum {
        OPTION_PASSWORD_FD = 256,
        OPTION_VM,
};

typedef struct TestOptions {
        const char *name; /* of the program, for messages */
        bool as_testsaslauthd;
        bool help;
        const char *user;
        const char *password; /* -p; "-" = standard input, NULL = ask */
        int password_fd;      /* or -1 */
        const char *realm;
        const char *service;
        const char *path;
        const char *vm;        /* ask as this one does, or NULL */
        const char *directory; /* of the control socket, or NULL */
        int repeat;
} TestOptions;

static const struct option long_options[] = {
        {"password-fd", required_argument, NULL, OPTION_PASSWORD_FD},
        {"vm", required_argument, NULL, OPTION_VM},
        {"help", no_argument, NULL, 'h'},
        {},
};

static int usage(const TestOptions *options)
{
        (void)fprintf(stderr,
                "%s: usage: %s -u username -p password\n"
                "              [-r realm] [-s servicename]\n"
                "              [-f socket path] [-R repeatnum]\n",
                options->name, options->name);
        return EXIT_FAILURE;
}

static int help(void)
{
        (void)printf(
                "usage: saslward test -u USER [options]\n"
                "\n"
                "Asks the daemon whether a password is right, as a SASL program would.\n"
                "\n"
                "  -u USER             the login\n"
                "  -p PASSWORD         the password; other users can see it in the process list\n"
                "  -p -                the password is read from standard input\n"
                "  --password-fd N     … from the open file descriptor N\n"
                "                      without any of these it is asked for\n"
                "  -r REALM            the realm (empty)\n"
                "  -s SERVICE          the service, as spice, smtp (" DEFAULT_SERVICE ")\n"
                "  -f PATH             the socket (" RUN_DIRECTORY "/mux)\n"
                "  --vm NAME           ask as the VM of that name would, over the control socket;\n"
                "                      for root and the group saslward\n"
                "  -m DIR              with --vm: the daemon's directory, if it was given one\n"
                "  -R N                ask N times\n"
                "\n"
                "Exit status: 0 OK; 255 NO, or no answer; 1 wrong usage.\n");
        return EXIT_SUCCESS;
}

/* Returns NO_DESCRIPTOR for what is no number. */
static int read_descriptor(const char *text)
{
        char *end;
        long number = strtol(text, &end, 10);

        return end > text && !*end && number >= 0 && number <= INT_MAX ? (int)number
                                                                       : NO_DESCRIPTOR;
}

static bool parse(int argc, char **argv, TestOptions *options)
{
        const char *letters = options->as_testsaslauthd ? "p:u:r:s:f:R:" : "p:u:r:s:f:R:m:h";
        const struct option none = {};
        int option;

        while ((option = getopt_long(argc, argv, letters,
                        options->as_testsaslauthd ? &none : long_options, NULL)) != -1) {
                switch (option) {
                case 'u': options->user = optarg; break;
                case 'p': options->password = optarg; break;
                case 'r': options->realm = optarg; break;
                case 's': options->service = optarg; break;
                case 'f': options->path = optarg; break;
                case 'R': options->repeat = (int)strtol(optarg, NULL, 10); break;
                case 'm': options->directory = optarg; break;
                case OPTION_VM: options->vm = optarg; break;
                case 'h': options->help = true; break;
                case OPTION_PASSWORD_FD: options->password_fd = read_descriptor(optarg); break;
                default: return false;
                }
        }
        if (options->directory && !options->vm)
                return false;
        if (options->repeat < 0) /* testsaslauthd asks nobody then, and says that all is well */
                return false;
        if (options->password_fd == NO_DESCRIPTOR)
                return false;
        return options->help ||
               (options->user && (options->password || !options->as_testsaslauthd));
}

static Secret *from_argument(const char *password)
{
        size_t size = strlen(password), space;
        Secret *secret = secret_new(size);

        if (secret) {
                memcpy(secret_space(secret, &space), password, size);
                secret_commit(secret, size);
        }
        return secret;
}

static Secret *get_password(const TestOptions *options)
{
        if (options->password_fd >= 0)
                return password_read(options->password_fd);
        if (!options->password)
                return password_prompt("Password: ");
        if (strcmp(options->password, "-") == 0 && !options->as_testsaslauthd)
                return password_read(STDIN_FILENO);
        return from_argument(options->password);
}

/* testsaslauthd's words, then, for people, what to look at. */
static void explain_no_connection(const TestOptions *options)
{
        int error = errno;

        (void)fprintf(stderr, "connect() : %s\n", strerror(error));
        if (options->as_testsaslauthd)
                return;
        if (error == ENOENT || error == ECONNREFUSED)
                (void)fprintf(stderr,
                        "nobody listens on %s: is the daemon running, and with -m for this "
                        "directory?\n",
                        options->path);
        else if (error == EACCES)
                (void)fprintf(stderr,
                        "%s: this user may not reach it; look at the modes of the directories "
                        "above it\n",
                        options->path);
}

static void explain_no_answer(void)
{
        if (errno == EAGAIN)
                (void)fprintf(stderr, "no answer within %u s\n", TIMEOUT_SEC);
        else
                (void)fprintf(stderr, "size read failed\n");
}

/* The daemon takes the connection for one of that VM. */
static MuxOutcome ask_as_vm(
        const TestOptions *options, const MuxRequest *request, MuxAnswer *answer)
{
        _cleanup_(close_fd) int fd = -1;
        _cleanup_(free_pointer) char *error = NULL;
        struct json_object *wish = control_request("test");

        (void)json_object_object_add(wish, "vm", json_object_new_string(options->vm));
        wish = control_ask_open(options->directory, wish, &fd, &error);
        if (!wish) {
                (void)fprintf(stderr, "%s\n", error);
                return MUX_NO_CONNECTION;
        }
        json_object_put(wish);
        if (!unix_socket_set_timeout(fd, TIMEOUT_SEC))
                return MUX_NO_ANSWER;
        return mux_ask_on(fd, request, answer);
}

static MuxOutcome ask(const TestOptions *options, const MuxRequest *request, MuxAnswer *answer)
{
        MuxOutcome outcome;

        if (options->vm)
                return ask_as_vm(options, request, answer);
        outcome = mux_ask(options->path, request, TIMEOUT_SEC, answer);
        if (outcome == MUX_NO_CONNECTION)
                explain_no_connection(options);
        return outcome;
}

/* Prints the line of one try. Returns the exit status. */
static int ask_once(const TestOptions *options, const MuxRequest *request, int number)
{
        MuxAnswer answer;

        (void)printf("%d: ", number);
        (void)fflush(stdout);
        switch (ask(options, request, &answer)) {
        case MUX_NO_CONNECTION: return EXIT_NO;
        case MUX_NO_ANSWER: explain_no_answer(); return EXIT_NO;
        case MUX_TOO_LONG:
                (void)fprintf(stderr, "a field is longer than the protocol can carry\n");
                return EXIT_NO;
        case MUX_ANSWERED: break;
        }
        (void)printf("%s\n", answer.ok ? "OK \"Success.\"" : "NO \"authentication failed\"");
        return answer.ok ? EXIT_SUCCESS : EXIT_NO;
}

int cli_test(int argc, char **argv, bool as_testsaslauthd)
{
        _cleanup_(secret_freep) Secret *password = NULL;
        TestOptions options = {
                .name = as_testsaslauthd ? argv[0] : "saslward test",
                .as_testsaslauthd = as_testsaslauthd,
                .password_fd = -1,
                .service = DEFAULT_SERVICE,
                .path = RUN_DIRECTORY "/mux",
        };
        MuxRequest request;
        int status = EXIT_SUCCESS;

        if (!parse(argc, argv, &options))
                return usage(&options);
        if (options.help)
                return help();
        password = get_password(&options);
        if (!password) {
                (void)fprintf(
                        stderr, "%s: cannot get a password: %s\n", options.name, strerror(errno));
                return EXIT_FAILURE;
        }
        request = (MuxRequest){
                .login = bytes_from_string(options.user),
                .password = secret_bytes(password),
                .service = bytes_from_string(options.service),
                .realm = bytes_from_string(options.realm),
        };
        for (int i = 0; i < (options.repeat > 0 ? options.repeat : 1); i++)
                status = ask_once(&options, &request, i);
        return status;
}
