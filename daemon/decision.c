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

/* What a look-up says by itself. */
static Tri take_lookup(Lookups *lookups, MembershipEntry *entry)
{
        if (entry->pending) {
                lookups->pending = entry;
                return TRI_UNDECIDED;
        }
        if (entry->value == TRI_UNDECIDED && entry->text && entry->text[0])
                lookups->failure = entry->text;
        if (entry->value == TRI_TRUE && lookups->remembers)
                membership_remember(entry);
        return entry->value;
}

static Tri is_member(void *userdata, Bytes name, int backend, const char *group)
{
        Lookups *lookups = userdata;
        const Login *login = lookups->login;
        MembershipQuestion question = {.login = name, .group = bytes_from_string(group)};
        unsigned index = login->config->groups_backend;
        MembershipEntry *entry;
        Tri value;

        if (backend >= 0) {
                question = backend_question(login, name, question.group);
                index = (unsigned)backend;
        }
        entry = membership_ask(
                lookups->memberships, &login->chain->pools[index], login->charge.asker, &question);
        if (!entry) {
                lookups->failure = "out of memory";
                return TRI_UNDECIDED;
        }
        value = take_lookup(lookups, entry);
        if (value == TRI_UNDECIDED && membership_is_remembered(entry, lookups->recall_usec))
                return TRI_TRUE;
        return value;
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

/* What is remembered counts together with an OK that is remembered, so it does no harm that he may
 * yet fail to log in. */
void decision_remember(const Rule *rule, const Facts *facts, Lookups *lookups)
{
        if (rule->stale_usec == 0)
                return;
        lookups->remembers = true;
        (void)rule_match(rule, facts);
        lookups->remembers = false;
}

/* No rule before it can come to match by that: each is false, whatever could not be told. */
bool decision_recall(const Rule *rule, const Facts *facts, Lookups *lookups)
{
        RuleValue value;

        if (rule->stale_usec == 0)
                return false;
        lookups->recall_usec = rule->stale_usec;
        value = rule_match(rule, facts);
        lookups->recall_usec = 0;
        return value.value == TRI_TRUE;
}
