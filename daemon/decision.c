/* SPDX-License-Identifier: BSD-2-Clause */
#include "decision.h"

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
        return ruling_may_ask(login->listen, facts) == TRI_TRUE;
}

void decision_tell_unmatched(
        const Login *login, const Ruleset *ruleset, const Facts *facts, char *out)
{
        ruling_tell_unmatched(login->config, ruleset, facts, out);
}

void decision_tell_undecided(
        const Login *login, const Condition *condition, const Lookups *lookups, char *out)
{
        const Facts facts = {.vm = login->identity.vm};

        ruling_tell_undecided(condition, &facts, lookups->failure, out);
}

void decision_tell_denied(const Rule *rule, const Facts *facts, char *out)
{
        ruling_tell_denied(rule, facts, out);
}
