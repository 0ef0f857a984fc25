/* SPDX-License-Identifier: BSD-2-Clause */
#include "parser.h"

#include "daemon/nearest.h"
#include "daemon/parse_check.h"
#include "daemon/rule_parser.h"
#include "proto/cleanup.h"

#include <stddef.h>
#include <string.h>
#include <sys/un.h>

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

static const OptionKind no_options[] = {{}};

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

static void parse_listen(Parser *parser, Place place, const Word *words, size_t count)
{
        Parse *parse = &parser->parse;
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
        (void)parse_options(parse, words + 1, count - 1, listen_options, no_options, listen);
}

static bool set_workers(Parse *parse, void *backend, const OptionKind *kind, Word value)
{
        (void)kind;
        return parse_number(
                parse, value, 1, CONFIG_WORKERS_MAX, &((BackendConfig *)backend)->workers);
}

static bool set_jobs(Parse *parse, void *backend, const OptionKind *kind, Word value)
{
        (void)kind;
        return parse_number(parse, value, 1, 1000000, &((BackendConfig *)backend)->jobs_limit);
}

static const OptionKind backend_options[] = {
        {"workers", set_workers},
        {"jobs", set_jobs},
        {"deadline", option_set_duration, offsetof(BackendConfig, deadline_usec)},
        {},
};

/* What the worker program understands. */
static bool set_argument(Parse *parse, void *target, const OptionKind *kind, Word value)
{
        BackendConfig *backend = target;
        const MechanismOption *option = mechanism_option(backend->mechanism, kind->key);
        _cleanup_(free_pointer) char *text = NULL;
        const char *expected;

        if (!parse_text(parse, value, &text))
                return false;
        expected = option->check(text);
        if (expected)
                return report_error(parse->report, value.place,
                        "\"%s\" cannot stand in %s=; write %s", text, kind->key, expected);
        return backend_add_argument(backend, kind->key, text) == 0 ||
               parse_out_of_memory(parse, value.place);
}

static bool parse_arguments(Parse *parse, BackendConfig *backend, const Word *words, size_t count)
{
        OptionKind own[MECHANISM_OPTIONS_MAX + 1] = {};

        for (size_t i = 0; i < MECHANISM_OPTIONS_MAX && backend->mechanism->options[i].key; i++)
                own[i] = (OptionKind){backend->mechanism->options[i].key, set_argument};
        return parse_options(parse, words, count, own, backend_options, backend);
}

/* Names must stand in lists and logs without quotes. */
static bool parse_name(Parse *parse, Word word, char **name)
{
        if (!parse_text(parse, word, name))
                return false;
        if (strspn(*name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
                strlen(*name))
                return true;
        return report_error(parse->report, word.place,
                "\"%s\" is no name; write letters, digits, _ . - only", *name);
}

static const Mechanism *parse_type(Parse *parse, Word word)
{
        _cleanup_(free_pointer) char *type = NULL;
        const Mechanism *mechanism = NULL;

        if (parse_text(parse, word, &type)) {
                mechanism = mechanism_find(type);
                if (!mechanism)
                        (void)report_error(parse->report, word.place,
                                "no type of backend \"%s\"; there are: %s", type,
                                mechanism_names());
        }
        return mechanism;
}

/* Returns NULL if that name cannot be added, which is reported. */
static BackendConfig *add_backend(Parse *parse, Place place, Word word)
{
        _cleanup_(free_pointer) char *name = NULL;
        BackendConfig *backend;
        int other;

        if (!parse_name(parse, word, &name)) {
                parse->incomplete = true;
                return NULL;
        }
        other = config_find_backend(parse->config, name);
        if (other >= 0) {
                Place first = parse->config->backends[other].place;

                (void)report_error(parse->report, word.place,
                        "backend %s is there already, at %s:%u; give this one another name", name,
                        config_file(parse->config, first), first.line);
                return NULL;
        }
        if (parse->config->backend_count >= CONFIG_BACKENDS_MAX) {
                (void)report_error(parse->report, place, "more than %u backends; leave some out",
                        CONFIG_BACKENDS_MAX);
                return NULL;
        }
        backend = config_add_backend(parse->config);
        if (!backend) {
                (void)parse_out_of_memory(parse, place);
                return NULL;
        }
        backend->place = place;
        backend->name = TAKE_PTR(name);
        return backend;
}

/* One of a wrong type is kept under its name, so that those who use it are not wrong as well. */
static void parse_backend(Parser *parser, Place place, const Word *words, size_t count)
{
        Parse *parse = &parser->parse;
        BackendConfig *backend;

        if (count < 2) {
                parse->incomplete = true;
                (void)report_error(parse->report, place,
                        "backend needs a name and a type; write backend NAME TYPE [OPTION…]");
                return;
        }
        backend = add_backend(parse, place, words[0]);
        if (!backend)
                return;
        backend->mechanism = parse_type(parse, words[1]);
        if (!backend->mechanism)
                return;
        backend->jobs_limit = backend->mechanism->jobs_per_worker;
        if (parse_arguments(parse, backend, words + 2, count - 2))
                parse_check_required(parse, backend, place);
}

static GroupConfig *add_group(Parse *parse, Place place, Word word)
{
        char *name = NULL;
        GroupConfig *group = NULL;

        if (!parse_name(parse, word, &name)) {
                parse->incomplete = true;
                free(name);
                return NULL;
        }
        group = config_find_group(parse->config, name);
        if (group) {
                (void)report_error(parse->report, word.place,
                        "group %s is there already, at %s:%u; put all words into one line", name,
                        config_file(parse->config, group->place), group->place.line);
                free(name);
                return NULL;
        }
        group = config_add_group(parse->config, name);
        if (group)
                group->place = place;
        else
                (void)parse_out_of_memory(parse, place);
        return group;
}

static void parse_group(Parser *parser, Place place, const Word *words, size_t count)
{
        Parse *parse = &parser->parse;
        GroupConfig *group;

        if (count == 0) {
                (void)report_error(parse->report, place,
                        "group needs a name and words; write group NAME WORD,WORD…");
                return;
        }
        group = add_group(parse, place, words[0]);
        if (!group)
                return;
        if (count == 1)
                (void)report_error(parse->report, place,
                        "group %s has no words; write group %s WORD,WORD…", group->name,
                        group->name);
        else if (count > 2)
                (void)report_error(parse->report, words[2].place,
                        "one word too many; put commas without blanks between a group's words");
        else
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
                return report_error(parse->report, word.place, UID_UNKNOWN, text);
        grown = reallocarray(identity->uids, identity->uid_count + 1, sizeof(*identity->uids));
        if (!grown)
                return parse_out_of_memory(parse, word.place);
        identity->uids = grown;
        grown[identity->uid_count++] = uid;
        return true;
}

static bool set_uids(Parse *parse, void *identity, const OptionKind *kind, Word value)
{
        bool good = true;

        (void)kind;
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

static void unknown_source(Parse *parse, Word word)
{
        _cleanup_(free_pointer) char *name = word_text(word);

        (void)report_error(parse->report, word.place,
                "\"%s\" cannot say who asks; write some of libvirt machined socket cmdline, with "
                "blanks between them",
                name ? name : "");
}

/* Reads the words before the first option. Returns how many these are. */
static size_t parse_sources(
        Parse *parse, IdentityConfig *identity, const Word *words, size_t count, bool *good)
{
        size_t i;

        for (i = 0; i < count; i++) {
                Word value = words[i];
                bool *source = find_source(identity, words[i]);

                (void)word_split(&value, '=');
                if (value.characters)
                        break;
                if (!source)
                        unknown_source(parse, words[i]);
                else if (*source)
                        (void)report_error(parse->report, words[i].place,
                                "this source is named twice; write it once");
                *good &= source && !*source;
                if (source)
                        *source = true;
        }
        return i;
}

static void parse_identity(Parser *parser, Place place, const Word *words, size_t count)
{
        Parse *parse = &parser->parse;
        IdentityConfig *identity = &parse->config->identity;
        bool good = true;
        size_t sources;

        if (identity->place.line > 0) {
                (void)report_error(parse->report, place,
                        "identity is there already, at %s:%u; write one line",
                        config_file(parse->config, identity->place), identity->place.line);
                return;
        }
        *identity = (IdentityConfig){.place = place};
        sources = parse_sources(parse, identity, words, count, &good);
        if (sources == 0)
                good = report_error(parse->report, place,
                        "identity does not say who is believed; write some of libvirt machined "
                        "socket cmdline");
        good &= parse_options(
                parse, words + sources, count - sources, identity_options, no_options, identity);
        if (good && identity->sources[PEER_SOURCE_CMDLINE] != (identity->uid_count > 0))
                (void)report_error(parse->report, place,
                        "cmdline and uid= go together; write cmdline uid=USER for those whose "
                        "command lines are believed");
}

static void parse_include(Parser *parser, Place place, const Word *words, size_t count)
{
        _cleanup_(free_pointer) char *pattern = NULL;

        if (count != 1)
                (void)report_error(parser->parse.report, place,
                        "include takes one path or pattern; write include PATTERN");
        else if (parse_text(&parser->parse, words[0], &pattern))
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

static void unknown_keyword(Parser *parser, Word word)
{
        _cleanup_(free_pointer) char *keyword = word_text(word);
        Nearest nearest;

        parser->parse.incomplete = true;
        nearest_init(&nearest, keyword ? keyword : "");
        for (size_t i = 0; i < DIRECTIVE_COUNT; i++)
                nearest_try(&nearest, directives[i].keyword);
        if (nearest.name)
                (void)report_error(parser->parse.report, word.place,
                        "unknown keyword \"%s\"; did you mean %s?", keyword, nearest.name);
        else
                (void)report_error(parser->parse.report, word.place,
                        "unknown keyword \"%s\"; there are: listen, backend, group, identity, "
                        "permit, deny, include",
                        keyword ? keyword : "");
}

static void parse_line(Parser *parser, const Word *words, size_t count)
{
        for (size_t i = 0; i < DIRECTIVE_COUNT; i++)
                if (word_is(words[0], directives[i].keyword)) {
                        directives[i].parse(parser, words[0].place, words + 1, count - 1);
                        return;
                }
        unknown_keyword(parser, words[0]);
}

void parser_parse(Parser *parser, unsigned file, Bytes input)
{
        _cleanup_(tokenizer_deinit) Tokenizer tokenizer;
        TokenizerOutcome outcome;

        tokenizer_init(&tokenizer, input, file, parser->parse.report);
        while ((outcome = tokenizer_next(&tokenizer)) != TOKENIZER_END) {
                if (outcome == TOKENIZER_NO_MEMORY) {
                        (void)parse_out_of_memory(&parser->parse, tokenizer.place);
                        return;
                }
                if (outcome == TOKENIZER_LINE)
                        parse_line(parser, tokenizer.words, tokenizer.word_count);
                else
                        parser->parse.incomplete = true;
        }
}

void parser_finish(Parser *parser, const char *directory)
{
        parse_finish(&parser->parse, directory);
}
