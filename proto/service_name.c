/* SPDX-License-Identifier: BSD-2-Clause */
#include "service_name.h"

#include "scan.h"

#include <ctype.h>
#include <stdio.h>

bool service_is_valid(const char *name)
{
        size_t length = strlen(name);

        if (length == 0 || length > SERVICE_NAME_MAX || name[0] == '.' || strstr(name, "..") ||
                strchr(name, '/'))
                return false;
        for (const char *at = name; *at; at++)
                if (iscntrl((unsigned char)*at) || isupper((unsigned char)*at))
                        return false;
        return true;
}

bool service_expand(const char *template, Bytes requested, char name[static SERVICE_NAME_MAX + 1])
{
        const char *token = template ? strstr(template, "%s") : NULL;
        char asked[SERVICE_NAME_MAX + 1];
        int length;

        if (!bytes_to_string(requested, asked, sizeof(asked)) || !service_is_valid(asked))
                return false;
        if (template && !token)
                length = snprintf(name, SERVICE_NAME_MAX + 1, "%s", template);
        else
                length = snprintf(name, SERVICE_NAME_MAX + 1, "%.*s%s%s",
                        token ? (int)(token - template) : 0, token ? template : "", asked,
                        token ? token + 2 : "");
        return length <= (int)SERVICE_NAME_MAX && service_is_valid(name);
}

bool service_is_listed(const char *list, const char *name)
{
        Bytes rest = bytes_from_string(list);

        while (rest.size > 0)
                if (bytes_equal_string(scan_part(&rest, ','), name))
                        return true;
        return list == NULL;
}
