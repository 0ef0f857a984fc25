/* SPDX-License-Identifier: BSD-2-Clause */
#include "ruling.h"

#include "daemon/template.h"

#include <stdio.h>

/* Who may use the socket at all. */
static Tri may_ask(const ListenConfig *listen, const Facts *facts)
{
        const Condition allow = {.kind = CONDITION_PEER, .list = listen->allow};

        return allow.list.count == 0 ? TRI_TRUE : condition_match(&allow, facts);
}

static void set_reason(Ruling *ruling, RulingKind kind, const char *reason)
{
        ruling->kind = kind;
        (void)snprintf(ruling->reason, sizeof(ruling->reason), "%s", reason);
}

static void refuse_unmatched(
        const Config *config, const Ruleset *ruleset, const Facts *facts, Ruling *ruling)
{
        const Rule *rule = NULL;

        set_reason(ruling, RULING_REFUSED, "no rule permits it");
        if (facts->vm.state == VM_NONE)
                rule = ruleset_blame_vm(ruleset, facts);
        if (rule)
                (void)snprintf(ruling->reason, sizeof(ruling->reason),
                        "no rule permits it; %s:%u would, but for vm=: no VM asks",
                        config_file(config, rule->place), rule->place.line);
}

static void refuse_undecided(const Facts *facts, const char *failure, Ruling *ruling)
{
        ConditionKind kind = ruling->decision.undecided->kind;
        const char *text = NULL;

        if (kind == CONDITION_USER)
                text = failure;
        else if (kind == CONDITION_VM && facts->vm.state == VM_KNOWN)
                text = facts->vm.name ? "nobody told its UUID" : "nobody told its name";
        ruling->kind = RULING_UNDECIDED;
        (void)snprintf(ruling->reason, sizeof(ruling->reason), "cannot tell %s=%s%s",
                condition_name(kind), text ? ": " : "", text ? text : "");
}

static void deny(const Rule *rule, const Facts *facts, Ruling *ruling)
{
        set_reason(ruling, RULING_REFUSED, "denied by a rule");
        if (rule->reason && template_expand(rule->reason, facts, ruling->reason,
                                    sizeof(ruling->reason)) != TEMPLATE_DONE)
                set_reason(ruling, RULING_REFUSED, "denied by a rule");
}

/* NULL stands for what arrived. */
static bool expand(const char *template, Bytes arrived, const Facts *facts, char *out)
{
        if (template)
                return template_expand(template, facts, out, RULING_NAME_SIZE) == TEMPLATE_DONE;
        return bytes_to_string(arrived, out, RULING_NAME_SIZE);
}

static uint64_t deadline_of(const Config *config, const Rule *rule, const Facts *facts)
{
        if (rule->deadline_usec > 0)
                return rule->deadline_usec;
        if (config->deadline_usec > 0)
                return config->deadline_usec;
        return facts->vm.state == VM_NONE ? CONFIG_DEADLINE_OTHER : CONFIG_DEADLINE_VM;
}

static void permit(const Config *config, const Rule *rule, const Facts *facts, Ruling *ruling)
{
        ruling->kind = RULING_ASK;
        ruling->deadline_usec = deadline_of(config, rule, facts);
        if (!expand(rule->as, facts->login, facts, ruling->name) ||
                !expand(rule->as_realm, facts->realm, facts, ruling->realm))
                set_reason(ruling, RULING_REFUSED, "as= or as-realm= needs what is not known here");
}

void ruling_make(const Config *config, const Ruleset *ruleset, const ListenConfig *listen,
        const Facts *facts, const char *const *failure, Ruling *ruling)
{
        Tri allowed = may_ask(listen, facts);
        const Rule *rule;

        *ruling = (Ruling){.at_socket = allowed != TRI_TRUE};
        if (allowed != TRI_TRUE) {
                set_reason(ruling, allowed == TRI_FALSE ? RULING_REFUSED : RULING_UNDECIDED,
                        "this process may not use this socket (allow=)");
                return;
        }
        ruling->decision = ruleset_decide(ruleset, facts);
        rule = ruling->decision.rule;
        if (!rule)
                refuse_unmatched(config, ruleset, facts, ruling);
        else if (ruling->decision.value == TRI_UNDECIDED)
                refuse_undecided(facts, *failure, ruling);
        else if (rule->permit)
                permit(config, rule, facts, ruling);
        else
                deny(rule, facts, ruling);
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
