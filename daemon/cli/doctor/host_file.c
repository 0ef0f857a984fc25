/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_file.h"

#include "backends/small_file.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <errno.h>
#include <glob.h>

#define FILE_SIZE_MAX (1024u * 1024u)

char *host_file_read(const char *path)
{
        _cleanup_(free_pointer) char *buffer = malloc(FILE_SIZE_MAX + 1);
        Bytes content;
        int r;

        if (!buffer)
                output_no_memory();
        r = small_file_load(path, buffer, FILE_SIZE_MAX, &content);
        if (r < 0) {
                errno = -r;
                return NULL;
        }
        buffer[content.size] = '\0';
        return TAKE_PTR(buffer);
}

bool host_file_setting(const char *path, SettingFormat format, const char *key, char *value)
{
        _cleanup_(free_pointer) char *content = host_file_read(path);

        value[0] = '\0';
        return content && setting_find(bytes_from_string(content), format, key, value, SETTING_MAX);
}

char *host_file_find(const char *pattern)
{
        glob_t found = {};
        char *path = NULL;

        if (glob(pattern, 0, NULL, &found) == 0)
                path = output_format("%s", found.gl_pathv[0]);
        globfree(&found);
        return path;
}
