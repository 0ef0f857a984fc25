/* SPDX-License-Identifier: BSD-2-Clause */
#include "control_client.h"

#include "build-config.h"
#include "daemon/cli/output.h"
#include "daemon/cli/unix_socket.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define TIMEOUT_SEC 10u

struct json_object *control_request(const char *command)
{
        struct json_object *request = json_object_new_object();

        (void)json_object_object_add(request, "command", json_object_new_string(command));
        return request;
}

static char *explain_no_connection(const char *path)
{
        if (errno == ENOENT || errno == ECONNREFUSED)
                return output_format(
                        "no daemon listens on %s; start it, or name its directory with -m", path);
        if (errno == EACCES)
                return output_format(
                        "%s: permission denied; root may ask, and the group saslward", path);
        return output_format("cannot connect to %s: %s", path, strerror(errno));
}

/* The daemon closes where somebody else has changed the modes, or too many ask. */
static char *explain_no_answer(const char *path, int error)
{
        if (error == EAGAIN)
                return output_format(
                        "%s: no answer within %u s; its log may say why", path, TIMEOUT_SEC);
        return output_format("%s: the daemon closed the connection; root may ask, and the group "
                             "saslward, and few at a time",
                path);
}

/* Whoever closed the other end has not read it: that is seen when there is no answer. */
static void send_request(int fd, struct json_object *request)
{
        _cleanup_(free_pointer) char *line = output_format(
                "%s\n", json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN));

        (void)!send(fd, line, strlen(line), MSG_NOSIGNAL);
}

/* Reads a line. Returns NULL and errno, which is 0 if there is none. */
static char *receive_line(int fd)
{
        int copy = dup(fd);
        FILE *stream = copy >= 0 ? fdopen(copy, "r") : NULL;
        char *line = NULL;
        size_t room = 0;
        ssize_t size;
        int error;

        if (!stream)
                output_no_memory();
        errno = 0;
        size = getline(&line, &room, stream);
        error = errno;
        if (size <= 0 || line[size - 1] != '\n') {
                free(line);
                line = NULL;
        }
        (void)fclose(stream);
        errno = error;
        return line;
}

/* Returns the answer, if it is one and nothing is wrong; takes it over. */
static struct json_object *judge(const char *path, struct json_object *answer, char **error)
{
        struct json_object *text;

        if (!json_object_is_type(answer, json_type_object))
                *error = output_format("%s: what answers there is no saslwardd", path);
        else if (json_object_object_get_ex(answer, "error", &text))
                *error = output_format("the daemon says: %s", json_object_get_string(text));
        else
                return answer;
        json_object_put(answer);
        return NULL;
}

static struct json_object *exchange(
        const char *path, int fd, struct json_object *request, char **error)
{
        _cleanup_(free_pointer) char *line = NULL;

        send_request(fd, request);
        line = receive_line(fd);
        if (!line) {
                *error = explain_no_answer(path, errno);
                return NULL;
        }
        return judge(path, json_tokener_parse(line), error);
}

struct json_object *control_ask_open(
        const char *directory, struct json_object *request, int *fd, char **error)
{
        _cleanup_(free_pointer) char *path = directory ? output_format("%s/control", directory)
                                                       : output_format("%s", CONTROL_SOCKET);
        struct json_object *answer = NULL;

        *fd = unix_socket_connect(path, TIMEOUT_SEC);
        if (*fd < 0)
                *error = explain_no_connection(path);
        else
                answer = exchange(path, *fd, request, error);
        if (!answer)
                close_fd(fd);
        json_object_put(request);
        return answer;
}

struct json_object *control_ask(const char *directory, struct json_object *request, char **error)
{
        _cleanup_(close_fd) int fd = -1;

        return control_ask_open(directory, request, &fd, error);
}
