/* SPDX-License-Identifier: BSD-2-Clause */
#include "backend_parser.h"

#include "daemon/parse_check.h"
#include "proto/cleanup.h"

#include <stddef.h>

static bool set_workers(Parse *parse, void *backend, const OptionKind *kind, Word value)
{
        (void)kind;
        return parse_number(
                parse, value, 1, CONFIG_WORKERS_MAX, &((BackendConfig *)backend)->workers);
}

static bool set_jobs(Parse *parse, void *backend, const OptionKind *kind, Word value)
{
        (void)kind;
        return parse_number(parse, value, 1, 1000000, &((BackendConfig *)backend)->jobs_limit);
}

static const OptionKind backend_options[] = {
        {"workers", set_workers},
        {"jobs", set_jobs},
        {"deadline", option_set_duration, offsetof(BackendConfig, deadline_usec)},
        {},
};

/* What the worker program understands. */
static bool set_argument(Parse *parse, void *target, const OptionKind *kind, Word value)
{
        BackendConfig *backend = target;
        const MechanismOption *option = mechanism_option(backend->mechanism, kind->key);
        _cleanup_(free_pointer) char *text = NULL;
        const char *expected;

        if (option->refusal) /* without the value, which may be a password */
                return report_error(
                        parse->report, value.place, "%s= %s", kind->key, option->refusal);
        if (!parse_text(parse, value, &text))
                return false;
        expected = option->check(kind->key, text);
        if (expected)
                return report_error(parse->report, value.place,
                        "\"%s\" cannot stand in %s=; write %s", text, kind->key, expected);
        return backend_add_argument(backend, kind->key, text) == 0 ||
               parse_out_of_memory(parse, value.place);
}

static bool parse_arguments(Parse *parse, BackendConfig *backend, const Word *words, size_t count)
{
        const MechanismOption *options = backend->mechanism->options;
        OptionKind own[MECHANISM_OPTIONS_MAX + 1] = {};

        for (size_t i = 0; options && i < MECHANISM_OPTIONS_MAX && options[i].key; i++)
                own[i] = (OptionKind){options[i].key, set_argument};
        return parse_options(parse, words, count, own, backend_options, backend);
}

static const Mechanism *parse_type(Parse *parse, Word word)
{
        _cleanup_(free_pointer) char *type = NULL;
        const Mechanism *mechanism = NULL;

        if (parse_text(parse, word, &type)) {
                mechanism = mechanism_find(type);
                if (!mechanism)
                        (void)report_error(parse->report, word.place,
                                "no type of backend \"%s\"; there are: %s", type,
                                mechanism_names());
        }
        return mechanism;
}

/* Returns NULL if that name cannot be added, which is reported. */
static BackendConfig *add_backend(Parse *parse, Place place, Word word)
{
        _cleanup_(free_pointer) char *name = NULL;
        BackendConfig *backend;
        int other;

        if (!parse_name(parse, word, &name)) {
                parse->incomplete = true;
                return NULL;
        }
        other = config_find_backend(parse->config, name);
        if (other >= 0) {
                Place first = parse->config->backends[other].place;

                (void)report_error(parse->report, word.place,
                        "backend %s is there already, at %s:%u; give this one another name", name,
                        config_file(parse->config, first), first.line);
                return NULL;
        }
        if (parse->config->backend_count >= CONFIG_BACKENDS_MAX) {
                (void)report_error(parse->report, place, "more than %u backends; leave some out",
                        CONFIG_BACKENDS_MAX);
                return NULL;
        }
        backend = config_add_backend(parse->config);
        if (!backend) {
                (void)parse_out_of_memory(parse, place);
                return NULL;
        }
        backend->place = place;
        backend->name = TAKE_PTR(name);
        return backend;
}

/* One of a wrong type is kept under its name, so that those who use it are not wrong as well. */
void backend_parse(Parse *parse, Place place, const Word *words, size_t count)
{
        BackendConfig *backend;

        if (count < 2) {
                parse->incomplete = true;
                (void)report_error(parse->report, place,
                        "backend needs a name and a type; write backend NAME TYPE [OPTION…]");
                return;
        }
        backend = add_backend(parse, place, words[0]);
        if (!backend)
                return;
        backend->mechanism = parse_type(parse, words[1]);
        if (!backend->mechanism)
                return;
        backend->jobs_limit = backend->mechanism->jobs_per_worker;
        if (parse_arguments(parse, backend, words + 2, count - 2))
                parse_check_backend(parse, backend, place);
}
