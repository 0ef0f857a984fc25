/* SPDX-License-Identifier: BSD-2-Clause */

/* What is explained is what is decided; and the line that is proposed does let the login in. */

#include "daemon/cli/explanation.h"
#include "daemon/config_print.h"
#include "proto/cleanup.h"

#include "config_generator.h"
#include "parsing.h"

#include "table.h"

#define SEED        0x5a51e7u
#define TABLES      4000u
#define REQUESTS    5u /* of each table */
#define WORDS_MAX   64u
#define SHARE_MIN   2u /* percent of the requests that each outcome must have */
#define UUID_NOBODY "0123456789abcdef0123456789abcdef"

/* Words of a configuration, for requests that its rules may be about. */
typedef struct Vocabulary {
        const char *words[WORDS_MAX];
        size_t count;
} Vocabulary;

static void add_words(Vocabulary *vocabulary, const ItemList *list)
{
        for (size_t i = 0; i < list->count; i++) {
                if (list->items[i].kind == ITEM_GROUP)
                        add_words(vocabulary, list->items[i].members);
                else if (vocabulary->count < WORDS_MAX)
                        vocabulary->words[vocabulary->count++] = list->items[i].text;
        }
}

static Vocabulary vocabulary_of(const Config *config, ConditionKind kind)
{
        Vocabulary vocabulary = {};

        for (size_t i = 0; i < config->rule_count; i++) {
                const Condition *condition = rule_condition(&config->rules[i], kind);

                if (condition)
                        add_words(&vocabulary, &condition->list);
        }
        return vocabulary;
}

/* Mostly a word of the rules. */
static const char *pick(
        const Config *config, Random *random, ConditionKind kind, const char *otherwise)
{
        const Vocabulary vocabulary = vocabulary_of(config, kind);

        if (vocabulary.count == 0 || random_below(random, 5) == 0)
                return otherwise;
        return vocabulary.words[random_below(random, vocabulary.count)];
}

static const char *pick_listen(const Config *config, Random *random)
{
        const ListenConfig *listen = &config->listens[random_below(random, config->listen_count)];

        return random_below(random, 2) ? NULL : listen->path;
}

static Description make_description(const Config *config, Random *random)
{
        static const char *const clients[] = {NULL, "10.0.0.1", "192.0.2.1", "::1", "2001:db8::7"};
        static const char *const uids[] = {NULL, "0", "7", "1000", "4711"};
        static const char *const units[] = {NULL, "", "a", "ax"};
        Description description = {
                .service = pick(config, random, CONDITION_SERVICE, "spice"),
                .login = pick(config, random, CONDITION_USER, "alice"),
                .realm = pick(config, random, CONDITION_REALM, ""),
                .client = clients[random_below(random, 5)],
                .peer_uid = uids[random_below(random, 5)],
                .peer_unit = units[random_below(random, 4)],
                .socket = pick_listen(config, random),
        };

        if (random_below(random, 3))
                description.vm = pick(config, random, CONDITION_VM, "debianx");
        if (description.vm && random_below(random, 2))
                description.uuid = UUID_NOBODY;
        return description;
}

/* Half of the groups that the rules name have the login as a member, some nobody knows. */
static void say_groups(Groups *groups, const Config *config, Random *random)
{
        const Vocabulary vocabulary = vocabulary_of(config, CONDITION_USER);

        for (size_t i = 0; i < vocabulary.count; i++)
                if (random_below(random, 4))
                        groups_say(groups, vocabulary.words[i], random_below(random, 2));
}

typedef enum Outcome {
        OUTCOME_MALFORMED,
        OUTCOME_LET_IN,
        OUTCOME_DENIED,
        OUTCOME_NO_RULE,
        OUTCOME_UNDECIDED,
        OUTCOME_UNTOLD,
        OUTCOMES,
} Outcome;

/* The verdict that belongs to the daemon's decision. */
static Verdict expected_verdict(const Ruleset *ruleset, const Explanation *explanation)
{
        const Facts *facts = &explanation->asking->facts;
        const Condition allow = {CONDITION_PEER, explanation->asking->listen->allow};
        char barred[PAM_REASON_SIZE];
        Decision decision = ruleset_decide(ruleset, facts);

        if (explanation->asking->refusal)
                return VERDICT_REFUSED;
        if (allow.list.count > 0 && condition_match(&allow, facts) != TRI_TRUE)
                return explanation->missing ? VERDICT_UNTOLD : VERDICT_REFUSED;
        if (decision.value == TRI_UNDECIDED)
                return explanation->missing ? VERDICT_UNTOLD : VERDICT_REFUSED;
        if (!decision.rule || !decision.rule->permit ||
                strstr(explanation->ruling.reason, "needs what is not known here"))
                return VERDICT_REFUSED;
        return pam_backend_bars(explanation->config, decision.rule, facts->service, barred)
                       ? VERDICT_REFUSED
                       : VERDICT_LET_IN;
}

static Outcome outcome_of(const Explanation *explanation)
{
        if (explanation->asking->refusal)
                return OUTCOME_MALFORMED;
        if (explanation->verdict == VERDICT_LET_IN)
                return OUTCOME_LET_IN;
        if (explanation->verdict == VERDICT_UNTOLD)
                return OUTCOME_UNTOLD;
        if (explanation->ruling.kind == RULING_UNDECIDED)
                return OUTCOME_UNDECIDED;
        return explanation->ruling.decision.rule ? OUTCOME_DENIED : OUTCOME_NO_RULE;
}

/* The rules that are shown are false, but for the last, which decided. */
static bool is_right_order(const Explanation *explanation)
{
        size_t count = explanation_rule_count(explanation);

        for (size_t i = 0; i < count; i++) {
                bool decides = &explanation->config->rules[i] == explanation->ruling.decision.rule;
                Trace trace;

                trace_rule(&trace, &explanation->config->rules[i], &explanation->asking->facts);
                if (decides != (trace.value.value != TRI_FALSE) || (decides && i + 1 < count))
                        return false;
        }
        return true;
}

/* The text with the proposed line before the line of that number, or behind the last. */
static char *insert_line(const char *text, const Explanation *explanation)
{
        const Rule *before = explanation->ruling.decision.rule;
        const char *rest = text;
        char *changed = NULL;
        size_t size;
        FILE *out = open_memstream(&changed, &size);

        assert_non_null(out);
        for (unsigned line = 1; before ? line < before->place.line : *rest != '\0'; line++)
                rest = strchr(rest, '\n') + 1;
        (void)fwrite(text, 1, (size_t)(rest - text), out);
        config_print_rule(&explanation->suggestion.config, &explanation->suggestion.rule, out);
        (void)fprintf(out, "\n%s", rest);
        assert_int_equal(fclose(out), 0);
        return changed;
}

/* Whether the same login is let in by the changed text. */
static bool lets_in(const char *text, const Description *description, Groups *groups)
{
        _cleanup_(asking_deinit) Asking asking;
        _cleanup_(free_pointer) char *wrong = NULL;
        const char *failure = NULL;
        char barred[PAM_REASON_SIZE];
        bool lets_in;
        Ruleset *ruleset;
        Ruling ruling;
        Parsed parsed;

        parsed_init(&parsed, bytes_from_string(text));
        if (parsed.errors > 0)
                fail_msg("%s\n%s", parsed.complaints, text);
        groups->config = &parsed.config;
        assert_true(asking_init(&asking, &parsed.config, description, groups, &wrong));
        ruleset = ruleset_new(parsed.config.rules, parsed.config.rule_count);
        assert_non_null(ruleset);
        ruling_make(&parsed.config, ruleset, asking.listen, &asking.facts, &failure, &ruling);
        lets_in =
                ruling.kind == RULING_ASK && !pam_backend_bars(&parsed.config, ruling.decision.rule,
                                                     asking.facts.service, barred);
        (void)ruleset_free(ruleset);
        parsed_deinit(&parsed);
        return lets_in;
}

/* Adds up outcomes and lines. */
typedef struct Tally {
        unsigned outcomes[OUTCOMES];
        unsigned lines;
} Tally;

static void check_request(const Config *config, const char *text, Random *random, Tally *tally)
{
        const Description description = make_description(config, random);
        _cleanup_(groups_deinit) Groups groups;
        _cleanup_(asking_deinit) Asking asking;
        _cleanup_(explanation_deinit) Explanation explanation;
        _cleanup_(free_pointer) char *wrong = NULL;
        _cleanup_(free_pointer) char *changed = NULL;
        Ruleset *ruleset = ruleset_new(config->rules, config->rule_count);

        assert_non_null(ruleset);
        groups_init(&groups, config);
        say_groups(&groups, config, random);
        assert_true(asking_init(&asking, config, &description, &groups, &wrong));
        explanation_init(&explanation, config, ruleset, &asking, &groups);
        assert_int_equal(explanation.verdict, expected_verdict(ruleset, &explanation));
        assert_true(is_right_order(&explanation));
        tally->outcomes[outcome_of(&explanation)]++;
        if (explanation.has_suggestion) {
                tally->lines++;
                changed = insert_line(text, &explanation);
                if (!lets_in(changed, &description, &groups))
                        fail_msg("not let in:\n%s", changed);
        }
        (void)ruleset_free(ruleset);
}

static void check_table(Random *random, Tally *tally)
{
        _cleanup_(free_pointer) char *text = NULL;
        Config generated;
        Parsed parsed;

        config_generate(&generated, random);
        text = parsing_print(&generated);
        config_deinit(&generated);
        parsed_init(&parsed, bytes_from_string(text));
        assert_int_equal(parsed.errors, 0);
        for (unsigned r = 0; r < REQUESTS; r++)
                check_request(&parsed.config, text, random, tally);
        parsed_deinit(&parsed);
}

static void test_generated(void **state)
{
        Random random = {SEED};
        Tally tally = {};

        (void)state;
        print_message("# seed %#x\n", SEED);
        for (unsigned table = 0; table < TABLES; table++)
                check_table(&random, &tally);
        print_message("# %u malformed, %u let in, %u denied, %u without a rule, %u undecided, %u "
                      "untold; %u lines\n",
                tally.outcomes[OUTCOME_MALFORMED], tally.outcomes[OUTCOME_LET_IN],
                tally.outcomes[OUTCOME_DENIED], tally.outcomes[OUTCOME_NO_RULE],
                tally.outcomes[OUTCOME_UNDECIDED], tally.outcomes[OUTCOME_UNTOLD], tally.lines);
        for (Outcome outcome = 0; outcome < OUTCOMES; outcome++)
                assert_true(tally.outcomes[outcome] * 100u >= SHARE_MIN * TABLES * REQUESTS);
}

int main(void)
{
        static Table table;

        table_add(&table, "generated configurations and requests", test_generated, NULL);
        return table_run(&table, "explanation");
}
