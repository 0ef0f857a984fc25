/* SPDX-License-Identifier: BSD-2-Clause */
#include "pins.h"

#include "pam/conversation.h"
#include "pam/service.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PINS_MAX 16u

typedef struct Pin {
        char service[SERVICE_NAME_MAX + 1];
        pam_handle_t *handle; /* NULL = free */
        uint64_t used;        /* the number of the last use */
} Pin;

static struct {
        Pin pins[PINS_MAX];
        uint64_t uses;
        Conversation nobody; /* answers nothing */
} state;

static Pin *find(const char *service)
{
        for (size_t i = 0; i < PINS_MAX; i++)
                if (state.pins[i].handle && strcmp(state.pins[i].service, service) == 0)
                        return &state.pins[i];
        return NULL;
}

static void release(Pin *pin)
{
        if (pin->handle)
                (void)pam_end(pin->handle, PAM_SUCCESS);
        pin->handle = NULL;
}

/* A free one, or else the one not used for longest. */
static Pin *make_room(void)
{
        Pin *oldest = &state.pins[0];

        for (size_t i = 0; i < PINS_MAX; i++) {
                if (!state.pins[i].handle)
                        return &state.pins[i];
                if (state.pins[i].used < oldest->used)
                        oldest = &state.pins[i];
        }
        release(oldest);
        return oldest;
}

void pins_hold(const char *service)
{
        const struct pam_conv conv = conversation_pam(&state.nobody);
        Pin *pin = find(service);

        if (!pin) {
                pin = make_room();
                if (pam_start(service, NULL, &conv, &pin->handle) != PAM_SUCCESS) {
                        pin->handle = NULL;
                        return;
                }
                (void)snprintf(pin->service, sizeof(pin->service), "%s", service);
        }
        pin->used = ++state.uses;
}
