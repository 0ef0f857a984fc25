/* SPDX-License-Identifier: BSD-2-Clause */
#include "past.h"

#include "daemon/cli/command.h"
#include "daemon/cli/control_client.h"
#include "daemon/cli/journal_reader.h"
#include "daemon/cli/json_input.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/login_log.h"
#include "daemon/cli/output.h"
#include "daemon/config_hash.h"
#include "proto/cleanup.h"

#include <string.h>

/* What the configuration of today is, and says. */
typedef struct Today {
        const char * not ; /* why it says nothing, or NULL */
        char hash[CONFIG_HASH_SIZE];
        bool is_same; /* as then */
} Today;

/* The last daemons' memory is the journal. Returns NULL, and why in *error. */
static struct json_object *ask_journal(const char *number, char **error)
{
        _cleanup_(journal_reader_deinit) JournalReader reader = {};
        _cleanup_(login_log_deinit) LoginLog log = {};

        if (!journal_reader_init(&reader, NULL, error))
                return NULL;
        journal_reader_match(&reader, "DECISION", number);
        login_log_init(&log, &reader);
        return json_object_get(json_member(log.by_number, number));
}

struct json_object *past_ask(const char *directory, uint64_t number, char **error)
{
        struct json_object *request = control_request("decision"), *answer, *decision;

        (void)json_object_object_add(request, "number", json_object_new_uint64(number));
        answer = control_ask(directory, request, error);
        decision = json_object_get(json_member(answer, "decision"));
        (void)json_object_put(answer);
        return decision;
}

/* Returns the decision, for the caller, or NULL, which has been explained. */
static struct json_object *find(const PastOptions *options)
{
        _cleanup_(free_pointer) char *no_daemon = NULL;
        _cleanup_(free_pointer) char *no_journal = NULL;
        struct json_object *decision =
                past_ask(options->directory, strtoull(options->number, NULL, 10), &no_daemon);

        if (!decision)
                decision = ask_journal(options->number, &no_journal);
        if (!decision)
                (void)fprintf(stderr,
                        "saslward: decision %s was not found:\n"
                        "  the daemon: %s\n"
                        "  the journal: %s\n",
                        options->number,
                        no_daemon ? no_daemon : "it does not remember it (any more)",
                        no_journal ? no_journal : "has no such decision of the daemon's user");
        return decision;
}

/* Of somebody who could not be told then nothing can be said today. Returns why not, or NULL. */
static const char *cannot_say(struct json_object *decision)
{
        const char *identity = json_text(decision, "identity");

        if (strncmp(json_text(decision, "config"), "-a ", 3) == 0)
                return "The daemon ran without a configuration file.";
        if (identity[0] == '\0' || identity[0] == '?')
                return "It could not be told who asked, so what the rules say today cannot be "
                       "told, either.";
        return NULL;
}

static void read_today(
        Today *today, Config *config, const PastOptions *options, struct json_object *decision)
{
        *today = (Today){.not = cannot_say(decision)};
        if (today->not )
                return;
        if (!command_read_config(config, options->config, false) ||
                config_hash(config, today->hash) < 0)
                today->not = "Today's configuration cannot be read.";
        today->is_same = strcmp(today->hash, json_text(decision, "config")) == 0;
}

static const char *text_or_null(struct json_object *decision, const char *key)
{
        return json_member(decision, key) ? json_text(decision, key) : NULL;
}

static Description describe(struct json_object *decision)
{
        const char *client = text_or_null(decision, "remote");
        const char *unit = text_or_null(decision, "peer_unit");

        return (Description){
                .service = json_text(decision, "service"),
                .login = json_text(decision, "user"),
                .realm = json_text(decision, "realm"),
                .vm = text_or_null(decision, "vm"),
                .uuid = text_or_null(decision, "vm_uuid"),
                .client = client,
                .peer_uid = text_or_null(decision, "peer_uid"),
                .peer_unit = unit ? unit : "",
                .socket = text_or_null(decision, "socket"),
        };
}

/* The socket may have gone since, or be one of a daemon with -m. */
static bool init_asking(Asking *asking, const Config *config, Description *description,
        Groups *groups, char **wrong)
{
        bool ok = asking_init(asking, config, description, groups, wrong);

        if (ok || !description->socket)
                return ok;
        asking_deinit(asking);
        free(*wrong);
        description->socket = NULL;
        return asking_init(asking, config, description, groups, wrong);
}

static void put_verdict(
        const PastOptions *options, struct json_object *object, const Explanation *explanation)
{
        if (options->json)
                (void)json_object_object_add(object, "today", explanation_to_json(explanation));
        else
                explanation_print(explanation, stdout);
}

/* Prints what the rules of today say, or puts it into the object. */
static void put_today(const PastOptions *options, struct json_object *object,
        struct json_object *decision, const Config *config)
{
        _cleanup_(free_pointer) char *wrong = NULL;
        _cleanup_(asking_deinit) Asking asking = {};
        _cleanup_(groups_deinit) Groups groups;
        _cleanup_(explanation_deinit) Explanation explanation = {};
        Description description = describe(decision);
        Ruleset *ruleset = ruleset_new(config->rules, config->rule_count);

        groups_init(&groups, config);
        if (!ruleset)
                output_no_memory();
        if (init_asking(&asking, config, &description, &groups, &wrong)) {
                explanation_init(&explanation, config, ruleset, &asking, &groups);
                put_verdict(options, object, &explanation);
        }
        (void)ruleset_free(ruleset);
}

static void print_change(struct json_object *decision, const Today *today)
{
        _cleanup_(free_pointer) char *text = output_format(
                today->is_same ? "The configuration says the same today (%s):"
                               : "The configuration has changed since: today it is %s, then it was "
                                 "%s. Today's:",
                today->hash, json_text(decision, "config"));

        (void)fputc('\n', stdout);
        output_wrapped(stdout, "", 0, today->not ? today->not : text);
        (void)fputs(today->not ? "" : "\n", stdout);
}

static void print(const PastOptions *options, struct json_object *decision, const Today *today,
        const Config *config)
{
        past_print(decision, stdout);
        print_change(decision, today);
        if (!today->not )
                put_today(options, NULL, decision, config);
}

static void print_json(const PastOptions *options, struct json_object *decision, const Today *today,
        const Config *config)
{
        struct json_object *object = json_object_new_object();

        (void)json_object_object_add(object, "decision", json_object_get(decision));
        if (today->not ) {
                json_add(object, "note", today->not );
        } else {
                json_add(object, "config", today->hash);
                (void)json_object_object_add(
                        object, "changed", json_object_new_boolean(!today->is_same));
                put_today(options, object, decision, config);
        }
        json_write(object, stdout);
}

int past_explain(const PastOptions *options)
{
        struct json_object *decision = find(options);
        _cleanup_(config_deinit) Config config;
        Today today;
        int status;

        config_init(&config);
        if (!decision)
                return CLI_ERROR;
        read_today(&today, &config, options, decision);
        (options->json ? print_json : print)(options, decision, &today, &config);
        status = strcmp(json_text(decision, "result"), "OK") == 0 ? CLI_YES : CLI_NO;
        (void)json_object_put(decision);
        return command_finish(status);
}
