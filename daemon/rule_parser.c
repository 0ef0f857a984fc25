/* SPDX-License-Identifier: BSD-2-Clause */
#include "rule_parser.h"

#include "daemon/template.h"

#include <stdlib.h>
#include <string.h>

#define NO_TEMPLATE                                                                                \
        "\"%.*s\" is no token; there are %%u %%r %%R %%s %%h %%v %%i, and %%%% for a percent sign"

static bool check_template(Parse *parse, Word value, const char *text)
{
        size_t at;

        if (template_check(text, TEMPLATE_TYPED, &at))
                return true;
        return report_error(parse->report, value.place, NO_TEMPLATE,
                (int)template_token_size(text + at), text + at);
}

static bool set_template(Parse *parse, void *rule, const OptionKind *kind, Word value)
{
        char **text = (char **)((char *)rule + kind->offset);

        return parse_text(parse, value, text) && check_template(parse, value, *text);
}

/* as-realm="" is the realm that the backend takes for an empty one, whatever was typed. */
static bool set_as_realm(Parse *parse, void *rule, const OptionKind *kind, Word value)
{
        char **text = (char **)((char *)rule + kind->offset);

        if (!word_is_quoted(value))
                return set_template(parse, rule, kind, value);
        return parse_any_text(parse, value, text) && check_template(parse, value, *text);
}

/* Which backend a name means is known at the end. */
static bool add_backend(Parse *parse, Rule *rule, Word word)
{
        unsigned *grown =
                reallocarray(rule->backends, rule->backend_count + 1, sizeof(*rule->backends));
        char *name = NULL;

        if (!grown)
                return parse_out_of_memory(parse, word.place);
        rule->backends = grown;
        if (!parse_text(parse, word, &name)) {
                free(name);
                return false;
        }
        grown[rule->backend_count] = 0;
        return parse_add_reference(parse, (ParseReference){
                                                  .kind = REFERENCE_BACKEND,
                                                  .owner = rule->number - 1,
                                                  .item = rule->backend_count++,
                                                  .place = word.place,
                                                  .name = name,
                                          });
}

static bool set_with(Parse *parse, void *target, const OptionKind *kind, Word value)
{
        Rule *rule = target;
        bool good = true;

        (void)kind;
        do {
                Word word = word_split(&value, ',');

                if (rule->backend_count >= RULE_BACKENDS_MAX)
                        return report_error(parse->report, word.place,
                                "more than %u backends; leave some out", RULE_BACKENDS_MAX);
                good &= add_backend(parse, rule, word);
        } while (value.characters);
        return good;
}

/* What a rule of this kind has no use for. */
static bool refuse_in_permit(Parse *parse, void *rule, const OptionKind *kind, Word value)
{
        (void)rule;
        return report_error(parse->report, value.place,
                "%s= belongs to deny; leave it out, or write deny", kind->key);
}

static bool refuse_in_deny(Parse *parse, void *rule, const OptionKind *kind, Word value)
{
        (void)rule;
        return report_error(parse->report, value.place,
                "deny asks no backend; leave %s= out, or write permit", kind->key);
}

static const OptionKind permit_options[] = {
        {"with", set_with},
        {"as", set_template, offsetof(Rule, as)},
        {"as-realm", set_as_realm, offsetof(Rule, as_realm)},
        {"deadline", option_set_duration, offsetof(Rule, deadline_usec)},
        {"cache", option_set_duration, offsetof(Rule, cache_usec)},
        {"on-unavailable", option_set_keyword, offsetof(Rule, next_if_unavailable), "next"},
        {"unavailable", option_set_keyword, offsetof(Rule, temporary), "temporary"},
        {"reason", refuse_in_permit},
        {},
};

static const OptionKind deny_options[] = {
        {"reason", set_template, offsetof(Rule, reason)},
        {"unavailable", option_set_keyword, offsetof(Rule, temporary), "temporary"},
        {"with", refuse_in_deny},
        {"as", refuse_in_deny},
        {"as-realm", refuse_in_deny},
        {"deadline", refuse_in_deny},
        {"cache", refuse_in_deny},
        {"on-unavailable", refuse_in_deny},
        {},
};

static ConditionKind find_condition(const char *key)
{
        ConditionKind kind = 0;

        while (strcmp(condition_name(kind), key) != 0)
                kind++;
        return kind;
}

/* Room for a condition of that kind, in the order of the kinds. */
static Condition *insert_condition(Rule *rule, ConditionKind kind)
{
        Condition *grown =
                reallocarray(rule->conditions, rule->condition_count + 1, sizeof(Condition));
        size_t at = 0;

        if (!grown)
                return NULL;
        rule->conditions = grown;
        while (at < rule->condition_count && grown[at].kind < kind)
                at++;
        memmove(&grown[at + 1], &grown[at], (rule->condition_count - at) * sizeof(Condition));
        rule->condition_count++;
        grown[at] = (Condition){.kind = kind};
        return &grown[at];
}

static bool is_reference(const Item *item)
{
        return item->kind == ITEM_GROUP || item->kind == ITEM_BACKEND_GROUP;
}

/* Groups of the file, and backends, may be defined below. Its items are the value's words. */
static bool refer_to_groups(Parse *parse, const Condition *condition, Word value)
{
        bool good = true;

        for (size_t i = 0; i < condition->list.count; i++) {
                Word word = word_split(&value, ',');
                Item *item = &condition->list.items[i];

                if (is_reference(item))
                        good &= parse_add_reference(parse, (ParseReference){
                                                                   .kind = REFERENCE_GROUP,
                                                                   .group = item,
                                                                   .condition = condition->kind,
                                                                   .place = word.place,
                                                           });
        }
        return good;
}

static bool set_condition(Parse *parse, void *rule, const OptionKind *option, Word value)
{
        ConditionKind kind = find_condition(option->key);
        Condition *condition = insert_condition(rule, kind);

        if (!condition)
                return parse_out_of_memory(parse, value.place);
        if (!item_list_parse(kind, value, parse->names, &condition->list, parse->report))
                return false;
        if (kind == CONDITION_UNTIL && condition->list.count > 1)
                return report_error(
                        parse->report, value.place, "until= takes one day; write the last one");
        return refer_to_groups(parse, condition, value);
}

/* In the order in which one thinks of them, for messages. */
const OptionKind rule_conditions[] = {
        {"service", set_condition},
        {"realm", set_condition},
        {"vm", set_condition},
        {"user", set_condition},
        {"from", set_condition},
        {"peer", set_condition},
        {"socket", set_condition},
        {"until", set_condition},
        {},
};

void rule_parse(Parse *parse, bool permit, Place place, const Word *words, size_t count)
{
        Rule *rule = config_add_rule(parse->config);

        if (!rule) {
                (void)parse_out_of_memory(parse, place);
                return;
        }
        rule->place = place;
        rule->permit = permit;
        if (!parse_options(parse, words, count, rule_conditions,
                    permit ? permit_options : deny_options, rule))
                return;
        if (permit && rule->backend_count == 0)
                (void)report_error(parse->report, place,
                        "permit does not say who checks the password; add with=BACKEND");
        else
                (void)parse_add_reference(parse, (ParseReference){
                                                         .kind = REFERENCE_RULE,
                                                         .owner = rule->number - 1,
                                                         .place = place,
                                                 });
}
