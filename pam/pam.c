/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The backend "pam": Linux-PAM with the service files in /etc/pam.d. Modules are other people's
 * code, of any quality, in this process: whatever they leave behind ends with it.
 */

#include "backends/nss_error.h"
#include "backends/runtime.h"
#include "pam/codes.h"
#include "pam/conversation.h"
#include "pam/pins.h"
#include "pam/service.h"
#include "proto/cleanup.h"
#include "proto/secret.h"

#include <pwd.h>
#include <stdio.h>

#define ADDRESS_MAX 64u

/* What can be answered to a prompt, a login or a password: modules may cut what is longer, and
 * would take somebody's password followed by anything for his. */
#define ANSWER_MAX (PAM_MAX_RESP_SIZE - 1u)

static struct {
        const char *template; /* of the PAM service; NULL = the request's */
        const char *served;   /* the services served, separated by commas; NULL = all */
        bool pin;
} options = {.pin = true};

/* One login on its way through PAM. */
typedef struct Attempt {
        char service[SERVICE_NAME_MAX + 1];
        char login[ANSWER_MAX + 1];
        char client[ADDRESS_MAX]; /* the remote user's address, or empty */
        Secret *password;
        Conversation conversation;
        pam_handle_t *handle;
} Attempt;

static bool set_template(const char *value)
{
        const char *token = strchr(value, '%');

        if (token && (token[1] != 's' || strchr(token + 1, '%')))
                return false;
        options.template = value;
        return true;
}

static bool set(const char *key, const char *value)
{
        if (strcmp(key, "service") == 0)
                return set_template(value);
        if (strcmp(key, "pin") == 0) {
                options.pin = strcmp(value, "no") != 0;
                return options.pin == (strcmp(value, "yes") == 0);
        }
        if (strcmp(key, "services") == 0)
                options.served = value;
        else if (strcmp(key, "site-modules") != 0) /* which the supervisor has acted on */
                return false;
        return true;
}

/* Says which of the services that are served have no file. */
static int init(char *notice)
{
        for (const char *at = options.served; at && *at; at += *at == ',') {
                size_t size = strcspn(at, ","), used = strlen(notice);
                char service[SERVICE_NAME_MAX + 1];

                (void)snprintf(service, sizeof(service), "%.*s", (int)size, at);
                if (!service_is_configured(service))
                        (void)snprintf(notice + used, NOTICE_TEXT_MAX + 1 - used, "%s%s",
                                used > 0 ? ", " : "no /etc/pam.d/", service);
                at += size;
        }
        if (notice[0])
                (void)strncat(notice, ": PAM uses \"other\"", NOTICE_TEXT_MAX - strlen(notice));
        return 0;
}

/* The fifth field is "ADDRESS;PORT". */
static void take_address(Bytes client, char address[static ADDRESS_MAX])
{
        if (!bytes_to_string(client, address, ADDRESS_MAX))
                address[0] = '\0';
        address[strcspn(address, ";")] = '\0';
}

/* Returns false, with an answer, for what PAM must not be asked. */
static bool prepare(Attempt *attempt, const Job *job, Answer *answer)
{
        if (!service_expand(options.template, job->service, attempt->service)) {
                answer_set(answer, RESULT_DENIED, "not a name of a PAM service");
                return false;
        }
        if (!service_is_listed(options.served, attempt->service)) {
                answer_set(answer, RESULT_DENIED, "PAM service %s is not served here",
                        attempt->service);
                return false;
        }
        if (!bytes_to_string(job->login, attempt->login, sizeof(attempt->login)) ||
                bytes_contain(job->password, 0)) {
                answer_set(
                        answer, RESULT_DENIED, "not a login or password that PAM can be asked for");
                return false;
        }
        if (job->password.size > ANSWER_MAX) {
                answer_set(answer, RESULT_MISMATCH, "longer than a password of PAM can be");
                return false;
        }
        attempt->password = secret_new_string(job->password);
        if (!attempt->password)
                return false;
        take_address(job->client, attempt->client);
        attempt->conversation.login = attempt->login;
        attempt->conversation.password = (const char *)secret_bytes(attempt->password).data;
        return true;
}

/* What libpam would sleep for after a failure (pam_fail_delay(3)): nobody waits here for long, and
 * a virtual machine least of all. */
static void no_delay(int code, unsigned usec, void *userdata)
{
        (void)code;
        (void)usec;
        (void)userdata;
}

static int start(Attempt *attempt)
{
        const struct pam_conv conv = conversation_pam(&attempt->conversation);
        void (*delay)(int, unsigned, void *) = no_delay;
        const void *item;
        int code = pam_start(attempt->service, attempt->login, &conv, &attempt->handle);

        if (code != PAM_SUCCESS)
                return code;
        memcpy(&item, &delay, sizeof(item)); /* a pointer to a function as an item, as PAM has it */
        code = pam_set_item(attempt->handle, PAM_FAIL_DELAY, item);
        if (code == PAM_SUCCESS && attempt->client[0] != '\0')
                code = pam_set_item(attempt->handle, PAM_RHOST, attempt->client);
        return code;
}

/* Runs the stages up to the first that does not succeed. */
static PamStage run(Attempt *attempt, int *code)
{
        *code = start(attempt);
        if (*code != PAM_SUCCESS)
                return PAM_STAGE_START;
        *code = pam_authenticate(attempt->handle, 0);
        if (*code != PAM_SUCCESS)
                return PAM_STAGE_AUTHENTICATE;
        *code = pam_acct_mgmt(attempt->handle, 0);
        return PAM_STAGE_ACCOUNT;
}

/* Where the user database knows one account by several names (sssd and winbind: in any case, with
 * and without a domain), modules leave PAM_USER as it was typed. Who has no entry there goes by
 * PAM_USER. */
static void take_name(const char *user, Answer *answer)
{
        const struct passwd *entry;

        errno = 0;
        entry = getpwnam(user);
        if (!entry && nss_is_failure(errno))
                answer_set(answer, RESULT_UNAVAILABLE, "the user database: %s", strerror(errno));
        else if (snprintf(answer->account, sizeof(answer->account), "%s",
                         entry ? entry->pw_name : user) >= (int)sizeof(answer->account))
                answer_set(answer, RESULT_UNAVAILABLE, "the account's name is too long");
}

/* A module may have made another account of the login. */
static void take_account(const Attempt *attempt, Answer *answer)
{
        const void *user = NULL;

        if (pam_get_item(attempt->handle, PAM_USER, &user) != PAM_SUCCESS || !user ||
                *(const char *)user == '\0')
                answer_set(answer, RESULT_UNAVAILABLE, "PAM does not say whose account it is");
        else
                take_name(user, answer);
}

/* Told with a success, too: "other" refuses everybody on one distribution and lets everybody with a
 * password in on another. */
static void note_missing_service(const Attempt *attempt, Answer *answer)
{
        if (!service_is_configured(attempt->service))
                (void)snprintf(answer->notice, sizeof(answer->notice),
                        "no /etc/pam.d/%s: PAM used \"other\"", attempt->service);
}

static void explain(const Attempt *attempt, PamStage stage, int code, Answer *answer)
{
        static const char *const functions[] = {"pam_start", "pam_authenticate", "pam_acct_mgmt"};
        const char *said = attempt->conversation.said, *reason;
        Result result = pam_code_to_result(stage, code, &reason);

        answer_set(answer, result, "%s%s%s: %s%s%s", answer->notice, answer->notice[0] ? "; " : "",
                functions[stage], reason, said[0] ? "; " : "", said);
}

static void ask_pam(Attempt *attempt, Answer *answer)
{
        int code;
        PamStage stage = run(attempt, &code);

        note_missing_service(attempt, answer);
        if (stage == PAM_STAGE_ACCOUNT && code == PAM_SUCCESS) {
                answer_set(answer, RESULT_OK, "%s", "");
                take_account(attempt, answer);
        } else {
                explain(attempt, stage, code, answer);
        }
        if (attempt->handle)
                (void)pam_end(attempt->handle, code);
}

static void check(const Job *job, Answer *answer)
{
        Attempt attempt = {};

        if (prepare(&attempt, job, answer)) {
                if (options.pin)
                        pins_hold(attempt.service);
                ask_pam(&attempt, answer);
        }
        secret_free(attempt.password);
}

static const Backend backend = {"pam", set, init, check, NULL};

int main(int argc, char **argv)
{
        return backend_run(&backend, argc, argv);
}
