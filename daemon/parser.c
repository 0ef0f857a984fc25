/* SPDX-License-Identifier: BSD-2-Clause */
#include "parser.h"

#include "daemon/parse_check.h"
#include "daemon/rule_parser.h"
#include "proto/cleanup.h"

#include <string.h>

void parser_init(Parser *parser, Config *config, const NameSource *names, ParserInclude *include,
        Report *report)
{
        *parser = (Parser){
                .parse = {.config = config, .names = names, .report = report},
                .include = include,
        };
}

void parser_deinit(Parser *parser)
{
        parse_deinit(&parser->parse);
}

static bool out_of_memory(Parse *parse, Place place)
{
        return report_error(parse->report, place, "out of memory");
}

static bool set_owner(Parse *parse, void *listen, Word value)
{
        return parse_text(parse, value, &((ListenConfig *)listen)->owner);
}

static bool set_group(Parse *parse, void *listen, Word value)
{
        return parse_text(parse, value, &((ListenConfig *)listen)->group);
}

static bool set_mode(Parse *parse, void *listen, Word value)
{
        _cleanup_(free_pointer) char *text = NULL;
        char *end;
        unsigned long mode;

        if (!parse_text(parse, value, &text))
                return false;
        mode = strtoul(text, &end, 8);
        if (text[0] < '0' || text[0] > '7' || *end || mode > 0777)
                return report_error(
                        parse->report, value.place, "\"%s\": write an octal mode, as 0660", text);
        ((ListenConfig *)listen)->mode = (mode_t)mode;
        return true;
}

static bool set_name(Parse *parse, void *listen, Word value)
{
        return parse_text(parse, value, &((ListenConfig *)listen)->name);
}

static bool set_vm(Parse *parse, void *listen, Word value)
{
        ListenConfig *config = listen;

        if (!parse_text(parse, value, &config->vm))
                return false;
        if (word_is_quoted(value) || !strpbrk(config->vm, "*?[,!%:"))
                return true;
        return report_error(parse->report, value.place,
                "a socket stands for one VM; write its name, in quotes if it has such characters");
}

static bool set_allow(Parse *parse, void *listen, Word value)
{
        ItemList *list = &((ListenConfig *)listen)->allow;
        bool good = item_list_parse(CONDITION_PEER, value, parse->names, list, parse->report);

        for (size_t i = 0; i < list->count && good; i++)
                if (list->items[i].kind == ITEM_GROUP)
                        good = report_error(parse->report, value.place,
                                "groups cannot stand in allow=; write uid:USER or unit:PATTERN");
        return good;
}

static bool set_listen_temporary(Parse *parse, void *listen, Word value)
{
        return parse_keyword(parse, value, "temporary", &((ListenConfig *)listen)->temporary);
}

static const OptionKind listen_options[] = {
        {"owner", set_owner},
        {"group", set_group},
        {"mode", set_mode},
        {"name", set_name},
        {"vm", set_vm},
        {"allow", set_allow},
        {"unavailable", set_listen_temporary},
        {},
};

static void parse_listen(Parser *parser, Place place, const Word *words, size_t count)
{
        Parse *parse = &parser->parse;
        ListenConfig *listen;

        if (count == 0) {
                (void)report_error(parse->report, place, "listen needs the path of a socket");
                return;
        }
        if (parse->config->listen_count >= CONFIG_LISTENS_MAX) {
                (void)report_error(
                        parse->report, place, "more than %u sockets", CONFIG_LISTENS_MAX);
                return;
        }
        listen = config_add_listen(parse->config);
        if (!listen) {
                (void)out_of_memory(parse, place);
                return;
        }
        listen->place = place;
        listen->mode = CONFIG_SOCKET_MODE;
        if (parse_path(parse, words[0], &listen->path))
                (void)parse_options(parse, words + 1, count - 1, listen_options, NULL, listen);
}

static bool set_workers(Parse *parse, void *backend, Word value)
{
        return parse_number(
                parse, value, 1, CONFIG_WORKERS_MAX, &((BackendConfig *)backend)->workers);
}

static bool set_jobs(Parse *parse, void *backend, Word value)
{
        return parse_number(parse, value, 1, 1000000, &((BackendConfig *)backend)->jobs_limit);
}

static bool set_backend_deadline(Parse *parse, void *backend, Word value)
{
        return parse_duration(parse, value, &((BackendConfig *)backend)->deadline_usec);
}

static const OptionKind backend_options[] = {
        {"workers", set_workers},
        {"jobs", set_jobs},
        {"deadline", set_backend_deadline},
        {},
};

/* parse_options()'s other(): what the worker program understands. */
static bool set_argument(Parse *parse, void *target, const char *key, Word value, bool *good)
{
        BackendConfig *backend = target;
        const MechanismOption *option = mechanism_option(backend->mechanism, key);
        _cleanup_(free_pointer) char *text = NULL;
        const char *expected;

        if (!option)
                return false;
        *good = parse_text(parse, value, &text);
        if (!*good)
                return true;
        expected = option->check(text);
        if (expected)
                *good = report_error(
                        parse->report, value.place, "%s=%s: write %s", key, text, expected);
        else if (backend_add_argument(backend, key, text) < 0)
                *good = out_of_memory(parse, value.place);
        return true;
}

/* Names must stand in lists and logs without quotes. */
static bool parse_name(Parse *parse, Word word, char **name)
{
        if (!parse_text(parse, word, name))
                return false;
        if (strspn(*name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
                strlen(*name))
                return true;
        return report_error(
                parse->report, word.place, "\"%s\": a name has letters, digits, _ . - only", *name);
}

static const Mechanism *parse_type(Parse *parse, Word word)
{
        _cleanup_(free_pointer) char *type = NULL;
        const Mechanism *mechanism = NULL;

        if (parse_text(parse, word, &type)) {
                mechanism = mechanism_find(type);
                if (!mechanism)
                        (void)report_error(parse->report, word.place,
                                "unknown type of backend \"%s\"; there are: %s", type,
                                mechanism_names());
        }
        return mechanism;
}

static void parse_backend(Parser *parser, Place place, const Word *words, size_t count)
{
        Parse *parse = &parser->parse;
        _cleanup_(free_pointer) char *name = NULL;
        const Mechanism *mechanism;
        BackendConfig *backend;

        if (count < 2) {
                (void)report_error(parse->report, place, "write backend NAME TYPE [OPTION…]");
                return;
        }
        mechanism = parse_name(parse, words[0], &name) ? parse_type(parse, words[1]) : NULL;
        if (!mechanism)
                return;
        if (config_find_backend(parse->config, name) >= 0) {
                (void)report_error(parse->report, words[0].place,
                        "backend \"%s\" is there already; give this one another name", name);
                return;
        }
        backend = config_add_backend(parse->config);
        if (!backend) {
                (void)out_of_memory(parse, place);
                return;
        }
        backend->place = place;
        backend->name = TAKE_PTR(name);
        backend->mechanism = mechanism;
        backend->jobs_limit = mechanism->jobs_per_worker;
        if (parse_options(parse, words + 2, count - 2, backend_options, set_argument, backend))
                parse_check_required(parse, backend, place);
}

static void parse_group(Parser *parser, Place place, const Word *words, size_t count)
{
        Parse *parse = &parser->parse;
        _cleanup_(free_pointer) char *name = NULL;
        GroupConfig *group;

        if (count != 2) {
                (void)report_error(parse->report, place, "write group NAME WORD,WORD…");
                return;
        }
        if (!parse_name(parse, words[0], &name))
                return;
        if (config_find_group(parse->config, name)) {
                (void)report_error(parse->report, words[0].place,
                        "group \"%s\" is there already; put all its words into one line", name);
                return;
        }
        group = config_add_group(parse->config);
        if (!group) {
                (void)out_of_memory(parse, place);
                return;
        }
        group->place = place;
        group->name = TAKE_PTR(name);
        (void)item_list_parse_words(words[1], &group->words, parse->report);
}

static bool add_uid(Parse *parse, IdentityConfig *identity, Word word)
{
        _cleanup_(free_pointer) char *text = NULL;
        uid_t *grown;
        uid_t uid;

        if (!parse_text(parse, word, &text))
                return false;
        if (!uid_parse(text, parse->names, &uid))
                return report_error(parse->report, word.place,
                        "no user \"%s\" on this machine; create it, or write its number", text);
        grown = reallocarray(identity->uids, identity->uid_count + 1, sizeof(*identity->uids));
        if (!grown)
                return out_of_memory(parse, word.place);
        identity->uids = grown;
        grown[identity->uid_count++] = uid;
        return true;
}

static bool set_uids(Parse *parse, void *identity, Word value)
{
        bool good = true;

        do {
                Word word = word_split(&value, ',');

                good &= add_uid(parse, identity, word);
        } while (value.characters);
        return good;
}

static const OptionKind identity_options[] = {{"uid", set_uids}, {}};

/* The flag of a source, or NULL: there is none of that name. */
static bool *find_source(IdentityConfig *identity, Word word)
{
        if (word_is(word, "socket"))
                return &identity->socket;
        for (unsigned i = 0; i < PEER_SOURCES; i++)
                if (word_is(word, peer_source_name(i)))
                        return &identity->sources[i];
        return NULL;
}

static void parse_identity(Parser *parser, Place place, const Word *words, size_t count)
{
        Parse *parse = &parser->parse;
        IdentityConfig *identity = &parse->config->identity;
        bool *source;
        size_t i;

        if (identity->place.line > 0) {
                (void)report_error(
                        parse->report, place, "identity is there already; write one line");
                return;
        }
        *identity = (IdentityConfig){.place = place};
        for (i = 0; i < count && (source = find_source(identity, words[i])); i++)
                *source = true;
        if (i == 0)
                (void)report_error(parse->report, place,
                        "write who is believed: libvirt, machined, socket, cmdline");
        else if (parse_options(parse, words + i, count - i, identity_options, NULL, identity) &&
                 identity->sources[PEER_SOURCE_CMDLINE] != (identity->uid_count > 0))
                (void)report_error(parse->report, place,
                        "cmdline and uid=USER go together: whose command lines are believed");
}

static void parse_include(Parser *parser, Place place, const Word *words, size_t count)
{
        _cleanup_(free_pointer) char *pattern = NULL;

        if (count != 1)
                (void)report_error(parser->parse.report, place, "write include PATTERN");
        else if (parse_path(&parser->parse, words[0], &pattern))
                parser->include(parser, pattern, place);
}

static void parse_permit(Parser *parser, Place place, const Word *words, size_t count)
{
        rule_parse(&parser->parse, true, place, words, count);
}

static void parse_deny(Parser *parser, Place place, const Word *words, size_t count)
{
        rule_parse(&parser->parse, false, place, words, count);
}

static const struct {
        const char *keyword;
        void (*parse)(Parser *parser, Place place, const Word *words, size_t count);
} directives[] = {
        {"listen", parse_listen},
        {"backend", parse_backend},
        {"group", parse_group},
        {"identity", parse_identity},
        {"permit", parse_permit},
        {"deny", parse_deny},
        {"include", parse_include},
};

#define DIRECTIVE_COUNT (sizeof(directives) / sizeof(directives[0]))

static void parse_line(Parser *parser, const Word *words, size_t count)
{
        _cleanup_(free_pointer) char *keyword = NULL;

        for (size_t i = 0; i < DIRECTIVE_COUNT; i++)
                if (word_is(words[0], directives[i].keyword)) {
                        directives[i].parse(parser, words[0].place, words + 1, count - 1);
                        return;
                }
        keyword = word_text(words[0]);
        (void)report_error(parser->parse.report, words[0].place,
                "unknown keyword \"%s\"; there are: listen, backend, group, identity, permit, "
                "deny, "
                "include",
                keyword ? keyword : "");
}

void parser_parse(Parser *parser, unsigned file, Bytes input)
{
        _cleanup_(tokenizer_deinit) Tokenizer tokenizer;
        TokenizerOutcome outcome;

        tokenizer_init(&tokenizer, input, file, parser->parse.report);
        while ((outcome = tokenizer_next(&tokenizer)) != TOKENIZER_END) {
                if (outcome == TOKENIZER_NO_MEMORY) {
                        (void)out_of_memory(&parser->parse, tokenizer.place);
                        return;
                }
                if (outcome == TOKENIZER_LINE)
                        parse_line(parser, tokenizer.words, tokenizer.word_count);
        }
}

void parser_finish(Parser *parser, const char *directory)
{
        parse_finish(&parser->parse, directory);
}
