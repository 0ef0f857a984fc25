/* SPDX-License-Identifier: BSD-2-Clause */
#include "login.h"

#include "daemon/audit.h"
#include "proto/cleanup.h"

#include <assert.h>

Identity login_identity(const Login *login)
{
        return identity_decide(
                &login->peer->evidence, login->config->identity.socket ? login->listen->vm : NULL);
}

bool login_charge(Login *login)
{
        Identity identity = login_identity(login);
        Asker *asker = peer_asker(login->peer, &identity);

        if (!asker)
                return false;
        charge_clear(&login->charge);
        asker_charge(asker, &login->charge);
        return true;
}

Bytes login_name(const Login *login)
{
        return login->name ? bytes_from_string(login->name) : login->request.login;
}

Bytes login_realm(const Login *login)
{
        return login->realm ? bytes_from_string(login->realm) : login->request.realm;
}

/* The name that stands for the mechanism in the log: where rules refuse, no backend is asked. */
static const char *mechanism_name(const Login *login)
{
        if (login->backend)
                return login->backend->name;
        return login->config->drop_in ? login->config->drop_in->name : "rules";
}

static void write_audit(const Login *login, Result result, Bytes reason)
{
        const Audit audit = {
                .config = login->config,
                .request = &login->request,
                .user = login_name(login),
                .mechanism = mechanism_name(login),
                .result = result,
                .reason = reason,
                .account = bytes_from_string(login->account),
                .identity = login->is_identified ? &login->identity : NULL,
                .rule = login->rule,
        };

        audit_write(&audit);
}

static MuxReply reply_for(const Login *login, Result result)
{
        bool temporary = login->listen->temporary || (login->rule && login->rule->temporary);

        if (result == RESULT_OK)
                return MUX_REPLY_OK;
        return result == RESULT_UNAVAILABLE && temporary ? MUX_REPLY_TEMPORARY : MUX_REPLY_NO;
}

void login_finish(Login *login, Result result, Bytes reason, const char *text)
{
        MuxReply reply = reply_for(login, result);

        assert(!login->finished);
        login->finished = true;
        write_audit(login, result, reason);
        charge_clear(&login->charge);
        free(TAKE_PTR(login->name));
        free(TAKE_PTR(login->realm));
        free(TAKE_PTR(login->account));
        login->reply(login, reply, text);
}
