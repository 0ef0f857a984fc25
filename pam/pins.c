/* SPDX-License-Identifier: BSD-2-Clause */
#include "pins.h"

#include "pam/conversation.h"
#include "pam/service.h"

#include <stdio.h>
#include <string.h>

#define PINS_MAX 16u

typedef struct Pin {
        char service[SERVICE_NAME_MAX + 1];
        pam_handle_t *handle;
} Pin;

static struct {
        Pin pins[PINS_MAX];
        size_t count;
        Conversation nobody; /* answers nothing */
} state;

static bool is_held(const char *service)
{
        for (size_t i = 0; i < state.count; i++)
                if (strcmp(state.pins[i].service, service) == 0)
                        return true;
        return false;
}

void pins_hold(const char *service)
{
        const struct pam_conv conv = conversation_pam(&state.nobody);
        Pin *pin = &state.pins[state.count];

        if (is_held(service) || state.count == PINS_MAX ||
                pam_start(service, NULL, &conv, &pin->handle) != PAM_SUCCESS)
                return;
        (void)snprintf(pin->service, sizeof(pin->service), "%s", service);
        state.count++;
}
