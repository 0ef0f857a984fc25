/* SPDX-License-Identifier: BSD-2-Clause */
#include "cgroup.h"

#include "proto/scan.h"

/* Where the lines of the hierarchies that matter say that the process is. */
typedef struct Paths {
        Bytes unified; /* cgroup v2 */
        Bytes systemd; /* v1: the hierarchy without a controller that systemd makes */
        Bytes machine; /* v1: that of any controller, if it lies below machines */
} Paths;

static bool is_machines(Bytes component)
{
        return bytes_equal_string(component, "machine.slice") ||
               bytes_equal_string(component, "machine");
}

static bool is_root(Bytes path)
{
        return path.size <= 1;
}

/* The next component of a path. */
static Bytes next_component(Bytes *path)
{
        while (scan_prefix(path, "/"))
                ;
        return scan_part(path, '/');
}

/* Takes a line "NUMBER:CONTROLLERS:PATH" (cgroups(7)). Returns whether it is one. */
static bool take_line(Bytes line, Paths *paths)
{
        Bytes number = scan_part(&line, ':');
        Bytes controllers = scan_part(&line, ':');
        Bytes path = line;
        Bytes *target = &paths->machine;

        if (!scan_starts_with(path, "/"))
                return false;
        if (bytes_equal_string(number, "0") && controllers.size == 0)
                target = &paths->unified;
        else if (bytes_equal_string(controllers, "name=systemd"))
                target = &paths->systemd;
        else if (!is_machines(next_component(&line)))
                return true;
        *target = path;
        return true;
}

/*
 * systemd (src/basic/cgroup-util.c, cg_pid_get_path()) reads the line of v2 where it has v2 mounted
 * for itself, alone or hybrid, and "name=systemd" elsewhere. It puts no process but kernel threads
 * into v2's root, so a process there has been put in its place through v1: by systemd, or, where
 * there is none, by libvirt in the hierarchies of the controllers.
 */
static Bytes choose(const Paths *paths)
{
        if (!is_root(paths->unified))
                return paths->unified;
        if (!is_root(paths->systemd))
                return paths->systemd;
        return paths->machine;
}

/* systemd puts '_' before names that the kernel could mistake for its own files (cg_escape()). */
static Bytes unescaped(Bytes component)
{
        (void)scan_prefix(&component, "_");
        return component;
}

static bool is_slice(Bytes component)
{
        return component.size > strlen(".slice") && scan_ends_with(component, ".slice");
}

/* systemd's unit_name_is_valid(), for the types that processes can be in. */
static bool is_unit(Bytes name)
{
        static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@";
        static const char *const types[] = {".service", ".scope", ".socket", ".mount", ".swap"};

        for (size_t i = 0; i < name.size; i++)
                if (!memchr(allowed, name.data[i], sizeof(allowed) - 1))
                        return false;
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (name.size > strlen(types[i]) && scan_ends_with(name, types[i]))
                        return name.size <= PEER_UNIT_MAX && name.data[0] != '@';
        return false;
}

/* Only what is called "user@…" by the system manager: a user's own manager names its units at will,
 * and all of them lie below it. */
static bool is_user_manager(Bytes unit)
{
        return scan_starts_with(unit, "user@") && scan_ends_with(unit, ".service");
}

/* Groups of machines: slices, and libvirt's partitions where there is no systemd. */
static bool is_group(Bytes component, bool in_machines)
{
        return is_slice(component) || (in_machines && scan_ends_with(component, ".partition"));
}

static void locate(Bytes path, Cgroup *cgroup)
{
        Bytes rest = path;
        Bytes component = unescaped(next_component(&rest));
        bool in_machines = is_machines(component);

        if (in_machines)
                component = unescaped(next_component(&rest));
        while (is_group(component, in_machines))
                component = unescaped(next_component(&rest));

        *cgroup = (Cgroup){.place = in_machines ? PEER_PLACE_MACHINE : PEER_PLACE_ORDINARY};
        if (is_unit(component))
                cgroup->unit = component;
        if (in_machines && component.size > 0)
                cgroup->machine =
                        (Bytes){path.data, (size_t)(component.data + component.size - path.data)};
        if (!in_machines && is_user_manager(cgroup->unit))
                cgroup->place = PEER_PLACE_USER;
}

const char *cgroup_parse(Bytes content, Cgroup *cgroup)
{
        Paths paths = {};
        Bytes path;

        if (content.size == 0)
                return "empty";
        if (!scan_ends_with(content, "\n") || bytes_contain(content, 0))
                return "cut, or not a list of cgroups";
        while (content.size > 0)
                if (!take_line(scan_part(&content, '\n'), &paths))
                        return "not a list of cgroups";
        path = choose(&paths);
        if (scan_starts_with(path, "/../") || bytes_equal_string(path, "/.."))
                return "outside of our own cgroup namespace";
        (void)scan_suffix(&path, " (deleted)"); /* the kernel's word on a cgroup that is no more */
        locate(path, cgroup);
        return NULL;
}
