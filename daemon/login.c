/* SPDX-License-Identifier: BSD-2-Clause */
#include "login.h"

#include "daemon/audit.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static char *join(Bytes login, Bytes realm)
{
        char *joined = malloc(login.size + 1 + realm.size + 1);

        if (!joined)
                return NULL;
        memcpy(joined, login.data, login.size);
        joined[login.size] = '@';
        memcpy(joined + login.size + 1, realm.data, realm.size);
        joined[login.size + 1 + realm.size] = '\0';
        return joined;
}

int login_begin(Login *login, const char *mechanism, bool append_realm, LoginReply *reply)
{
        login->mechanism = mechanism;
        login->reply = reply;
        if (append_realm && login->request.login.size > 0 && login->request.realm.size > 0) {
                login->joined = join(login->request.login, login->request.realm);
                if (!login->joined)
                        return -ENOMEM;
        }
        return 0;
}

Bytes login_name(const Login *login)
{
        return login->joined ? bytes_from_string(login->joined) : login->request.login;
}

Job login_job(const Login *login, uint64_t id)
{
        return (Job){
                .id = id,
                .login = login_name(login),
                .password = login->request.password,
                .service = login->request.service,
                .realm = login->request.realm,
                .client = login->request.client,
        };
}

void login_finish(Login *login, Result result, Bytes reason, const char *text)
{
        const Audit audit = {
                .request = &login->request,
                .user = login_name(login),
                .mechanism = login->mechanism,
                .result = result,
                .reason = reason,
        };

        assert(!login->finished);
        login->finished = true;
        deadline_clear(&login->deadline);
        audit_write(&audit);
        free(login->joined);
        login->joined = NULL;
        login->reply(login, result == RESULT_OK, text);
}
