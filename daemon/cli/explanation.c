/* SPDX-License-Identifier: BSD-2-Clause */
#include "explanation.h"

#include "daemon/cli/output.h"

#include <assert.h>

static char *missing_peer(const Facts *facts)
{
        if (facts->uid_known && facts->unit_known)
                return NULL;
        return output_format(
                "%s", facts->uid_known ? "--peer-unit" : "--peer-uid (and --peer-unit)");
}

static char *missing_vm(const Facts *facts)
{
        if (facts->vm.state != VM_KNOWN)
                return NULL;
        return output_format("%s", facts->vm.name ? "--uuid" : "--vm");
}

static char *missing_group(const Condition *condition, const Facts *facts, Groups *groups)
{
        groups_forget(groups);
        (void)condition_match(condition, facts);
        if (!groups->unsaid)
                return facts->vm.state == VM_KNOWN && !facts->vm.uuid && !groups->failure
                               ? output_format("--uuid")
                               : NULL;
        return output_format("--member @%s or --not-member @%s", groups->unsaid, groups->unsaid);
}

/* What was not said to us, and the daemon would know: owned, or NULL. */
static char *find_missing(const Explanation *explanation)
{
        const Facts *facts = &explanation->asking->facts;
        const Condition *condition = explanation->ruling.decision.undecided;

        if (explanation->ruling.kind != RULING_UNDECIDED)
                return NULL;
        if (explanation->ruling.at_socket || condition->kind == CONDITION_PEER)
                return missing_peer(facts);
        if (condition->kind == CONDITION_VM)
                return missing_vm(facts);
        if (condition->kind == CONDITION_USER)
                return missing_group(condition, facts, explanation->groups);
        return NULL;
}

/* The rules in their order must lead to the rule that the daemon's search finds. */
static void check_order(const Explanation *explanation)
{
        const Config *config = explanation->config;
        size_t i = 0;

        while (i < config->rule_count &&
                rule_match(&config->rules[i], &explanation->asking->facts).value == TRI_FALSE)
                i++;
        assert(explanation->ruling.decision.rule ==
                (i < config->rule_count ? &config->rules[i] : NULL));
        (void)i;
}

/* No rule helps who may not use the socket, and none is needed where a backend has to be told of a
 * service. */
static void find_remedy(Explanation *explanation)
{
        const Facts *facts = &explanation->asking->facts;

        if (explanation->ruling.at_socket || explanation->barred[0])
                return;
        trace_closest(&explanation->closest, explanation->config, facts);
        if (explanation->verdict == VERDICT_REFUSED)
                explanation->has_suggestion = suggestion_init(&explanation->suggestion,
                        explanation->config, explanation->closest.rule, facts);
}

void explanation_init(Explanation *explanation, const Config *config, const Ruleset *ruleset,
        const Asking *asking, Groups *groups)
{
        *explanation = (Explanation){.config = config, .asking = asking, .groups = groups};
        explanation->verdict = VERDICT_REFUSED;
        explanation->reason = asking->refusal;
        if (asking->refusal)
                return;
        ruling_make(config, ruleset, asking->listen, &asking->facts, &groups->failure,
                &explanation->ruling);
        if (!explanation->ruling.at_socket)
                check_order(explanation);
        if (explanation->ruling.kind == RULING_ASK &&
                !pam_backend_bars(config, explanation->ruling.decision.rule, asking->facts.service,
                        explanation->barred)) {
                explanation->verdict = VERDICT_LET_IN;
                return;
        }
        explanation->reason =
                explanation->barred[0] ? explanation->barred : explanation->ruling.reason;
        explanation->missing = find_missing(explanation);
        if (explanation->missing)
                explanation->verdict = VERDICT_UNTOLD;
        find_remedy(explanation);
}

void explanation_deinit(Explanation *explanation)
{
        free(explanation->missing);
        if (explanation->has_suggestion)
                suggestion_deinit(&explanation->suggestion);
}

size_t explanation_rule_count(const Explanation *explanation)
{
        const Rule *rule = explanation->ruling.decision.rule;

        if (explanation->asking->refusal || explanation->ruling.at_socket)
                return 0;
        return rule ? (size_t)(rule - explanation->config->rules) + 1
                    : explanation->config->rule_count;
}

char *explanation_why(const Explanation *explanation, const Condition *condition, Tri value)
{
        Groups *groups = explanation->groups;

        groups_forget(groups);
        if (condition->kind == CONDITION_USER && value == TRI_UNDECIDED)
                (void)condition_match(condition, &explanation->asking->facts);
        return trace_subject(condition, value, &explanation->asking->facts, groups->failure);
}

const char *explanation_word(Tri value)
{
        static const char *const words[] = {
                [TRI_FALSE] = "false", [TRI_UNDECIDED] = "undecided", [TRI_TRUE] = "true"};

        return words[value];
}
