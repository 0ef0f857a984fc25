/* SPDX-License-Identifier: BSD-2-Clause */
#include "moment.h"

#include "daemon/duration.h"

#include <string.h>
#include <time.h>

/* What follows must be the end. */
static bool parse_date(const char *text, const char *format, struct tm *date)
{
        const char *end;

        *date = (struct tm){.tm_isdst = -1};
        end = strptime(text, format, date);
        return end && *end == '\0';
}

bool moment_parse(const char *text, uint64_t now, uint64_t *usec)
{
        static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"};
        struct tm date;
        uint64_t ago;

        if (text[0] == '-') {
                if (!duration_parse(text + 1, &ago) || ago > now)
                        return false;
                *usec = now - ago;
                return true;
        }
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
                time_t seconds;

                if (!parse_date(text, formats[i], &date))
                        continue;
                seconds = mktime(&date);
                if (seconds < 0)
                        return false;
                *usec = (uint64_t)seconds * USEC_PER_SEC;
                return true;
        }
        return false;
}

char *moment_format(uint64_t usec, char out[static MOMENT_TEXT_SIZE])
{
        const time_t seconds = (time_t)(usec / USEC_PER_SEC);
        struct tm date;

        if (!localtime_r(&seconds, &date) ||
                strftime(out, MOMENT_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &date) == 0)
                memset(out, 0, MOMENT_TEXT_SIZE);
        return out;
}

uint64_t moment_now(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}
