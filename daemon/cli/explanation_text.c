/* SPDX-License-Identifier: BSD-2-Clause */
#include "explanation.h"

#include "daemon/cli/output.h"
#include "daemon/duration.h"
#include "proto/cleanup.h"

#define RULE_INDENT   10u /* of a rule's further lines */
#define DETAIL_HEAD   "      - "
#define DETAIL_INDENT 8u
#define FIELD_INDENT  12

static void put_field(FILE *out, const char *name, Bytes value)
{
        _cleanup_(free_pointer) char *safe = output_safe(value);
        _cleanup_(free_pointer) char *head = output_format("  %-*s", FIELD_INDENT - 2, name);

        output_wrapped(out, head, FIELD_INDENT, value.size > 0 ? safe : "(empty)");
}

/* Of a VM that was named who vouches for it is not known here. */
static void put_vm(FILE *out, const Identity *identity)
{
        char text[1024];

        if (identity->vm.state == VM_KNOWN && identity->vm.name)
                put_field(out, "VM", bytes_from_string(identity->vm.name));
        else if (identity->vm.state != VM_KNOWN)
                put_field(out, "VM",
                        bytes_from_string(identity_format(identity, text, sizeof(text))));
        if (identity->vm.state == VM_KNOWN && identity->vm.uuid)
                put_field(out, "UUID", bytes_from_string(identity->vm.uuid));
}

static void put_request(FILE *out, const Asking *asking)
{
        put_field(out, "User", asking->request.login);
        put_field(out, "Realm", asking->request.realm);
        put_field(out, "Service", asking->request.service);
        put_vm(out, &asking->identity);
        if (asking->request.client.size > 0)
                put_field(out, "Client", asking->request.client);
        put_field(out, "Socket", bytes_from_string(asking->listen->path));
}

static void put_condition(FILE *out, const Explanation *explanation, const char *what,
        const Condition *condition, Tri value)
{
        _cleanup_(free_pointer) char *text = output_condition(condition);
        _cleanup_(free_pointer) char *why = explanation_why(explanation, condition, value);
        _cleanup_(free_pointer) char *line = output_format("%s %s: %s", what, text, why);

        output_wrapped(out, DETAIL_HEAD, DETAIL_INDENT, line);
}

static void put_outcome(FILE *out, const Explanation *explanation, const Trace *trace)
{
        const Rule *rule = trace->rule;

        for (size_t i = 0; i < rule->condition_count; i++) {
                const Condition *condition = &rule->conditions[i];

                if (trace->value.value == TRI_FALSE && trace->conditions[i] == TRI_FALSE) {
                        put_condition(out, explanation, "fails on", condition, TRI_FALSE);
                        return;
                }
                if (condition == trace->value.undecided)
                        put_condition(out, explanation, "cannot tell", condition, TRI_UNDECIDED);
                else if (trace->value.value == TRI_TRUE)
                        put_condition(out, explanation, "holds:", condition, TRI_TRUE);
        }
        if (rule->condition_count == 0)
                output_wrapped(out, DETAIL_HEAD, DETAIL_INDENT, "holds for everybody");
}

static void put_rule(FILE *out, const Explanation *explanation, const Trace *trace)
{
        _cleanup_(free_pointer) char *place = output_place(explanation->config, trace->rule->place);
        _cleanup_(free_pointer) char *text = output_rule(explanation->config, trace->rule);
        _cleanup_(free_pointer) char *head =
                output_format("%s%s:", trace->value.value == TRI_FALSE ? "    " : "  > ", place);

        output_wrapped(out, head, RULE_INDENT, text);
        put_outcome(out, explanation, trace);
}

static void put_rules(FILE *out, const Explanation *explanation)
{
        size_t count = explanation_rule_count(explanation);
        size_t rest = explanation->config->rule_count - count;

        if (count > 0)
                (void)fputs("\nRules, in order:\n\n", out);
        for (size_t i = 0; i < count; i++) {
                Trace trace;

                trace_rule(&trace, &explanation->config->rules[i], &explanation->asking->facts);
                put_rule(out, explanation, &trace);
        }
        if (rest > 0 && count > 0)
                (void)fprintf(out, "\n    %zu more that %s not looked at\n", rest,
                        rest == 1 ? "is" : "are");
}

/* "system, else corp": the backends in their order, owned. */
static char *chain_text(const Config *config, const Rule *rule)
{
        char *chain = output_format("%s", config->backends[rule->backends[0]].name);

        for (size_t i = 1; i < rule->backend_count; i++) {
                char *longer = output_format(
                        "%s, else %s", chain, config->backends[rule->backends[i]].name);

                free(chain);
                chain = longer;
        }
        return chain;
}

static void put_backend(
        FILE *out, const char *head, const Ruling *ruling, const BackendConfig *backend)
{
        uint64_t usec = ruling_deadline(ruling, backend);
        bool seconds = usec % USEC_PER_SEC == 0;
        _cleanup_(free_pointer) char *text = output_format("%s (%s), for %llu %s at most",
                backend->name, backend->mechanism->name,
                (unsigned long long)(usec / (seconds ? USEC_PER_SEC : USEC_PER_MSEC)),
                seconds ? "s" : "ms");

        put_field(out, head, bytes_from_string(text));
}

static void put_let_in(FILE *out, const Explanation *explanation)
{
        const Ruling *ruling = &explanation->ruling;
        const Rule *rule = ruling->decision.rule;
        _cleanup_(free_pointer) char *chain = chain_text(explanation->config, rule);
        _cleanup_(free_pointer) char *verdict =
                output_format("Would be let in if %s accepts the password of %s.", chain,
                        ruling->name[0] ? ruling->name : "\"\"");

        output_wrapped(out, "", 0, verdict);
        put_field(out, "Name", bytes_from_string(ruling->name));
        put_field(out, "Realm", bytes_from_string(ruling->realm));
        for (size_t i = 0; i < rule->backend_count; i++)
                put_backend(out, i == 0 ? "Asked" : "", ruling,
                        &explanation->config->backends[rule->backends[i]]);
}

static void put_verdict(FILE *out, const Explanation *explanation)
{
        _cleanup_(free_pointer) char *text = NULL;

        (void)fputc('\n', out);
        if (explanation->verdict == VERDICT_LET_IN) {
                put_let_in(out, explanation);
                return;
        }
        if (explanation->verdict == VERDICT_REFUSED)
                text = output_format("Refused: %s.", explanation->reason);
        else
                text = output_format(
                        "Depends on what was not said: give %s.", explanation->missing);
        output_wrapped(out, "", 0, text);
}

static void put_closest(FILE *out, const Explanation *explanation)
{
        const Trace *closest = &explanation->closest;
        _cleanup_(free_pointer) char *place = NULL;
        _cleanup_(free_pointer) char *text = NULL;

        if (!closest->rule || closest->rule == explanation->ruling.decision.rule)
                return;
        place = output_place(explanation->config, closest->rule->place);
        text = output_format(closest->failing > 0 ? "The nearest permit is %s, which"
                                                  : "%s would permit it, if it came first.",
                place);
        output_wrapped(out, "", 0, text);
        for (size_t i = 0; i < closest->rule->condition_count; i++)
                if (closest->conditions[i] != TRI_TRUE)
                        put_condition(out, explanation,
                                closest->conditions[i] == TRI_FALSE ? "fails on" : "cannot tell",
                                &closest->rule->conditions[i], closest->conditions[i]);
}

static void put_suggestion(FILE *out, const Explanation *explanation)
{
        const Rule *before = explanation->ruling.decision.rule;
        _cleanup_(free_pointer) char *place =
                before ? output_place(explanation->config, before->place) : NULL;
        _cleanup_(free_pointer) char *line =
                output_rule(&explanation->suggestion.config, &explanation->suggestion.rule);
        _cleanup_(free_pointer) char *text =
                output_format("This line%s%s%s would let this login in, and no other:",
                        place ? ", put before " : "", place ? place : "", place ? "," : "");

        (void)fputc('\n', out);
        output_wrapped(out, "", 0, text);
        (void)fprintf(out, "\n  %s\n", line); /* never wrapped: it is to be copied */
}

void explanation_print(const Explanation *explanation, FILE *out)
{
        if (!explanation->asking->refusal)
                put_request(out, explanation->asking);
        put_rules(out, explanation);
        put_verdict(out, explanation);
        if (explanation->verdict == VERDICT_REFUSED)
                put_closest(out, explanation);
        if (explanation->has_suggestion)
                put_suggestion(out, explanation);
}
