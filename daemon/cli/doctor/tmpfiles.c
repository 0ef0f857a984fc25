/* SPDX-License-Identifier: BSD-2-Clause */
#include "tmpfiles.h"

#include "daemon/cli/doctor/host_file.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OWN_DIRECTORY "/etc/tmpfiles.d/"
#define MODE_SIZE     8u

/* Types of lines that set a directory's mode. */
#define TYPES "dDeqQvzZ"

/* Whether the line gives the directory a mode that lacks some of the wanted one. */
static bool takes_away(Bytes line, const char *directory, mode_t wanted)
{
        Bytes type, path, mode;
        char text[MODE_SIZE], *end;
        unsigned long number;

        if (!setting_word(&line, &type) || !strchr(TYPES, type.data[0]) ||
                !setting_word(&line, &path) || !bytes_equal_string(path, directory) ||
                !setting_word(&line, &mode) || !bytes_to_string(mode, text, sizeof(text)))
                return false;
        number = strtoul(text, &end, 8);
        return *end == '\0' && (wanted & ~number) != 0;
}

static bool has_line(const char *path, const char *directory, mode_t wanted)
{
        _cleanup_(free_pointer) char *content = host_file_read(path);
        Bytes rest = bytes_from_string(content);

        while (rest.size > 0)
                if (takes_away(scan_part(&rest, '\n'), directory, wanted))
                        return true;
        return false;
}

/* Whether a file of ours of that name stands in for it. */
static bool is_replaced(const char *path)
{
        _cleanup_(free_pointer) char *own =
                output_format(OWN_DIRECTORY "%s", strrchr(path, '/') + 1);

        return strcmp(path, own) != 0 && access(own, F_OK) == 0;
}

/* Commands that change the file's line; a package's own is copied first. */
static char *change(const char *path, const char *directory, mode_t mode)
{
        const char *name = strrchr(path, '/') + 1;
        bool is_own = strncmp(path, OWN_DIRECTORY, strlen(OWN_DIRECTORY)) == 0;
        _cleanup_(free_pointer) char *copy =
                is_own ? output_format("%s", "") : output_format("cp %s " OWN_DIRECTORY "\n", path);

        return output_format(
                "%ssed -i 's|^\\([^# \\t]*[ \\t]*%s[ \\t]*\\)[0-7]*|\\1%04o|' " OWN_DIRECTORY "%s",
                copy, directory, mode, name);
}

char *tmpfiles_set_mode(const char *directory, mode_t mode)
{
        static const char *const patterns[] = {OWN_DIRECTORY "*.conf", "/run/tmpfiles.d/*.conf",
                "/usr/lib/tmpfiles.d/*.conf", "/usr/local/lib/tmpfiles.d/*.conf"};
        glob_t found = {};
        char *commands = NULL;
        int flags = 0;

        for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
                (void)glob(patterns[i], flags, NULL, &found);
                flags = GLOB_APPEND;
        }
        for (size_t i = 0; i < found.gl_pathc && !commands; i++)
                if (!is_replaced(found.gl_pathv[i]) && has_line(found.gl_pathv[i], directory, mode))
                        commands = change(found.gl_pathv[i], directory, mode);
        globfree(&found);
        return commands;
}
