/* SPDX-License-Identifier: BSD-2-Clause */
#include "login_log.h"

#include "daemon/cli/json_input.h"
#include "daemon/cli/moment.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define CELL_MAX 14u /* three of them fit into a line; --json has the whole */
#define HEAD_MAX 56u /* behind a longer one, the outcome has a line of its own */
#define INDENT   6u
#define ELLIPSIS "..."

/* "repeats" of a decision that was before the first one belong to nothing. */
static void add_repeats(const LoginLog *log, struct json_object *record)
{
        struct json_object *decision = json_member(log->by_number, json_text(record, "decision"));
        uint64_t repeats = strtoull(json_text(record, "repeats"), NULL, 10);

        if (decision)
                (void)json_object_object_add(decision, "answers",
                        json_object_new_uint64(json_number(decision, "answers") + repeats));
        (void)json_object_put(record);
}

static void add(LoginLog *log, struct json_object *record)
{
        if (json_member(record, "repeats")) {
                add_repeats(log, record);
                return;
        }
        if (json_member(record, "decision")) {
                (void)json_object_object_add(record, "answers", json_object_new_uint64(1));
                (void)json_object_object_add(
                        log->by_number, json_text(record, "decision"), json_object_get(record));
        }
        (void)json_object_array_add(log->rows, record);
}

void login_log_init(LoginLog *log, JournalReader *reader)
{
        struct json_object *record;

        *log = (LoginLog){json_object_new_array(), json_object_new_object()};
        while ((record = journal_reader_next(reader)))
                add(log, record);
}

void login_log_deinit(LoginLog *log)
{
        (void)json_object_put(log->by_number);
        (void)json_object_put(log->rows);
}

char *login_log_outcome(struct json_object *decision)
{
        const char *reason = json_text(decision, "reason");

        return output_format(reason[0] ? "%s: %s" : "%s", json_text(decision, "result"), reason);
}

/* Without the year. */
static const char *format_time(uint64_t usec, char text[static MOMENT_TEXT_SIZE])
{
        return moment_format(usec, text) + strlen("2026-");
}

static const struct {
        const char *heading, *field;
} columns[] = {
        {"User", "user"},
        {"Service", "service"},
        {"VM", "vm"},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static bool is_inside(const char *text, size_t at)
{
        return ((uint8_t)text[at] & 0xc0) == 0x80; /* a character (RFC 3629, section 3) */
}

/* What stands in the column, cut to its width; owned. */
static char *cell(struct json_object *row, size_t column)
{
        const char *text = json_text(row, columns[column].field);
        char *cut = output_format("%s" ELLIPSIS, text[0] ? text : "-");
        size_t size = strlen(cut) - strlen(ELLIPSIS);

        cut[size] = '\0';
        if (output_width(cut) <= CELL_MAX)
                return cut;
        while (output_width(cut) > CELL_MAX - strlen(ELLIPSIS)) {
                do
                        size--;
                while (is_inside(cut, size));
                cut[size] = '\0';
        }
        memcpy(cut + size, ELLIPSIS, sizeof(ELLIPSIS));
        return cut;
}

static void measure(const LoginLog *log, size_t widths[static COLUMNS])
{
        for (size_t column = 0; column < COLUMNS; column++) {
                widths[column] = output_width(columns[column].heading);
                for (size_t i = 0; i < json_object_array_length(log->rows); i++) {
                        _cleanup_(free_pointer) char *text =
                                cell(json_object_array_get_idx(log->rows, i), column);
                        size_t width = output_width(text);

                        widths[column] = width > widths[column] ? width : widths[column];
                }
        }
}

static void pad(FILE *out, const char *text, size_t width)
{
        (void)fputs(text, out);
        for (size_t column = output_width(text); column < width; column++)
                (void)fputc(' ', out);
        (void)fputs("  ", out);
}

static char *make_head(struct json_object *row, const size_t widths[static COLUMNS])
{
        char time[MOMENT_TEXT_SIZE], *head = NULL;
        size_t size;
        FILE *out = open_memstream(&head, &size);

        if (!out)
                output_no_memory();
        (void)fprintf(out, "%s  %s  ", format_time(json_number(row, "time_usec"), time),
                json_text(row, "decision"));
        for (size_t column = 0; column < COLUMNS; column++) {
                _cleanup_(free_pointer) char *text = cell(row, column);

                pad(out, text, widths[column]);
        }
        if (fclose(out) != 0)
                output_no_memory();
        return head;
}

/* Above the rows; times and numbers are as wide in each. */
static void print_headings(const size_t widths[static COLUMNS], FILE *out)
{
        char time[MOMENT_TEXT_SIZE];

        pad(out, "Time", output_width(format_time(0, time)));
        pad(out, "Decision", strlen("1234567890123"));
        for (size_t column = 0; column < COLUMNS; column++)
                pad(out, columns[column].heading, widths[column]);
        (void)fputs("Result\n", out);
}

static size_t widest_word(const char *text)
{
        _cleanup_(free_pointer) char *words = output_format("%s", text);
        char *rest = NULL;
        size_t widest = 0;

        for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                size_t width = output_width(word);

                widest = width > widest ? width : widest;
        }
        return widest;
}

static void print_row(struct json_object *row, const size_t widths[static COLUMNS], FILE *out)
{
        _cleanup_(free_pointer) char *head = make_head(row, widths);
        _cleanup_(free_pointer) char *outcome = login_log_outcome(row);
        uint64_t answers = json_number(row, "answers");
        _cleanup_(free_pointer) char *text =
                answers > 1 ? output_format("%s (%llu times)", outcome, (unsigned long long)answers)
                            : output_format("%s", outcome);
        size_t width = output_width(head);

        if (width > HEAD_MAX || width + widest_word(text) > OUTPUT_COLUMNS) {
                (void)fprintf(out, "%.*s\n", (int)strlen(head) - 2, head);
                output_wrapped(out, "", INDENT, text);
        } else {
                output_wrapped(out, head, width, text);
        }
}

static void print_left_out(struct json_object *row, FILE *out)
{
        char time[MOMENT_TEXT_SIZE];
        _cleanup_(free_pointer) char *head =
                output_format("%s  ", format_time(json_number(row, "time_usec"), time));
        _cleanup_(free_pointer) char *text =
                output_format("%s logins of %s were not logged, since there were too many",
                        json_text(row, "left_out"), json_text(row, "asker"));

        output_wrapped(out, head, output_width(head), text);
}

void login_log_print(const LoginLog *log, FILE *out)
{
        size_t widths[COLUMNS];

        measure(log, widths);
        print_headings(widths, out);
        for (size_t i = 0; i < json_object_array_length(log->rows); i++) {
                struct json_object *row = json_object_array_get_idx(log->rows, i);

                if (json_member(row, "left_out"))
                        print_left_out(row, out);
                else
                        print_row(row, widths, out);
        }
}
