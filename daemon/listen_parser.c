/* SPDX-License-Identifier: BSD-2-Clause */
#include "listen_parser.h"

#include "proto/cleanup.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* A name that must stand for somebody on this machine. */
static bool set_owner(Parse *parse, void *listen, const OptionKind *kind, Word value)
{
        char **owner = &((ListenConfig *)listen)->owner;
        uid_t uid;

        (void)kind;
        if (!parse_text(parse, value, owner))
                return false;
        return parse->names->find_uid(parse->names, *owner, &uid) ||
               report_error(parse->report, value.place,
                       "no user \"%s\" on this machine; create it, or name another", *owner);
}

static bool set_group(Parse *parse, void *listen, const OptionKind *kind, Word value)
{
        char **group = &((ListenConfig *)listen)->group;

        (void)kind;
        if (!parse_text(parse, value, group))
                return false;
        return parse->names->has_group(parse->names, *group) ||
               report_error(parse->report, value.place,
                       "no group \"%s\" on this machine; create it, or name another", *group);
}

static bool set_mode(Parse *parse, void *listen, const OptionKind *kind, Word value)
{
        _cleanup_(free_pointer) char *text = NULL;
        char *end;
        unsigned long mode;

        (void)kind;
        if (!parse_text(parse, value, &text))
                return false;
        mode = strtoul(text, &end, 8);
        if (text[0] < '0' || text[0] > '7' || *end || mode > 0777)
                return report_error(parse->report, value.place,
                        "\"%s\" is no mode; write an octal one, as 0660", text);
        ((ListenConfig *)listen)->mode = (mode_t)mode;
        return true;
}

/* A pattern or a keyword would be no VM's name. */
static bool is_one_vm(const char *name)
{
        return !strpbrk(name, "*?[,!%:@") && strcmp(name, "any") != 0 && strcmp(name, "none") != 0;
}

static bool set_vm(Parse *parse, void *listen, const OptionKind *kind, Word value)
{
        char **vm = &((ListenConfig *)listen)->vm;

        (void)kind;
        if (!parse_text(parse, value, vm))
                return false;
        return word_is_quoted(value) || is_one_vm(*vm) ||
               report_error(parse->report, value.place,
                       "a socket stands for one VM; write its name, in quotes if it is like \"%s\"",
                       *vm);
}

static bool set_allow(Parse *parse, void *listen, const OptionKind *kind, Word value)
{
        ItemList *list = &((ListenConfig *)listen)->allow;

        (void)kind;
        if (!item_list_parse(CONDITION_PEER, value, parse->names, list, parse->report))
                return false;
        for (size_t i = 0; i < list->count; i++) {
                Word word = word_split(&value, ',');

                if (list->items[i].kind == ITEM_GROUP)
                        return report_error(parse->report, word.place,
                                "no group can stand in allow=; write uid:USER or unit:PATTERN");
        }
        return true;
}

static const OptionKind listen_options[] = {
        {"owner", set_owner},
        {"group", set_group},
        {"mode", set_mode},
        {"name", option_set_text, offsetof(ListenConfig, name)},
        {"vm", set_vm},
        {"allow", set_allow},
        {"unavailable", option_set_keyword, offsetof(ListenConfig, temporary), "temporary"},
        {},
};

static bool parse_socket_path(Parse *parse, Word word, char **path)
{
        const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

        if (!parse_path(parse, word, path))
                return false;
        return strlen(*path) <= max ||
               report_error(parse->report, word.place,
                       "too long for a socket's path; write at most %zu bytes", max);
}

void listen_parse(Parse *parse, Place place, const Word *words, size_t count)
{
        ListenConfig *listen;

        if (count == 0) {
                (void)report_error(parse->report, place,
                        "listen does not say where; write listen PATH [OPTION…]");
                return;
        }
        if (parse->config->listen_count >= CONFIG_LISTENS_MAX) {
                (void)report_error(parse->report, place, "more than %u sockets; leave some out",
                        CONFIG_LISTENS_MAX);
                return;
        }
        listen = config_add_listen(parse->config);
        if (!listen) {
                (void)parse_out_of_memory(parse, place);
                return;
        }
        listen->place = place;
        listen->mode = CONFIG_SOCKET_MODE;
        (void)parse_socket_path(parse, words[0], &listen->path);
        (void)parse_options(parse, words + 1, count - 1, listen_options, NULL, listen);
}
