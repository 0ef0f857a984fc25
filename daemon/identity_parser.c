/* SPDX-License-Identifier: BSD-2-Clause */
#include "identity_parser.h"

#include "proto/cleanup.h"

#include <stdlib.h>

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

void identity_parse(Parse *parse, Place place, const Word *words, size_t count)
{
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
                parse, words + sources, count - sources, identity_options, NULL, identity);
        if (good && identity->sources[PEER_SOURCE_CMDLINE] != (identity->uid_count > 0))
                (void)report_error(parse->report, place,
                        "cmdline and uid= go together; write cmdline uid=USER for those whose "
                        "command lines are believed");
}
