/* SPDX-License-Identifier: BSD-2-Clause */
#include "template.h"

#include <stdio.h>

#define UUID_DIGITS 32u
#define UUID_FORMAT "%.8s-%.4s-%.4s-%.4s-%.12s" /* RFC 4122, section 3 */
#define UUID_SIZE   37u

/* The text made so far; a C string only at the end. Nothing is written after a failure. */
typedef struct Writer {
        char *out;
        size_t size;
        size_t used;
        bool pattern;
        TemplateOutcome outcome;
} Writer;

bool template_check(const char *text, const char *allowed, size_t *at)
{
        for (const char *p = strchr(text, '%'); p; p = strchr(p + 2, '%'))
                if (p[1] == '\0' || (p[1] != '%' && !strchr(allowed, p[1]))) {
                        *at = (size_t)(p - text);
                        return false;
                }
        return true;
}

size_t template_token_size(const char *text)
{
        size_t size = text[1] == '\0' ? 1 : 2;

        while (((uint8_t)text[size] & 0xc0) == 0x80) /* the rest of a character in UTF-8 */
                size++;
        return size;
}

bool template_has_tokens(const char *text)
{
        return strchr(text, '%') != NULL;
}

static void fail(Writer *writer, TemplateOutcome outcome)
{
        if (writer->outcome == TEMPLATE_DONE)
                writer->outcome = outcome;
}

static void put(Writer *writer, uint8_t byte)
{
        if (byte == '\0' || writer->used + 1 >= writer->size)
                fail(writer, TEMPLATE_TOO_LONG);
        if (writer->outcome == TEMPLATE_DONE)
                writer->out[writer->used++] = (char)byte;
}

/* Inside brackets ! ^ and - are special, too. */
static bool is_special(uint8_t byte)
{
        return byte != '\0' && strchr("*?[]\\!^-", byte) != NULL;
}

static void put_value(Writer *writer, Bytes value)
{
        for (size_t i = 0; i < value.size; i++) {
                if (writer->pattern && is_special(value.data[i]))
                        put(writer, '\\');
                put(writer, value.data[i]);
        }
}

static void put_percent(Writer *writer, const Facts *facts)
{
        (void)facts;
        put(writer, '%');
}

static void put_login(Writer *writer, const Facts *facts)
{
        put_value(writer, facts->login);
}

static void put_realm(Writer *writer, const Facts *facts)
{
        put_value(writer, facts->realm);
}

static void put_at_realm(Writer *writer, const Facts *facts)
{
        if (facts->realm.size > 0)
                put(writer, '@');
        put_realm(writer, facts);
}

static void put_service(Writer *writer, const Facts *facts)
{
        put_value(writer, facts->service);
}

static void put_client(Writer *writer, const Facts *facts)
{
        Bytes address = facts->client;
        const uint8_t *port = address.size > 0 ? memchr(address.data, ';', address.size) : NULL;

        if (port)
                address.size = (size_t)(port - address.data);
        if (address.size == 0)
                fail(writer, TEMPLATE_NO_VALUE);
        put_value(writer, address);
}

static void put_vm(Writer *writer, const Facts *facts)
{
        if (facts->vm.state == VM_KNOWN && facts->vm.name)
                put_value(writer, bytes_from_string(facts->vm.name));
        else
                fail(writer, TEMPLATE_NO_VALUE);
}

static void put_uuid(Writer *writer, const Facts *facts)
{
        const char *digits = facts->vm.uuid;
        char text[UUID_SIZE];

        if (facts->vm.state != VM_KNOWN || !digits || strlen(digits) != UUID_DIGITS) {
                fail(writer, TEMPLATE_NO_VALUE);
                return;
        }
        (void)snprintf(text, sizeof(text), UUID_FORMAT, digits, digits + 8, digits + 12,
                digits + 16, digits + 20);
        put_value(writer, bytes_from_string(text));
}

static const struct {
        char letter;
        void (*put)(Writer *writer, const Facts *facts);
} tokens[] = {
        {'%', put_percent},
        {'u', put_login},
        {'r', put_realm},
        {'R', put_at_realm},
        {'s', put_service},
        {'h', put_client},
        {'v', put_vm},
        {'i', put_uuid},
};

static void put_token(Writer *writer, const Facts *facts, char letter)
{
        for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
                if (tokens[i].letter == letter)
                        tokens[i].put(writer, facts);
}

/* Writes the token or the character at text, in a pattern with the backslash before it. Returns
 * what is behind. A backslash before a token is left out: it would quote the one that quotes the
 * value's first character, and so set that character free. */
static const char *put_next(Writer *writer, const Facts *facts, const char *text)
{
        if (writer->pattern && text[0] == '\\' && text[1] != '\0') {
                text++;
                if (text[0] != '%') {
                        put(writer, '\\');
                        put(writer, (uint8_t)text[0]);
                        return text + 1;
                }
        }
        if (text[0] == '%') {
                put_token(writer, facts, text[1]);
                return text + 2;
        }
        put(writer, (uint8_t)text[0]);
        return text + 1;
}

static TemplateOutcome expand(Writer *writer, const char *text, const Facts *facts)
{
        while (*text && writer->outcome == TEMPLATE_DONE)
                text = put_next(writer, facts, text);
        writer->out[writer->outcome == TEMPLATE_DONE ? writer->used : 0] = '\0';
        return writer->outcome;
}

TemplateOutcome template_expand(const char *text, const Facts *facts, char *out, size_t size)
{
        return expand(&(Writer){.out = out, .size = size}, text, facts);
}

TemplateOutcome template_expand_pattern(
        const char *text, const Facts *facts, char *out, size_t size)
{
        return expand(&(Writer){.out = out, .size = size, .pattern = true}, text, facts);
}
