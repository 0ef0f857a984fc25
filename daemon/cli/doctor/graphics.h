/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The consoles of a virtual machine in libvirt's document about it. Pure. */

#include "proto/bytes.h"

typedef struct Graphics {
        Bytes type;   /* "spice", "vnc" */
        Bytes port;   /* without TLS; "-1" or empty: there is none */
        Bytes listen; /* address, or empty */
} Graphics;

/* Takes the next <graphics …> off *document. Returns false if there is none. */
bool graphics_next(Bytes *document, Graphics *graphics);

/* Whether others than this machine may connect to it without TLS. */
bool graphics_is_clear(const Graphics *graphics);
