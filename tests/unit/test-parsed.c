/* SPDX-License-Identifier: BSD-2-Clause */

/* What is made of a configuration; test-parser.c has what is said of it. */

#include "daemon/parser.h"
#include "parsing.h"

#include "table.h"

#include <stdio.h>

static void test_defaults(void **state)
{
        Parsed parsed;
        const Config *config = &parsed.config;

        (void)state;
        parsed_init(&parsed, BYTES("permit service=x with=sasldb\n"));
        assert_int_equal(config->listen_count, 1);
        assert_string_equal(config->listens[0].path, "/run/sasl2/mux");
        assert_int_equal(config->listens[0].mode, 0666);
        assert_true(config->identity.sources[PEER_SOURCE_LIBVIRT]);
        assert_true(config->identity.sources[PEER_SOURCE_MACHINED]);
        assert_false(config->identity.sources[PEER_SOURCE_CMDLINE]);
        assert_true(config->identity.socket);
        assert_int_equal(config->backend_count, 3);
        assert_string_equal(config->backends[0].name, "sasldb");
        assert_int_equal(config->backends[0].workers, CONFIG_WORKERS_DEFAULT);
        assert_int_equal(config->rules[0].place.line, 1);
        assert_int_equal(config->rules[0].number, 1);
        parsed_deinit(&parsed);
}

static void test_members(void **state)
{
        Parsed parsed;
        const Condition *peer;
        const ItemList *members;

        (void)state;
        parsed_init(&parsed, BYTES("group g uid:postfix,\"x\"\ngroup h uid:postfix,unit:a*\n"
                                   "deny user=@g\ndeny peer=@h,uid:0\n"));
        assert_string_equal(parsed.complaints, "");
        peer = rule_condition(&parsed.config.rules[1], CONDITION_PEER);
        assert_int_equal(peer->list.items[0].kind, ITEM_GROUP);
        members = peer->list.items[0].members;
        assert_int_equal(members->count, 2);
        assert_int_equal(members->items[0].kind, ITEM_UID);
        assert_int_equal(members->items[0].uid, 89);
        assert_int_equal(members->items[1].kind, ITEM_UNIT);
        members = rule_condition(&parsed.config.rules[0], CONDITION_USER)->list.items[0].members;
        assert_int_equal(members->items[0].kind, ITEM_EXACT);
        assert_string_equal(members->items[0].text, "uid:postfix");
        parsed_deinit(&parsed);
}

static char *repeat(const char *format, int count)
{
        char *text;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        for (int i = 0; i < count; i++)
                (void)fprintf(stream, "%s%d%s", format, i, format[0] == 'l' ? "\n" : " shadow\n");
        (void)fclose(stream);
        return text;
}

static void check_limit(const char *line, int limit, const char *complaint)
{
        char *text = repeat(line, limit + 1);
        Parsed parsed;

        parsed_init(&parsed, bytes_from_string(text));
        assert_string_equal(parsed.complaints, complaint);
        parsed_deinit(&parsed);
        free(text);
}

static void test_limits(void **state)
{
        (void)state;
        check_limit("listen /", 16, "17:1: more than 16 sockets; leave some out\n");
        check_limit("backend b", 256, "257:1: more than 256 backends; leave some out\n");
}

int main(void)
{
        static Table table;

        table_add(&table, "defaults", test_defaults, NULL);
        table_add(&table, "members of groups", test_members, NULL);
        table_add(&table, "limits", test_limits, NULL);
        return table_run(&table, "parsed");
}
