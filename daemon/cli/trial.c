/* SPDX-License-Identifier: BSD-2-Clause */
#include "trial.h"

#include "daemon/cli/client.h"
#include "daemon/cli/control_client.h"
#include "daemon/cli/json_input.h"
#include "daemon/cli/output.h"
#include "daemon/cli/past.h"
#include "daemon/cli/unix_socket.h"
#include "proto/cleanup.h"

#include <stdlib.h>

#define TIMEOUT_SEC 30u

/* Returns the number of the decision that was made, or 0 with *error. */
static uint64_t ask(const TrialOptions *options, char **error)
{
        _cleanup_(close_fd) int fd = -1;
        struct json_object *wish = control_request("test"), *answer;
        uint64_t number;
        MuxAnswer reply;

        if (options->vm)
                (void)json_object_object_add(wish, "vm", json_object_new_string(options->vm));
        answer = control_ask_open(options->directory, wish, &fd, error);
        if (!answer)
                return 0;
        number = json_number(answer, "number");
        (void)json_object_put(answer);
        if (unix_socket_set_timeout(fd, TIMEOUT_SEC) &&
                mux_ask_on(fd, options->request, &reply) == MUX_ANSWERED && number > 0)
                return number;
        *error = output_format("the daemon does not answer, or is of another version");
        return 0;
}

struct json_object *trial_make(const TrialOptions *options, char **error)
{
        uint64_t number = ask(options, error);
        struct json_object *decision =
                number > 0 ? past_ask(options->directory, number, error) : NULL;

        if (!decision && !*error)
                *error = output_format("the daemon has forgotten its answer already; try again");
        return decision;
}
