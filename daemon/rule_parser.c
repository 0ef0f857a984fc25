/* SPDX-License-Identifier: BSD-2-Clause */
#include "rule_parser.h"

#include "daemon/template.h"
#include "proto/cleanup.h"

#include <stdlib.h>
#include <string.h>

static bool out_of_memory(Parse *parse, Word value)
{
        return report_error(parse->report, value.place, "out of memory");
}

static bool set_template(Parse *parse, Word value, char **text)
{
        size_t at;

        if (!parse_text(parse, value, text))
                return false;
        if (template_check(*text, TEMPLATE_TYPED, &at))
                return true;
        return report_error(parse->report, value.place,
                "\"%.2s\" is no token; there are %%u %%r %%R %%s %%h %%v %%i, and %%%% for a "
                "percent sign",
                *text + at);
}

static bool set_as(Parse *parse, void *rule, Word value)
{
        return set_template(parse, value, &((Rule *)rule)->as);
}

static bool set_as_realm(Parse *parse, void *rule, Word value)
{
        return set_template(parse, value, &((Rule *)rule)->as_realm);
}

static bool set_reason(Parse *parse, void *rule, Word value)
{
        return set_template(parse, value, &((Rule *)rule)->reason);
}

static bool set_next(Parse *parse, void *rule, Word value)
{
        return parse_keyword(parse, value, "next", &((Rule *)rule)->next_if_unavailable);
}

static bool set_temporary(Parse *parse, void *rule, Word value)
{
        return parse_keyword(parse, value, "temporary", &((Rule *)rule)->temporary);
}

static bool set_deadline(Parse *parse, void *rule, Word value)
{
        return parse_duration(parse, value, &((Rule *)rule)->deadline_usec);
}

/* Which backend a name means is known at the end. */
static bool add_backend(Parse *parse, Rule *rule, Word word)
{
        unsigned *grown =
                reallocarray(rule->backends, rule->backend_count + 1, sizeof(*rule->backends));
        char *name = NULL;

        if (!grown)
                return out_of_memory(parse, word);
        rule->backends = grown;
        if (!parse_text(parse, word, &name)) {
                free(name);
                return false;
        }
        grown[rule->backend_count] = 0;
        return parse_add_reference(parse, (ParseReference){
                                                  .kind = REFERENCE_BACKEND,
                                                  .rule = rule->number - 1,
                                                  .item = rule->backend_count++,
                                                  .place = word.place,
                                                  .name = name,
                                          });
}

static bool set_with(Parse *parse, void *target, Word value)
{
        bool good = true;

        do {
                Word word = word_split(&value, ',');

                good &= add_backend(parse, target, word);
        } while (value.characters);
        return good;
}

static const OptionKind permit_options[] = {
        {"with", set_with},
        {"as", set_as},
        {"as-realm", set_as_realm},
        {"deadline", set_deadline},
        {"on-unavailable", set_next},
        {"unavailable", set_temporary},
        {},
};

static const OptionKind deny_options[] = {
        {"reason", set_reason},
        {"unavailable", set_temporary},
        {},
};

static bool find_condition(const char *key, ConditionKind *kind)
{
        for (*kind = 0; *kind < CONDITION_KINDS; (*kind)++)
                if (strcmp(condition_name(*kind), key) == 0)
                        return true;
        return false;
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

/* Groups of the file may be defined below. */
static bool refer_to_groups(Parse *parse, const Rule *rule, const Condition *condition, Place place)
{
        bool good = true;

        for (size_t i = 0; i < condition->list.count; i++)
                if (condition->list.items[i].kind == ITEM_GROUP)
                        good &= parse_add_reference(parse, (ParseReference){
                                                                   .kind = REFERENCE_GROUP,
                                                                   .rule = rule->number - 1,
                                                                   .condition = condition->kind,
                                                                   .item = i,
                                                                   .place = place,
                                                           });
        return good;
}

/* parse_options()'s other(): conditions. */
static bool set_condition(Parse *parse, void *target, const char *key, Word value, bool *good)
{
        ConditionKind kind;
        Condition *condition;

        if (!find_condition(key, &kind))
                return false;
        condition = insert_condition(target, kind);
        if (!condition)
                *good = out_of_memory(parse, value);
        else
                *good = item_list_parse(kind, value, parse->names, &condition->list, parse->report);
        if (*good && kind == CONDITION_UNTIL && condition->list.count > 1)
                *good = report_error(parse->report, value.place, "until= takes one day");
        if (*good)
                *good = refer_to_groups(parse, target, condition, value.place);
        return true;
}

void rule_parse(Parse *parse, bool permit, Place place, const Word *words, size_t count)
{
        Rule *rule = config_add_rule(parse->config);

        if (!rule) {
                (void)report_error(parse->report, place, "out of memory");
                return;
        }
        rule->place = place;
        rule->permit = permit;
        if (!parse_options(parse, words, count, permit ? permit_options : deny_options,
                    set_condition, rule))
                return;
        if (permit && rule->backend_count == 0)
                (void)report_error(parse->report, place,
                        "permit needs with=BACKEND: who is to check the password");
}
