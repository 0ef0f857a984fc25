/* SPDX-License-Identifier: BSD-2-Clause */

/* explain_many CONFIG: what "saslward explain --json" says to each line of standard input, which is
 * service, login, realm, socket, client and uid, separated by tabs; "-" = not said. A line each. */

#include "daemon/cli/command.h"
#include "daemon/cli/explanation.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <string.h>

#define FIELDS 6u

/* Cuts a line at its tabs. Returns false if there are not so many fields. */
static bool split(char *line, const char *fields[static FIELDS])
{
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < FIELDS; i++) {
                char *field = strsep(&line, "\t");

                if (!field)
                        return false;
                fields[i] = strcmp(field, "-") == 0 ? NULL : field;
        }
        return line == NULL;
}

/* Returns false if the question makes no sense. */
static bool answer(const Config *config, const Ruleset *ruleset, const char *const *fields)
{
        const Description description = {
                .service = fields[0],
                .login = fields[1],
                .realm = fields[2],
                .socket = fields[3],
                .client = fields[4],
                .peer_uid = fields[5],
        };
        _cleanup_(free_pointer) char *wrong = NULL;
        _cleanup_(groups_deinit) Groups groups;
        _cleanup_(asking_deinit) Asking asking;
        _cleanup_(explanation_deinit) Explanation explanation = {};
        struct json_object *object;

        groups_init(&groups, config);
        if (!asking_init(&asking, config, &description, &groups, &wrong)) {
                (void)fprintf(stderr, "%s\n", wrong);
                return false;
        }
        explanation_init(&explanation, config, ruleset, &asking, &groups);
        object = explanation_to_json(&explanation);
        (void)puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
        (void)json_object_put(object);
        return true;
}

int main(int argc, char **argv)
{
        _cleanup_(config_deinit) Config config;
        _cleanup_(free_pointer) char *line = NULL;
        Ruleset *ruleset;
        size_t room = 0;
        bool goes_on = true;

        config_init(&config);
        if (argc != 2 || !command_read_config(&config, argv[1], false))
                return EXIT_FAILURE;
        ruleset = ruleset_new(config.rules, config.rule_count);
        while (goes_on && ruleset && getline(&line, &room, stdin) > 0) {
                const char *fields[FIELDS];

                goes_on = split(line, fields) && answer(&config, ruleset, fields);
        }
        goes_on = goes_on && ruleset;
        (void)ruleset_free(ruleset);
        return goes_on ? EXIT_SUCCESS : EXIT_FAILURE;
}
