/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam_line.h"

#include "proto/scan.h"

static bool is_blank(uint8_t byte)
{
        return byte == ' ' || byte == '\t';
}

static void skip_blanks(Bytes *line)
{
        while (line->size > 0 && is_blank(line->data[0]))
                scan_skip(line, 1);
}

/* A word, or what stands in brackets. */
static Bytes take_word(Bytes *line)
{
        bool is_bracketed;
        size_t size = 0;
        Bytes word;

        skip_blanks(line);
        is_bracketed = line->size > 0 && line->data[0] == '[';
        while (size < line->size && (is_bracketed || !is_blank(line->data[size])) &&
                !(is_bracketed && line->data[size] == ']'))
                size++;
        size += is_bracketed && size < line->size;
        word = (Bytes){line->data, size};
        scan_skip(line, size);
        return word;
}

static bool is_include(Bytes control)
{
        return bytes_equal_string(control, "include") || bytes_equal_string(control, "substack");
}

bool pam_line_module(Bytes line, Bytes *module)
{
        Bytes type, control;

        line = scan_part(&line, '#');
        if (line.size == 0)
                return false;
        type = take_word(&line);
        control = take_word(&line);
        *module = take_word(&line);
        return module->size > 0 && !scan_starts_with(type, "-") && !scan_starts_with(type, "@") &&
               !is_include(control);
}

bool pam_line_type(Bytes line, Bytes *type, Bytes *file)
{
        Bytes control;

        line = scan_part(&line, '#');
        *type = take_word(&line);
        control = take_word(&line);
        *file = BYTES_EMPTY;
        if (bytes_equal_string(*type, "@include")) {
                *type = BYTES_EMPTY;
                *file = control;
                return file->size > 0;
        }
        (void)scan_prefix(type, "-");
        if (is_include(control))
                *file = take_word(&line);
        return type->size > 0;
}
