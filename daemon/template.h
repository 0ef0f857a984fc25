/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Templates: text with tokens, %v (name of the VM), %i (its UUID, with hyphens), %u (login), %r
 * (realm), %R ("@" and the realm, or nothing), %s (service), %h (client address) and %%.
 * A value that is put in is never itself a pattern, and never split.
 */

#include "daemon/facts.h"

#define TEMPLATE_VOUCHED "vi"      /* what a condition may use: the kernel's word */
#define TEMPLATE_TYPED   "virusRh" /* what as=, as-realm= and reason= may use besides */

/* Whether every % in text stands before "%" or one of the letters of allowed. If not, *at is the
 * offset of the first that does not. */
bool template_check(const char *text, const char *allowed, size_t *at);

/* The size in bytes of what looks like a token at the beginning of text: "%" and a character. */
size_t template_token_size(const char *text);

/* Whether text has any token, "%%" included. */
bool template_has_tokens(const char *text);

typedef enum TemplateOutcome {
        TEMPLATE_DONE,
        TEMPLATE_NO_VALUE, /* a token stands for something that is not known, as %v where no VM asks
                            */
        TEMPLATE_TOO_LONG, /* more than size - 1 bytes, or a value holds a NUL */
} TemplateOutcome;

/* Expands a checked template into out, as a C string; out is empty unless done. */
TemplateOutcome template_expand(const char *text, const Facts *facts, char *out, size_t size);

/* The same for a pattern: in the values that are put in, what is special to a pattern is quoted
 * with a backslash. */
TemplateOutcome template_expand_pattern(
        const char *text, const Facts *facts, char *out, size_t size);
