/* SPDX-License-Identifier: BSD-2-Clause */
#include "duration.h"

#include <stddef.h>
#include <string.h>

#define USEC_MAX (3650ull * 24 * 3600 * USEC_PER_SEC)

static const struct {
        const char *suffix;
        uint64_t usec;
} units[] = {
        {"ms", USEC_PER_MSEC},
        {"s", USEC_PER_SEC},
        {"m", 60 * USEC_PER_SEC},
        {"h", 3600 * USEC_PER_SEC},
        {"d", 24 * 3600 * USEC_PER_SEC},
};

static uint64_t unit_usec(const char *suffix)
{
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                if (strcmp(suffix, units[i].suffix) == 0)
                        return units[i].usec;
        return 0;
}

bool duration_parse(const char *text, uint64_t *usec)
{
        uint64_t number = 0;
        const char *at = text;

        for (; *at >= '0' && *at <= '9'; at++) {
                number = number * 10 + (uint64_t)(*at - '0');
                if (number > USEC_MAX)
                        return false;
        }
        if (at == text || number == 0 || unit_usec(at) == 0 || number > USEC_MAX / unit_usec(at))
                return false;
        *usec = number * unit_usec(at);
        return true;
}
