/* SPDX-License-Identifier: BSD-2-Clause */
#include "ruling.h"

#include "daemon/template.h"

#include <stdio.h>

Tri ruling_may_ask(const ListenConfig *listen, const Facts *facts)
{
        const Condition allow = {.kind = CONDITION_PEER, .list = listen->allow};

        return allow.list.count == 0 ? TRI_TRUE : condition_match(&allow, facts);
}

void ruling_tell_unmatched(
        const Config *config, const Ruleset *ruleset, const Facts *facts, char *out)
{
        const Rule *rule = NULL;

        if (facts->vm.state == VM_NONE)
                rule = ruleset_blame_vm(ruleset, facts);
        if (!rule) {
                (void)snprintf(out, RULING_REASON_SIZE, "no rule permits it");
                return;
        }
        (void)snprintf(out, RULING_REASON_SIZE,
                "no rule permits it; %s:%u would, but for vm=: no VM asks; try: saslward test "
                "--vm NAME",
                config_file(config, rule->place), rule->place.line);
}

/* Why a condition could not be told, as far as [vm=…] does not say it; or NULL. */
static const char *undecided_text(ConditionKind kind, const Facts *facts, const char *failure)
{
        if (kind == CONDITION_USER)
                return failure;
        if (kind == CONDITION_VM && facts->vm.state == VM_KNOWN)
                return facts->vm.name ? "nobody told its UUID" : "nobody told its name";
        return NULL;
}

void ruling_tell_undecided(
        const Condition *condition, const Facts *facts, const char *failure, char *out)
{
        const char *text = undecided_text(condition->kind, facts, failure);

        (void)snprintf(out, RULING_REASON_SIZE, "cannot tell %s=%s%s",
                condition_name(condition->kind), text ? ": " : "", text ? text : "");
}

void ruling_tell_denied(const Rule *rule, const Facts *facts, char *out)
{
        if (!rule->reason ||
                template_expand(rule->reason, facts, out, RULING_REASON_SIZE) != TEMPLATE_DONE)
                (void)snprintf(out, RULING_REASON_SIZE, "denied by a rule");
}

bool ruling_expand(const char *template, const Facts *facts, char *out)
{
        return template_expand(template, facts, out, RULING_NAME_SIZE) == TEMPLATE_DONE;
}

/* Without a template it is what arrived. */
static bool expand(const char *template, Bytes arrived, const Facts *facts, char *out)
{
        return template ? ruling_expand(template, facts, out)
                        : bytes_to_string(arrived, out, RULING_NAME_SIZE);
}

uint64_t ruling_patience(const Config *config, const Rule *rule, VmState vm)
{
        if (rule->deadline_usec > 0)
                return rule->deadline_usec;
        if (config->deadline_usec > 0)
                return config->deadline_usec;
        return vm == VM_NONE ? CONFIG_DEADLINE_OTHER : CONFIG_DEADLINE_VM;
}

static void permit(const Config *config, const Rule *rule, const Facts *facts, Ruling *ruling)
{
        ruling->kind = RULING_ASK;
        ruling->deadline_usec = ruling_patience(config, rule, facts->vm.state);
        if (expand(rule->as, facts->login, facts, ruling->name) &&
                expand(rule->as_realm, facts->realm, facts, ruling->realm))
                return;
        ruling->kind = RULING_REFUSED;
        (void)strcpy(ruling->reason, RULING_NOT_KNOWN);
}

static void judge(const Config *config, const Ruleset *ruleset, const Facts *facts,
        const char *const *failure, Ruling *ruling)
{
        const Decision *decision = &ruling->decision;

        ruling->kind = RULING_REFUSED;
        ruling->decision = ruleset_decide(ruleset, facts);
        if (!decision->rule) {
                ruling_tell_unmatched(config, ruleset, facts, ruling->reason);
        } else if (decision->value == TRI_UNDECIDED) {
                ruling->kind = RULING_UNDECIDED;
                ruling_tell_undecided(decision->undecided, facts, *failure, ruling->reason);
        } else if (decision->rule->permit) {
                permit(config, decision->rule, facts, ruling);
        } else {
                ruling_tell_denied(decision->rule, facts, ruling->reason);
        }
}

void ruling_make(const Config *config, const Ruleset *ruleset, const ListenConfig *listen,
        const Facts *facts, const char *const *failure, Ruling *ruling)
{
        Tri allowed = ruling_may_ask(listen, facts);

        *ruling = (Ruling){.at_socket = allowed != TRI_TRUE};
        if (allowed == TRI_TRUE) {
                judge(config, ruleset, facts, failure, ruling);
                return;
        }
        ruling->kind = allowed == TRI_FALSE ? RULING_REFUSED : RULING_UNDECIDED;
        (void)strcpy(ruling->reason, "this process may not use this socket (allow=)");
}

/* A backend's own stands in for the default, not for the rule's. */
uint64_t ruling_deadline(const Ruling *ruling, const BackendConfig *backend)
{
        bool is_rules = ruling->decision.rule->deadline_usec > 0;

        if (backend->deadline_usec == 0 ||
                (is_rules && ruling->deadline_usec < backend->deadline_usec))
                return ruling->deadline_usec;
        return backend->deadline_usec;
}
