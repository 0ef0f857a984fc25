/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands.h"

#include "daemon/channel.h"
#include "daemon/connection.h"
#include "daemon/json_answer.h"
#include "daemon/status.h"

#include <ctype.h>
#include <json-c/json_object.h>
#include <string.h>

#define FIELD_NAME_SIZE 32u

/* The string of that name in a request, or NULL. */
static const char *string_of(struct json_object *request, const char *name)
{
        struct json_object *value;

        if (!json_object_object_get_ex(request, name, &value) ||
                !json_object_is_type(value, json_type_string))
                return NULL;
        return json_object_get_string(value);
}

/* The name of whom it is about: empty if there is no such member. Returns false if there is, and it
 * is no name. */
static bool take_name(struct json_object *request, const char *key, Bytes *name)
{
        const char *text = string_of(request, key);

        *name = bytes_from_string(text);
        return name->size > 0 || !json_object_object_get_ex(request, key, NULL);
}

static History *history_of(const Commands *commands)
{
        return commands->connections->dispatcher->audit_log.history;
}

static struct json_object *answer_status(
        Commands *commands, struct json_object *request, bool *adopt)
{
        (void)request;
        (void)adopt;
        return status_describe(commands->connections, commands->memory, commands->generation);
}

/* The connection goes on as one to the mux, from the VM of that name. What becomes of the login can
 * be asked for by the number. */
static struct json_object *answer_test(Commands *commands, struct json_object *request, bool *adopt)
{
        struct json_object *answer;
        Bytes vm;

        if (!take_name(request, "vm", &vm))
                return control_error("\"test\" takes a \"vm\", the name of a domain");
        commands->promised = history_number(history_of(commands));
        *adopt = true;
        answer = json_object_new_object();
        json_answer_add(&answer, "number", json_object_new_uint64(commands->promised));
        return answer;
}

/* What comes of it is seen in the status: of the reading after those that have begun. */
static struct json_object *answer_reload(
        Commands *commands, struct json_object *request, bool *adopt)
{
        struct json_object *answer;
        Bulletin bulletin;

        (void)request;
        (void)adopt;
        bulletin_board_read(commands->memory->bulletin, &bulletin);
        if (channel_send(commands->channel, (ChannelMessage){.verb = CHANNEL_RELOAD}, -1) < 0)
                return control_error("the supervisor cannot be told; try again");
        answer = json_object_new_object();
        json_answer_add(&answer, "generation", json_object_new_uint64(commands->generation));
        json_answer_add(&answer, "begun", json_object_new_uint64(bulletin.begun));
        return answer;
}

static struct json_object *answer_flush(
        Commands *commands, struct json_object *request, bool *adopt)
{
        struct json_object *answer;
        Bytes user, vm;

        (void)adopt;
        if (!take_name(request, "user", &user) || !take_name(request, "vm", &vm) ||
                (user.size > 0 && vm.size > 0))
                return control_error("\"flush\" takes a \"user\", a \"vm\", or neither");
        answer = json_object_new_object();
        json_answer_add(&answer, "flushed",
                json_object_new_uint64(
                        dispatcher_flush(commands->connections->dispatcher, user, vm)));
        return answer;
}

static void add_field(struct json_object **object, Bytes name, Bytes value)
{
        char key[FIELD_NAME_SIZE];

        if (!bytes_to_string(name, key, sizeof(key)))
                return;
        for (char *letter = key; *letter; letter++)
                *letter = (char)tolower((unsigned char)*letter);
        json_answer_add(
                object, key, json_object_new_string_len((const char *)value.data, (int)value.size));
}

static struct json_object *describe_decision(const PastDecision *decision)
{
        struct json_object *object = json_object_new_object();
        Bytes rest = record_bytes(&decision->record), name, value;

        while (record_next(&rest, &name, &value))
                add_field(&object, name, value);
        json_answer_add(&object, "time_usec", json_object_new_uint64(decision->time));
        json_answer_add(&object, "answers", json_object_new_uint64(decision->count));
        return object;
}

static struct json_object *answer_decision(
        Commands *commands, struct json_object *request, bool *adopt)
{
        struct json_object *number, *answer;
        PastDecision decision;

        (void)adopt;
        if (!json_object_object_get_ex(request, "number", &number) ||
                !json_object_is_type(number, json_type_int))
                return control_error("\"decision\" needs a \"number\"");
        answer = json_object_new_object();
        if (history_find(history_of(commands), json_object_get_uint64(number), &decision))
                json_answer_add(&answer, "decision", describe_decision(&decision));
        return answer;
}

static const struct {
        const char *name;
        struct json_object *(*answer)(Commands *commands, struct json_object *request, bool *adopt);
} table[] = {
        {"status", answer_status},
        {"test", answer_test},
        {"reload", answer_reload},
        {"flush", answer_flush},
        {"decision", answer_decision},
};

static struct json_object *answer(
        void *userdata, const char *command, struct json_object *request, bool *adopt)
{
        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
                if (strcmp(table[i].name, command) == 0)
                        return table[i].answer(userdata, request, adopt);
        return control_error("unknown command; there are: status, test, reload, flush, decision");
}

static void adopt(void *userdata, int fd, struct json_object *request)
{
        const Commands *commands = userdata;

        connection_accept_as(commands->connections, fd,
                &(AskingAs){string_of(request, "vm"), commands->promised});
}

ControlHandlers commands_handlers(Commands *commands)
{
        return (ControlHandlers){answer, adopt, commands};
}
