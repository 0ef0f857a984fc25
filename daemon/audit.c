/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit.h"

#include "daemon/escape.h"
#include "daemon/log.h"

#include <stdio.h>

#define AREA       "do_auth" /* the name of saslauthd's function, part of the line's shape */
#define NAME_SIZE  512
#define FIELD_SIZE 256

static const char *default_reason(Result result)
{
        static const char *const reasons[] = {
                [RESULT_OK] = "",
                [RESULT_MISMATCH] = "wrong password",
                [RESULT_UNKNOWN] = "no such user",
                [RESULT_DENIED] = "account may not log in",
                [RESULT_UNAVAILABLE] = "backend unavailable",
        };

        return reasons[result];
}

static void format_reason(const Audit *audit, char *out, size_t size)
{
        if (audit->reason.size > 0)
                (void)escape(audit->reason, out, size);
        else
                (void)snprintf(out, size, "%s", default_reason(audit->result));
}

static void format_remote(const Audit *audit, char *out, size_t size)
{
        char client[FIELD_SIZE];

        out[0] = '\0';
        if (audit->request->client.size > 0)
                (void)snprintf(out, size, " [remote=%s]",
                        escape(audit->request->client, client, sizeof(client)));
}

void audit_write(const Audit *audit)
{
        char user[NAME_SIZE], service[FIELD_SIZE], realm[NAME_SIZE];
        char reason[VERDICT_REASON_MAX + 4], remote[FIELD_SIZE + 16];

        (void)escape(audit->user, user, sizeof(user));
        (void)escape(audit->request->service, service, sizeof(service));
        (void)escape(audit->request->realm, realm, sizeof(realm));
        format_remote(audit, remote, sizeof(remote));
        if (audit->result == RESULT_OK) {
                log_line(LOG_DEBUG, AREA,
                        "auth success: [user=%s] [service=%s] [realm=%s] [mech=%s]%s", user,
                        service, realm, audit->mechanism, remote);
                return;
        }
        format_reason(audit, reason, sizeof(reason));
        log_line(LOG_INFO, AREA,
                "auth failure: [user=%s] [service=%s] [realm=%s] [mech=%s] [reason=%s]%s", user,
                service, realm, audit->mechanism, reason, remote);
}
