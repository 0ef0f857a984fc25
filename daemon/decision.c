/* SPDX-License-Identifier: BSD-2-Clause */
#include "decision.h"

#include "daemon/template.h"

#include <stdio.h>
#include <time.h>

/* What a backend may want to know beside login and group. */
static MembershipQuestion backend_question(const Login *login, Bytes name, Bytes group)
{
        return (MembershipQuestion){
                .login = name,
                .group = group,
                .realm = login->request.realm,
                .service = login->request.service,
                .vm_name = bytes_from_string(login->identity.vm.name),
                .vm_uuid = bytes_from_string(login->identity.vm.uuid),
        };
}

static Tri is_member(void *userdata, Bytes name, int backend, const char *group)
{
        Lookups *lookups = userdata;
        const Login *login = lookups->login;
        MembershipQuestion question = {.login = name, .group = bytes_from_string(group)};
        unsigned index = login->config->groups_backend;

        if (backend >= 0) {
                question = backend_question(login, name, question.group);
                index = (unsigned)backend;
        }
        return membership_ask(lookups->memberships, &login->chain->pools[index],
                login->charge.asker, &question, &lookups->pending, &lookups->failure);
}

Facts decision_facts(Login *login, Bytes name, MembershipCache *memberships, Lookups *lookups)
{
        const Evidence *evidence = &login->peer->evidence;

        *lookups = (Lookups){.login = login, .memberships = memberships};
        return (Facts){
                .login = name,
                .realm = login->request.realm,
                .service = login->request.service,
                .client = login->request.client,
                .socket = login->listen->name,
                .uid_known = true,
                .uid = login->peer->uid,
                .unit_known = evidence->certain && evidence->place != PEER_PLACE_UNKNOWN,
                .unit = evidence->unit,
                .vm = login->identity.vm,
                .now = time(NULL),
                .is_member = is_member,
                .userdata = lookups,
        };
}

bool decision_may_ask(const Login *login, const Facts *facts)
{
        const Condition allow = {.kind = CONDITION_PEER, .list = login->listen->allow};

        return allow.list.count == 0 || condition_match(&allow, facts) == TRI_TRUE;
}

void decision_tell_unmatched(
        const Login *login, const Ruleset *ruleset, const Facts *facts, char *out)
{
        const Rule *rule = NULL;

        if (login->identity.vm.state == VM_NONE)
                rule = ruleset_blame_vm(ruleset, facts);
        if (!rule) {
                (void)snprintf(out, DECISION_REASON_SIZE, "no rule permits it");
                return;
        }
        (void)snprintf(out, DECISION_REASON_SIZE,
                "no rule permits it; %s:%u would, but for vm=: no VM asks",
                config_file(login->config, rule->place), rule->place.line);
}

/* Why a condition could not be told, as far as [vm=…] does not say it; or NULL. */
static const char *undecided_text(const Login *login, ConditionKind kind, const Lookups *lookups)
{
        if (kind == CONDITION_USER)
                return lookups->failure;
        if (kind == CONDITION_VM && login->identity.vm.state == VM_KNOWN)
                return login->identity.vm.name ? "nobody told its UUID" : "nobody told its name";
        return NULL;
}

void decision_tell_undecided(
        const Login *login, const Condition *condition, const Lookups *lookups, char *out)
{
        const char *text = undecided_text(login, condition->kind, lookups);

        (void)snprintf(out, DECISION_REASON_SIZE, "cannot tell %s=%s%s",
                condition_name(condition->kind), text ? ": " : "", text ? text : "");
}

void decision_tell_denied(const Rule *rule, const Facts *facts, char *out)
{
        if (!rule->reason ||
                template_expand(rule->reason, facts, out, DECISION_REASON_SIZE) != TEMPLATE_DONE)
                (void)snprintf(out, DECISION_REASON_SIZE, "denied by a rule");
}
