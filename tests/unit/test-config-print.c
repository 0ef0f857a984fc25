/* SPDX-License-Identifier: BSD-2-Clause */

/* parse(print(c)) == c. */

#include "daemon/config_print.h"

#include "config_equal.h"
#include "config_generator.h"
#include "parsing.h"

#include "table.h"

#define SEED   0x5a51dbu
#define ROUNDS 20000u

static void check_round(const Config *config, unsigned round)
{
        char *text = parsing_print(config), *again;
        const char *difference;
        Parsed parsed;

        parsed_init(&parsed, bytes_from_string(text));
        difference =
                parsed.errors > 0 ? "it is refused" : config_difference(config, &parsed.config);
        if (difference)
                fail_msg("seed %#x, round %u: %s\n%s%s", SEED, round, difference, text,
                        parsed.complaints);
        again = parsing_print(&parsed.config);
        assert_string_equal(text, again);
        free(again);
        free(text);
        parsed_deinit(&parsed);
}

static char *print_all(const Config *config)
{
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        assert_non_null(out);
        config_print_all(config, out);
        assert_int_equal(fclose(out), 0);
        return text;
}

/* With its defaults written out nothing is lost, and nothing is a default any more. */
static void check_whole(const Config *config, unsigned round)
{
        char *text = print_all(config), *again;
        Parsed parsed;

        parsed_init(&parsed, bytes_from_string(text));
        if (parsed.errors > 0)
                fail_msg("seed %#x, round %u: %s%s", SEED, round, text, parsed.complaints);
        assert_int_equal(parsed.config.rule_count, config->rule_count);
        assert_int_equal(parsed.config.listen_count, config->listen_count);
        assert_int_equal(parsed.config.backend_count, config->backend_count);
        assert_int_equal(parsed.config.group_count, config->group_count);
        again = print_all(&parsed.config);
        assert_string_equal(text, again);
        free(again);
        free(text);
        parsed_deinit(&parsed);
}

static void test_generated(void **state)
{
        Random random = {SEED};

        (void)state;
        print_message("# seed %#x\n", SEED);
        for (unsigned round = 0; round < ROUNDS; round++) {
                Config config;

                config_generate(&config, &random);
                check_round(&config, round);
                check_whole(&config, round);
                config_deinit(&config);
        }
}

int main(void)
{
        static Table table;

        table_add(&table, "generated configurations", test_generated, NULL);
        return table_run(&table, "config-print");
}
