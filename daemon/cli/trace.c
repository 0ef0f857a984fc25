/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace.h"

#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <time.h>

void trace_rule(Trace *trace, const Rule *rule, const Facts *facts)
{
        *trace = (Trace){.rule = rule, .value = rule_match(rule, facts)};
        for (size_t i = 0; i < rule->condition_count; i++) {
                trace->conditions[i] = condition_match(&rule->conditions[i], facts);
                trace->failing += trace->conditions[i] != TRI_TRUE;
        }
}

/* Whether a rule is about the service that is asked for. */
static bool is_about_service(const Trace *trace, const Facts *facts)
{
        const Condition *service = rule_condition(trace->rule, CONDITION_SERVICE);

        return service && condition_match(service, facts) == TRI_TRUE;
}

static bool is_closer(const Trace *trace, const Trace *other, const Facts *facts)
{
        if (trace->failing != other->failing)
                return trace->failing < other->failing;
        return is_about_service(trace, facts) && !is_about_service(other, facts);
}

void trace_closest(Trace *trace, const Config *config, const Facts *facts)
{
        *trace = (Trace){};
        for (size_t i = 0; i < config->rule_count; i++) {
                Trace other;

                if (!config->rules[i].permit)
                        continue;
                trace_rule(&other, &config->rules[i], facts);
                if (!trace->rule || is_closer(&other, trace, facts))
                        *trace = other;
        }
}

static char *quote(const char *what, Bytes value)
{
        _cleanup_(free_pointer) char *safe = output_safe(value);

        return output_format(value.size > 0 ? "%s is %s" : "%s is empty", what, safe);
}

static char *subject_service(const Facts *facts)
{
        return quote("the service", facts->service);
}

static char *subject_socket(const Facts *facts)
{
        if (!facts->socket)
                return output_format("the socket has no name=");
        return quote("the socket", bytes_from_string(facts->socket));
}

static char *subject_day(const Facts *facts)
{
        char day[sizeof("2026-03-31")];
        struct tm now;

        (void)localtime_r(&facts->now, &now);
        (void)strftime(day, sizeof(day), "%F", &now);
        return output_format("today is %s", day);
}

static char *subject_peer(const Facts *facts)
{
        _cleanup_(free_pointer) char *unit =
                facts->unit ? output_safe(bytes_from_string(facts->unit)) : NULL;

        if (!facts->uid_known && !facts->unit_known)
                return output_format("nobody said which process asks");
        if (!facts->unit_known)
                return output_format("the process is of uid %u", facts->uid);
        if (!facts->uid_known)
                return output_format("the process is in unit %s", unit ? unit : "none");
        return output_format(
                "the process is of uid %u, in unit %s", facts->uid, unit ? unit : "none");
}

static char *subject_vm(const Facts *facts)
{
        _cleanup_(free_pointer) char *name = NULL;

        if (facts->vm.state == VM_NONE)
                return output_format("no VM asks");
        if (facts->vm.state == VM_UNDECIDED)
                return output_format("it cannot be told which VM asks");
        name = output_safe(bytes_from_string(facts->vm.name));
        if (!facts->vm.uuid)
                return output_format("the VM is %s", name);
        return output_format(
                "the VM is %s, uuid:%s", facts->vm.name ? name : "without a name", facts->vm.uuid);
}

static char *subject_realm(const Facts *facts)
{
        return quote("the realm", facts->realm);
}

static char *subject_client(const Facts *facts)
{
        if (facts->client.size == 0)
                return output_format("no client address was sent");
        return quote("the client", facts->client);
}

static char *subject_user(const Facts *facts)
{
        return quote("the login", facts->login);
}

static char *(*const subjects[CONDITION_KINDS])(const Facts *facts) = {
        [CONDITION_SERVICE] = subject_service,
        [CONDITION_SOCKET] = subject_socket,
        [CONDITION_UNTIL] = subject_day,
        [CONDITION_PEER] = subject_peer,
        [CONDITION_VM] = subject_vm,
        [CONDITION_REALM] = subject_realm,
        [CONDITION_FROM] = subject_client,
        [CONDITION_USER] = subject_user,
};

char *trace_subject(const Condition *condition, Tri value, const Facts *facts, const char *failure)
{
        _cleanup_(free_pointer) char *subject = subjects[condition->kind](facts);

        if (condition->kind == CONDITION_USER && value == TRI_UNDECIDED && failure)
                return output_format("%s; %s", subject, failure);
        if (condition->kind == CONDITION_VM && value == TRI_UNDECIDED &&
                facts->vm.state == VM_KNOWN)
                return output_format(
                        "%s, and nobody told its %s", subject, facts->vm.name ? "UUID" : "name");
        if (condition->kind == CONDITION_USER && condition_needs_lookup(condition))
                return output_format("%s, %s", subject,
                        value == TRI_TRUE ? "who is a member" : "who is no such member");
        return TAKE_PTR(subject);
}
