/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The backend "ldap": passwords and groups in a directory, configured as saslauthd is. It is the
 * only program that links libldap.
 */

#include "backends/ldap_check.h"
#include "backends/ldap_group.h"
#include "backends/ldap_library.h"
#include "backends/ldap_servers.h"
#include "backends/ldap_settings.h"
#include "backends/ldap_socket.h"
#include "backends/reading_right.h"
#include "backends/runtime.h"
#include "backends/wiping.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <string.h>

#define DEADLINE_MSEC 2500 /* where neither an option nor the front says one: below a VM's 3 s */
#define MARGIN_MSEC   100  /* for the way back to the front */

static struct {
        LdapSettings settings;
        LdapServers servers;
        bool has_library;
        char error[sizeof((LdapSettings){}.error)];
} state;

static bool set(const char *key, const char *value)
{
        return ldap_settings_take(&state.settings, key, value);
}

/* libldap has read its files: certificates and the key, which may be root's. */
static bool init_library(void)
{
        int r;

        if (!ldap_library_init(&state.settings.config, state.error, sizeof(state.error)))
                return false;
        r = reading_right_give_up();
        if (r < 0)
                (void)snprintf(state.error, sizeof(state.error),
                        "cannot give up reading all files: %s", strerror(-r));
        return r == 0;
}

/* Whether anybody can be checked; if not, error says why. A file of a CA that was missing may have
 * come, so libldap is asked again. */
static bool is_ready(void)
{
        LdapSettings *settings = &state.settings;

        if (settings->error[0])
                (void)snprintf(state.error, sizeof(state.error), "%s", settings->error);
        else if (!state.has_library)
                state.has_library = init_library();
        return state.has_library;
}

/* An error in the configuration is told with every login, and in the log at once: a worker that
 * does not start would say less. */
static int init(char *notice)
{
        LdapSettings *settings = &state.settings;

        wiping_begin();
        ldap_settings_read(settings, notice, NOTICE_TEXT_MAX + 1);
        if (settings->error[0])
                return reading_right_give_up();
        if (!ldap_servers_init(&state.servers, &settings->config))
                return -ENOMEM;
        if (is_ready())
                ldap_servers_look(&state.servers);
        else
                (void)snprintf(notice, NOTICE_TEXT_MAX + 1, "%.512s", state.error);
        return 0;
}

static void deinit(void)
{
        ldap_servers_deinit(&state.servers);
        ldap_config_deinit(&state.settings.config);
}

/* By when the answer must be there. */
static int64_t end_of(uint64_t time_msec)
{
        int64_t time = time_msec > 0 ? (int64_t)time_msec : DEADLINE_MSEC;

        if (time_msec > 0)
                time -= time > 4 * MARGIN_MSEC ? MARGIN_MSEC : time / 4;
        if (state.settings.deadline_msec > 0 &&
                (time_msec == 0 || state.settings.deadline_msec < time))
                time = state.settings.deadline_msec;
        return ldap_now() + time;
}

static Bytes or_default(Bytes realm)
{
        return realm.size > 0 ? realm : bytes_from_string(state.settings.config.default_realm);
}

static LdapQuestion question_of(LdapNames names)
{
        names.realm = or_default(names.realm);
        return (LdapQuestion){
                .config = &state.settings.config,
                .name_attr = state.settings.name_attr,
                .names = names,
        };
}

typedef struct Login {
        LdapQuestion question;
        LdapUser user;
        Bytes password;
} Login;

static bool attempt_login(LdapServer *server, void *userdata, int64_t until)
{
        Login *login = userdata;

        ldap_user_deinit(&login->user);
        login->question.server = server;
        login->question.until = until;
        return ldap_check(&login->question, login->password, &login->user) != LDAP_STEP_SERVER;
}

static void take_answer(const Login *login, Answer *answer)
{
        const LdapOutcome *outcome = &login->question.outcome;

        answer_set(answer, outcome->result, "%s", outcome->reason);
        if (outcome->result != RESULT_OK)
                return;
        (void)snprintf(answer->account, sizeof(answer->account), "%s", login->user.name);
        if (login->user.dn && !login->user.is_named)
                (void)snprintf(answer->notice, sizeof(answer->notice),
                        "entries have no readable \"%s\" for the account's name; say which "
                        "attribute has it: name-attr=",
                        state.settings.name_attr);
}

static void check(const Job *job, Answer *answer)
{
        Login login = {.question = question_of((LdapNames){
                               .login = job->login,
                               .realm = job->realm,
                               .service = job->service,
                               .vm_name = job->vm_name,
                               .vm_uuid = job->vm_uuid,
                       })};
        _cleanup_(secret_freep) Secret *password = secret_new_string(job->password);
        char reason[ANSWER_TEXT_MAX];

        if (!password || !is_ready()) {
                answer_set(
                        answer, RESULT_UNAVAILABLE, "%s", password ? state.error : "out of memory");
                return;
        }
        login.password = (Bytes){secret_bytes(password).data, job->password.size};
        if (ldap_servers_try(&state.servers, attempt_login, &login, end_of(job->time_msec), reason,
                    sizeof(reason)))
                take_answer(&login, answer);
        else
                answer_set(answer, RESULT_UNAVAILABLE, "%s", reason);
        ldap_user_deinit(&login.user);
}

typedef struct Member {
        LdapQuestion question;
        LdapUser user;
        Bytes group;
} Member;

static bool attempt_member(LdapServer *server, void *userdata, int64_t until)
{
        Member *member = userdata;
        LdapStep step;

        ldap_user_deinit(&member->user);
        member->question.server = server;
        member->question.until = until;
        if (ldap_config_filter_is_dn(&state.settings.config))
                step = ldap_user_name(&member->question, &member->user);
        else
                step = ldap_user_find(&member->question, &member->user);
        if (step == LDAP_STEP_ON)
                step = ldap_group_ask(&member->question, &member->user, member->group);
        return step != LDAP_STEP_SERVER;
}

static MembershipState membership_of(Result result)
{
        switch (result) {
        case RESULT_OK: return MEMBERSHIP_YES;
        case RESULT_UNKNOWN: return MEMBERSHIP_NO;
        default: return MEMBERSHIP_UNDECIDED;
        }
}

static void answer_member(
        const MembershipQuestion *question, MembershipState *answer, char *text, size_t size)
{
        Member member = {
                .question = question_of((LdapNames){
                        .login = question->login,
                        .realm = question->realm,
                        .service = question->service,
                        .vm_name = question->vm_name,
                        .vm_uuid = question->vm_uuid,
                }),
                .group = question->group,
        };

        *answer = MEMBERSHIP_UNDECIDED;
        if (!is_ready()) {
                (void)snprintf(text, size, "%s", state.error);
                return;
        }
        if (ldap_servers_try(&state.servers, attempt_member, &member, end_of(question->time_msec),
                    text, size)) {
                *answer = membership_of(member.question.outcome.result);
                (void)snprintf(text, size, "%s",
                        *answer == MEMBERSHIP_UNDECIDED ? member.question.outcome.reason : "");
        }
        ldap_user_deinit(&member.user);
}

static const Backend backend = {
        .name = "ldap",
        .set = set,
        .init = init,
        .check = check,
        .member = answer_member,
        .deinit = deinit,
};

int main(int argc, char **argv)
{
        return backend_run(&backend, argc, argv);
}
