/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands.h"

#include "daemon/connection.h"
#include "daemon/status.h"

#include <json-c/json_object.h>
#include <string.h>

/* The string of that name in a request, or NULL. */
static const char *string_of(struct json_object *request, const char *name)
{
        struct json_object *value;

        if (!json_object_object_get_ex(request, name, &value) ||
                !json_object_is_type(value, json_type_string))
                return NULL;
        return json_object_get_string(value);
}

static struct json_object *answer_status(
        ConnectionSet *connections, struct json_object *request, bool *adopt)
{
        (void)request;
        (void)adopt;
        return status_describe(connections);
}

/* The connection goes on as one to the mux, from the VM of that name. */
static struct json_object *answer_test(
        ConnectionSet *connections, struct json_object *request, bool *adopt)
{
        const char *vm = string_of(request, "vm");

        (void)connections;
        if (!vm || !vm[0])
                return control_error("\"test\" needs a \"vm\", the name of a domain");
        *adopt = true;
        return json_object_new_object();
}

static const struct {
        const char *name;
        struct json_object *(*answer)(
                ConnectionSet *connections, struct json_object *request, bool *adopt);
} commands[] = {
        {"status", answer_status},
        {"test", answer_test},
};

static struct json_object *answer(
        void *userdata, const char *command, struct json_object *request, bool *adopt)
{
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
                if (strcmp(commands[i].name, command) == 0)
                        return commands[i].answer(userdata, request, adopt);
        return control_error("unknown command; there are: status, test");
}

static void adopt(void *userdata, int fd, struct json_object *request)
{
        connection_accept_as(userdata, fd, string_of(request, "vm"));
}

ControlHandlers commands_handlers(ConnectionSet *connections)
{
        return (ControlHandlers){answer, adopt, connections};
}
