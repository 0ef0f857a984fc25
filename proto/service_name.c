/* SPDX-License-Identifier: BSD-2-Clause */
#include "service_name.h"

#include <ctype.h>
#include <string.h>

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
