/* SPDX-License-Identifier: BSD-2-Clause */
#include "rule.h"

#include <stdlib.h>

const Condition *rule_condition(const Rule *rule, ConditionKind kind)
{
        for (size_t i = 0; i < rule->condition_count; i++)
                if (rule->conditions[i].kind == kind)
                        return &rule->conditions[i];
        return NULL;
}

/* Adds the conditions that need a lookup, or those that need none, to the value. */
static void match_conditions(const Rule *rule, const Facts *facts, bool lookup, RuleValue *value)
{
        for (size_t i = 0; i < rule->condition_count && value->value != TRI_FALSE; i++) {
                const Condition *condition = &rule->conditions[i];
                Tri match;

                if (condition_needs_lookup(condition) != lookup)
                        continue;
                match = condition_match(condition, facts);
                value->value = tri_and(value->value, match);
                if (match == TRI_UNDECIDED && (!value->undecided || condition < value->undecided))
                        value->undecided = condition;
        }
}

RuleValue rule_match(const Rule *rule, const Facts *facts)
{
        RuleValue value = {TRI_TRUE, NULL};

        match_conditions(rule, facts, false, &value);
        match_conditions(rule, facts, true, &value);
        if (value.value != TRI_UNDECIDED)
                value.undecided = NULL;
        return value;
}

void rule_deinit(Rule *rule)
{
        for (size_t i = 0; i < rule->condition_count; i++)
                item_list_deinit(&rule->conditions[i].list);
        free(rule->conditions);
        free(rule->backends);
        free(rule->as);
        free(rule->as_realm);
        free(rule->reason);
        *rule = (Rule){0};
}
