/* SPDX-License-Identifier: BSD-2-Clause */
#include "graphics.h"

#include "proto/scan.h"

#define ELEMENT "<graphics "

/* libvirt writes attributes with single quotes, one blank before each (virBufferEscapeString). */
static Bytes attribute(Bytes element, const char *start)
{
        size_t length = strlen(start);
        const uint8_t *found =
                element.size > 0 ? memmem(element.data, element.size, start, length) : NULL;
        Bytes rest;

        if (!found)
                return BYTES_EMPTY;
        rest = (Bytes){found + length, element.size - (size_t)(found - element.data) - length};
        return scan_part(&rest, '\'');
}

bool graphics_next(Bytes *document, Graphics *graphics)
{
        const uint8_t *found = document->size > 0 ? memmem(document->data, document->size, ELEMENT,
                                                            strlen(ELEMENT))
                                                  : NULL;
        Bytes element;

        if (!found)
                return false;
        scan_skip(document, (size_t)(found - document->data));
        element = scan_part(document, '>');
        *graphics = (Graphics){
                .type = attribute(element, " type='"),
                .port = attribute(element, " port='"),
                .listen = attribute(element, " listen='"),
        };
        return true;
}

bool graphics_is_clear(const Graphics *graphics)
{
        return graphics->port.size > 0 && !bytes_equal_string(graphics->port, "-1") &&
               !bytes_equal_string(graphics->port, "0") &&
               bytes_equal_string(graphics->type, "spice") &&
               !scan_starts_with(graphics->listen, "127.") &&
               !bytes_equal_string(graphics->listen, "::1");
}
