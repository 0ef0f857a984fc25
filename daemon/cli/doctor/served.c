/* SPDX-License-Identifier: BSD-2-Clause */
#include "served.h"

#include <string.h>

bool served_by_rule(const Rule *rule, const char *service)
{
        const Condition *condition = rule_condition(rule, CONDITION_SERVICE);
        const Facts facts = {.service = bytes_from_string(service)};

        return rule->permit && (!condition || condition_match(condition, &facts) == TRI_TRUE);
}

bool served_by_name(const Config *config, const char *service)
{
        for (size_t i = 0; i < config->rule_count; i++)
                if (rule_condition(&config->rules[i], CONDITION_SERVICE) &&
                        served_by_rule(&config->rules[i], service))
                        return true;
        return false;
}

/* Not one of "vm=none". */
static bool is_about_vms(const Rule *rule)
{
        const Condition *vm = rule_condition(rule, CONDITION_VM);

        return vm && !(vm->list.count == 1 && vm->list.items[0].kind == ITEM_NONE &&
                             !vm->list.items[0].exclude);
}

bool served_at_consoles(const Config *config, const char *service)
{
        for (size_t i = 0; i < config->rule_count; i++)
                if ((rule_condition(&config->rules[i], CONDITION_SERVICE) ||
                            is_about_vms(&config->rules[i])) &&
                        served_by_rule(&config->rules[i], service))
                        return true;
        return false;
}

bool served_by_any(const Config *config, const char *service)
{
        for (size_t i = 0; i < config->rule_count; i++)
                if (served_by_rule(&config->rules[i], service))
                        return true;
        return false;
}

bool served_by_backend(const Rule *rule, size_t backend)
{
        for (size_t i = 0; rule->permit && i < rule->backend_count; i++)
                if (rule->backends[i] == backend)
                        return true;
        return false;
}

const char *served_argument(const BackendConfig *backend, const char *key)
{
        const char *value = backend_argument(backend, key),
                   *argument = backend->mechanism->argument;
        size_t length = strlen(key);

        if (value || !argument || strncmp(argument, key, length) != 0 || argument[length] != '=')
                return value;
        return argument + length + 1;
}
