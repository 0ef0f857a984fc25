/* SPDX-License-Identifier: BSD-2-Clause */
#include "parser.h"

#include "daemon/backend_parser.h"
#include "daemon/identity_parser.h"
#include "daemon/listen_parser.h"
#include "proto/nearest.h"
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

static void parse_listen(Parser *parser, Place place, const Word *words, size_t count)
{
        listen_parse(&parser->parse, place, words, count);
}

static void parse_backend(Parser *parser, Place place, const Word *words, size_t count)
{
        backend_parse(&parser->parse, place, words, count);
}

static void parse_identity(Parser *parser, Place place, const Word *words, size_t count)
{
        identity_parse(&parser->parse, place, words, count);
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
