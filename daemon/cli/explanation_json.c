/* SPDX-License-Identifier: BSD-2-Clause */
#include "explanation.h"

#include "daemon/cli/json_output.h"
#include "daemon/cli/output.h"
#include "daemon/duration.h"
#include "proto/cleanup.h"

static const char *const verdicts[] = {
        [VERDICT_LET_IN] = "let-in",
        [VERDICT_REFUSED] = "refused",
        [VERDICT_UNTOLD] = "untold",
};

static struct json_object *make_request(const Asking *asking)
{
        struct json_object *request = json_object_new_object();
        char vm[1024];

        json_add_bytes(request, "user", asking->request.login);
        json_add_bytes(request, "realm", asking->request.realm);
        json_add_bytes(request, "service", asking->request.service);
        json_add(request, "vm", identity_format(&asking->identity, vm, sizeof(vm)));
        json_add_bytes(request, "client", asking->request.client);
        json_add(request, "socket", asking->listen->path);
        return request;
}

static void add_place(
        struct json_object *object, const char *key, const Config *config, const Rule *rule)
{
        _cleanup_(free_pointer) char *place = rule ? output_place(config, rule->place) : NULL;

        json_add(object, key, place);
}

static void add_rule_text(
        struct json_object *object, const char *key, const Config *config, const Rule *rule)
{
        _cleanup_(free_pointer) char *text = output_rule(config, rule);

        json_add(object, key, text);
}

static struct json_object *make_condition(
        const Explanation *explanation, const Condition *condition, Tri value)
{
        struct json_object *object = json_object_new_object();
        _cleanup_(free_pointer) char *text = output_condition(condition);
        _cleanup_(free_pointer) char *why = explanation_why(explanation, condition, value);

        json_add(object, "condition", text);
        json_add(object, "value", explanation_word(value));
        json_add(object, "why", why);
        return object;
}

static struct json_object *make_rule(const Explanation *explanation, const Trace *trace)
{
        struct json_object *object = json_object_new_object();
        struct json_object *conditions = json_object_new_array();

        add_place(object, "place", explanation->config, trace->rule);
        add_rule_text(object, "text", explanation->config, trace->rule);
        json_add(object, "value", explanation_word(trace->value.value));
        for (size_t i = 0; i < trace->rule->condition_count; i++)
                (void)json_object_array_add(
                        conditions, make_condition(explanation, &trace->rule->conditions[i],
                                            trace->conditions[i]));
        (void)json_object_object_add(object, "conditions", conditions);
        return object;
}

static struct json_object *make_rules(const Explanation *explanation)
{
        struct json_object *rules = json_object_new_array();

        for (size_t i = 0; i < explanation_rule_count(explanation); i++) {
                Trace trace;

                trace_rule(&trace, &explanation->config->rules[i], &explanation->asking->facts);
                (void)json_object_array_add(rules, make_rule(explanation, &trace));
        }
        return rules;
}

static struct json_object *make_backend(const Ruling *ruling, const BackendConfig *backend)
{
        struct json_object *object = json_object_new_object();

        json_add(object, "name", backend->name);
        json_add(object, "type", backend->mechanism->name);
        (void)json_object_object_add(object, "deadline_msec",
                json_object_new_int64((int64_t)(ruling_deadline(ruling, backend) / USEC_PER_MSEC)));
        return object;
}

static void add_chain(struct json_object *object, const Explanation *explanation)
{
        const Ruling *ruling = &explanation->ruling;
        const Rule *rule = ruling->decision.rule;
        struct json_object *backends = json_object_new_array();

        for (size_t i = 0; i < rule->backend_count; i++)
                (void)json_object_array_add(backends,
                        make_backend(ruling, &explanation->config->backends[rule->backends[i]]));
        (void)json_object_object_add(object, "backends", backends);
        json_add(object, "name", ruling->name);
        json_add(object, "realm", ruling->realm);
}

static void add_remedy(struct json_object *object, const Explanation *explanation)
{
        json_add(object, "reason", explanation->reason);
        json_add(object, "say", explanation->missing);
        (void)json_object_object_add(object, "nearest",
                explanation->closest.rule ? make_rule(explanation, &explanation->closest) : NULL);
        if (explanation->has_suggestion)
                add_rule_text(object, "line", &explanation->suggestion.config,
                        &explanation->suggestion.rule);
        else
                json_add(object, "line", NULL);
}

struct json_object *explanation_to_json(const Explanation *explanation)
{
        struct json_object *object = json_object_new_object();

        (void)json_object_object_add(object, "request", make_request(explanation->asking));
        (void)json_object_object_add(object, "rules", make_rules(explanation));
        json_add(object, "verdict", verdicts[explanation->verdict]);
        add_place(object, "rule", explanation->config, explanation->ruling.decision.rule);
        if (explanation->verdict == VERDICT_LET_IN)
                add_chain(object, explanation);
        else
                add_remedy(object, explanation);
        return object;
}

void explanation_print_json(const Explanation *explanation, FILE *out)
{
        json_write(explanation_to_json(explanation), out);
}
