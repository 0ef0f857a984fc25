/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Parser: the grammar of saslward.conf(5). A pure function of bytes: what it has to ask of the
 * machine it asks through its callers' functions. Errors are reported, all of them.
 */

#include "daemon/parse.h"

typedef struct Parser Parser;

/* Reads the files of "include PATTERN" with parser_parse(), in order. What is wrong it reports, and
 * says in parse.incomplete. */
typedef void ParserInclude(Parser *parser, const char *pattern, Place place);

struct Parser {
        Parse parse;
        ParserInclude *include;
        void *userdata;
};

void parser_init(Parser *parser, Config *config, const NameSource *names, ParserInclude *include,
        Report *report);
void parser_deinit(Parser *parser);

/* Reads one file, whose name is config->files[file]. */
void parser_parse(Parser *parser, unsigned file, Bytes input);

/* After the last file, also if something was wrong: understands names that referred to something
 * that may have come later, fills in the defaults (a socket DIRECTORY/mux) and checks the whole.
 * The configuration is of use only if no error was reported. */
void parser_finish(Parser *parser, const char *directory);
