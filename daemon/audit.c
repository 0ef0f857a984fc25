/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit.h"

#include "daemon/escape.h"
#include "daemon/log.h"

#include <stdio.h>
#include <string.h>

#define AREA        "do_auth" /* the name of saslauthd's function, part of the line's shape */
#define NAME_SIZE   512
#define FIELD_SIZE  256
#define VM_SIZE     1024
#define MORE_SIZE   3072
#define REASON_SIZE (VERDICT_REASON_MAX + 16)

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

/* " [reason=…]", or nothing for a success of which there is nothing to say. */
static void format_reason(const Audit *audit, char *out, size_t size)
{
        char escaped[VERDICT_REASON_MAX + 4];
        const char *text = default_reason(audit->result);

        if (audit->reason.size > 0)
                text = escape(audit->reason, escaped, sizeof(escaped));
        (void)snprintf(out, size, "%s%s%s", text[0] ? " [reason=" : "", text, text[0] ? "]" : "");
}

/* " [KEY=VALUE]" behind what text holds already; nothing for an empty value. */
static void append(char *text, size_t size, const char *key, Bytes value)
{
        char escaped[NAME_SIZE];
        size_t used = strlen(text);

        if (value.size > 0)
                (void)snprintf(text + used, size - used, " [%s=%s]", key,
                        escape(value, escaped, sizeof(escaped)));
}

static void append_account(const Audit *audit, char *text, size_t size)
{
        if (!bytes_equal(audit->account, audit->user))
                append(text, size, "account", audit->account);
}

/* With -a nothing depends on it, and mail is not about VMs. */
static void append_vm(const Audit *audit, char *text, size_t size)
{
        char vm[VM_SIZE];
        size_t used = strlen(text);

        if (!audit->identity || (audit->config->drop_in && audit->identity->vm.state == VM_NONE))
                return;
        (void)snprintf(text + used, size - used, " [vm=%s]",
                identity_format(audit->identity, vm, sizeof(vm)));
}

static void append_rule(const Audit *audit, char *text, size_t size)
{
        size_t used = strlen(text);

        if (audit->rule && audit->rule->place.line > 0)
                (void)snprintf(text + used, size - used, " [rule=%s:%u]",
                        config_file(audit->config, audit->rule->place), audit->rule->place.line);
}

void audit_write(const Audit *audit)
{
        char user[NAME_SIZE], service[FIELD_SIZE], realm[NAME_SIZE];
        char reason[REASON_SIZE], more[MORE_SIZE] = "";
        bool success = audit->result == RESULT_OK;
        int level = success && audit->reason.size == 0 ? LOG_DEBUG : LOG_INFO;

        if (!log_writes(level))
                return;
        (void)escape(audit->user, user, sizeof(user));
        (void)escape(audit->request->service, service, sizeof(service));
        (void)escape(audit->request->realm, realm, sizeof(realm));
        append_account(audit, more, sizeof(more));
        append_vm(audit, more, sizeof(more));
        append(more, sizeof(more), "remote", audit->request->client);
        append_rule(audit, more, sizeof(more));
        format_reason(audit, reason, sizeof(reason));
        log_line(level, AREA, "auth %s: [user=%s] [service=%s] [realm=%s] [mech=%s]%s%s",
                success ? "success" : "failure", user, service, realm, audit->mechanism, reason,
                more);
}
