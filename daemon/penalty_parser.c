/* SPDX-License-Identifier: BSD-2-Clause */
#include "penalty_parser.h"

#include "daemon/rule_parser.h"

static bool set_after(Parse *parse, void *target, const OptionKind *kind, Word value)
{
        Penalty *penalty = target;

        (void)kind;
        return parse_number(parse, value, 1, PENALTY_AFTER_MAX, &penalty->limits.after);
}

/* One that is longer would be a way to shut users out. */
static bool set_every(Parse *parse, void *target, const OptionKind *kind, Word value)
{
        const Penalty *penalty = target;

        if (!option_set_duration(parse, target, kind, value))
                return false;
        return penalty->limits.every_usec <= PENALTY_FORGOTTEN ||
               report_error(parse->report, value.place,
                       "wrong passwords are forgotten after an hour; write at most 1h");
}

static bool refuse_in_none(Parse *parse, void *target, const OptionKind *kind, Word value)
{
        (void)target;
        return report_error(parse->report, value.place,
                "penalty none has no limits; leave %s= out, or leave none out", kind->key);
}

static const OptionKind limit_options[] = {
        {"after", set_after},
        {"every", set_every, offsetof(Penalty, limits.every_usec)},
        {},
};

static const OptionKind none_options[] = {
        {"after", refuse_in_none},
        {"every", refuse_in_none},
        {},
};

void penalty_parse(Parse *parse, Place place, const Word *words, size_t count)
{
        size_t number = parse->config->penalty_count;
        Penalty *penalty = config_add_penalty(parse->config);

        if (!penalty) {
                (void)parse_out_of_memory(parse, place);
                return;
        }
        penalty->rule.place = place;
        penalty->none = count > 0 && word_is(words[0], "none");
        if (penalty->none) {
                words++;
                count--;
        }
        if (parse_options(parse, words, count, rule_conditions,
                    penalty->none ? none_options : limit_options, penalty))
                (void)parse_add_reference(parse, (ParseReference){
                                                         .kind = REFERENCE_PENALTY,
                                                         .owner = number,
                                                         .place = place,
                                                 });
}
