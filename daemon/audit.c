/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit.h"

#include "daemon/config_print.h"
#include "daemon/escape.h"
#include "proto/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>

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

/* With -a there is nothing to explain. */
static void append_number(const Audit *audit, uint64_t number, char *text, size_t size)
{
        size_t used = strlen(text);

        if (!audit->config->drop_in)
                (void)snprintf(text + used, size - used, " [decision=%" PRIu64 "]", number);
}

void audit_line(const Audit *audit, uint64_t number, char line[static AUDIT_LINE_SIZE])
{
        char user[NAME_SIZE], service[FIELD_SIZE], realm[NAME_SIZE];
        char reason[REASON_SIZE], more[MORE_SIZE] = "";

        (void)escape(audit->user, user, sizeof(user));
        (void)escape(audit->request->service, service, sizeof(service));
        (void)escape(audit->request->realm, realm, sizeof(realm));
        append_account(audit, more, sizeof(more));
        append_vm(audit, more, sizeof(more));
        append(more, sizeof(more), "remote", audit->request->client);
        append_rule(audit, more, sizeof(more));
        if (audit->result != RESULT_OK)
                append(more, sizeof(more), "result",
                        bytes_from_string(result_to_string(audit->result)));
        append_number(audit, number, more, sizeof(more));
        format_reason(audit, reason, sizeof(reason));
        (void)snprintf(line, AUDIT_LINE_SIZE,
                "auth %s: [user=%s] [service=%s] [realm=%s] [mech=%s]%s%s",
                audit->result == RESULT_OK ? "success" : "failure", user, service, realm,
                audit->mechanism, reason, more);
}

int audit_priority(const Audit *audit)
{
        return audit->result == RESULT_OK && audit->reason.size == 0 ? LOG_DEBUG : LOG_INFO;
}

/* "FILE:LINE: permit …" */
static void record_rule(const Audit *audit, Record *record)
{
        _cleanup_(free_pointer) char *text = NULL;
        const Rule *rule = audit->rule;
        size_t size;
        FILE *out;

        if (!rule || rule->place.line == 0)
                return;
        out = open_memstream(&text, &size);
        if (!out)
                return;
        (void)fprintf(out, "%s:%u: ", config_file(audit->config, rule->place), rule->place.line);
        config_print_rule(audit->config, rule, out);
        if (fclose(out) == 0)
                record_add(record, "RULE", bytes_from_string(text));
}

/* Who vouches for the VM, or why there is none. */
static void record_identity(const Identity *identity, Record *record)
{
        char text[VM_SIZE];

        record_add(record, "VM", bytes_from_string(identity->vm.name));
        record_add(record, "VM_UUID", bytes_from_string(identity->vm.uuid));
        record_add(record, "IDENTITY",
                bytes_from_string(identity_format(identity, text, sizeof(text))));
        record_add(record, "PEER_UNIT", bytes_from_string(identity->evidence->unit));
}

/* What we say comes first, so that a long name cannot leave it out. */
void audit_record(const Audit *audit, uint64_t number, Record *record)
{
        const Bytes reason = audit->reason.size > 0
                                     ? audit->reason
                                     : bytes_from_string(default_reason(audit->result));

        record_add_number(record, "DECISION", number);
        record_add(record, "RESULT", bytes_from_string(result_to_string(audit->result)));
        record_add(record, "CONFIG", bytes_from_string(audit->config->hash));
        record_add(record, "BACKEND", bytes_from_string(audit->mechanism));
        record_add_number(record, "DURATION_USEC", audit->usec);
        record_add(record, "SOCKET", bytes_from_string(audit->listen->path));
        record_add_number(record, "PEER_UID", audit->uid);
        if (audit->identity)
                record_identity(audit->identity, record);
        record_rule(audit, record);
        record_add(record, "REASON", reason);
        record_add(record, "REMOTE", audit->request->client);
        record_add(record, "SERVICE", audit->request->service);
        record_add(record, "USER", audit->request->login);
        record_add(record, "REALM", audit->request->realm);
        if (!bytes_equal(audit->user, audit->request->login))
                record_add(record, "NAME", audit->user);
        if (!bytes_equal(audit->account, audit->user))
                record_add(record, "ACCOUNT", audit->account);
        record_add(record, "STEPS", audit->steps);
}
