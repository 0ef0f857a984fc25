/* SPDX-License-Identifier: BSD-2-Clause */
#include "name_switch.h"

#include "proto/scan.h"

#include <ctype.h>

/* Which lines matter; compat's further services have lines of their own. */
static const struct {
        const char *name;
        bool users;
} databases[] = {
        {"passwd", true},
        {"passwd_compat", true},
        {"group", false},
        {"group_compat", false},
        {"initgroups", false},
};

/* They read files of this machine; systemd's answers for users of the machine's own services, too,
 * which no login's name is. */
static const char *const always_there[] = {"files", "compat", "db", "systemd"};

static void skip_blanks(Bytes *text)
{
        while (text->size > 0 && isspace(text->data[0]))
                scan_skip(text, 1);
}

/* Takes a word off, up to a blank or one of the bytes that end it, too. */
static Bytes take_word(Bytes *text, const char *ends)
{
        Bytes word = {text->data, 0};

        while (word.size < text->size && !isspace(text->data[word.size]) &&
                !strchr(ends, text->data[word.size]))
                word.size++;
        if (word.size > 0)
                scan_skip(text, word.size);
        return word;
}

static bool is_always_there(Bytes name)
{
        for (size_t i = 0; i < sizeof(always_there) / sizeof(always_there[0]); i++)
                if (bytes_equal_string(name, always_there[i]))
                        return true;
        return false;
}

/* Part of a file's name: no path. */
static bool can_be_module(Bytes name)
{
        for (size_t i = 0; i < name.size; i++)
                if (!isalnum(name.data[i]) && name.data[i] != '_' && name.data[i] != '-')
                        return false;
        return name.size > 0;
}

/* The service of that name, added if it is new, or NULL. */
static NameService *get_service(NameSwitch *name_switch, Bytes name)
{
        NameService *service = name_switch->services;

        for (; service < name_switch->services + name_switch->count; service++)
                if (bytes_equal_string(name, service->name))
                        return service;
        if (name_switch->count == NAME_SERVICES_MAX || !can_be_module(name))
                return NULL;
        *service = (NameService){};
        if (!bytes_to_string(name, service->name, sizeof(service->name)))
                return NULL;
        name_switch->count++;
        return service;
}

/* What stands behind a database's name. "[NOTFOUND=return]" and its like are passed over: a service
 * that is not reached is asked all the same. */
static bool add_services(NameSwitch *name_switch, Bytes text, bool users)
{
        for (skip_blanks(&text); text.size > 0; skip_blanks(&text)) {
                NameService *service;
                Bytes name;

                if (scan_prefix(&text, "[")) {
                        (void)scan_part(&text, ']');
                        continue;
                }
                name = take_word(&text, "[");
                if (is_always_there(name))
                        continue;
                service = get_service(name_switch, name);
                if (!service)
                        return false;
                service->users |= users;
                service->groups |= !users;
        }
        return true;
}

static bool add_line(NameSwitch *name_switch, Bytes line)
{
        Bytes name;

        skip_blanks(&line);
        name = take_word(&line, ":");
        skip_blanks(&line);
        if (!scan_prefix(&line, ":"))
                return true;
        for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]); i++)
                if (bytes_equal_string(name, databases[i].name))
                        return add_services(name_switch, line, databases[i].users);
        return true;
}

bool name_switch_parse(Bytes text, NameSwitch *name_switch)
{
        name_switch->count = 0;
        while (text.size > 0) {
                Bytes line = scan_part(&text, '\n');

                if (!add_line(name_switch, scan_part(&line, '#')))
                        return false;
        }
        return true;
}
