/* SPDX-License-Identifier: BSD-2-Clause */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int keep(Conversation *conversation, const char *text)
{
        size_t used = strlen(conversation->said);

        (void)snprintf(conversation->said + used, sizeof(conversation->said) - used, "%s%s",
                used > 0 ? " / " : "", text);
        return PAM_SUCCESS;
}

static int give(struct pam_response *response, const char *answer)
{
        if (!answer)
                return PAM_CONV_ERR;
        response->resp = strdup(answer);
        return response->resp ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int answer_one(Conversation *conversation, const struct pam_message *message,
        struct pam_response *response)
{
        switch (message->msg_style) {
        case PAM_PROMPT_ECHO_OFF: return give(response, conversation->password);
        case PAM_PROMPT_ECHO_ON: return give(response, conversation->login);
        case PAM_ERROR_MSG:
        case PAM_TEXT_INFO: return keep(conversation, message->msg ? message->msg : "");
        default: return PAM_CONV_ERR;
        }
}

static void drop_responses(struct pam_response *responses, int count)
{
        for (int i = 0; i < count; i++) {
                if (!responses[i].resp)
                        continue;
                explicit_bzero(responses[i].resp, strlen(responses[i].resp));
                free(responses[i].resp);
        }
        free(responses);
}

/* pam_conv(3): messages is an array of pointers, and Linux-PAM takes the responses over on success
 * only. */
static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
        void *userdata)
{
        struct pam_response *answers;

        if (count <= 0 || count > PAM_MAX_NUM_MSG)
                return PAM_CONV_ERR;
        answers = calloc((size_t)count, sizeof(*answers));
        if (!answers)
                return PAM_BUF_ERR;
        for (int i = 0; i < count; i++) {
                int code = answer_one(userdata, messages[i], &answers[i]);

                if (code != PAM_SUCCESS) {
                        drop_responses(answers, count);
                        return code;
                }
        }
        *responses = answers;
        return PAM_SUCCESS;
}

struct pam_conv conversation_pam(Conversation *conversation)
{
        return (struct pam_conv){converse, conversation};
}
