/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Domains: the virtual machines that libvirt has on this host. */

#include <stdbool.h>
#include <stddef.h>

#define DOMAINS_DIRECTORY "/run/libvirt/qemu"

typedef struct Domain {
        char *name;
        char *uuid; /* 32 lower-case digits, or NULL: its document cannot be read */
        bool running;
} Domain;

typedef struct Domains {
        Domain *domains;
        size_t count;
} Domains;

/* Reads what NAME.xml are in the directory, sorted by name; one that cannot be read has none. Free
 * with domains_deinit(). */
void domains_init(Domains *domains, const char *directory);
void domains_deinit(Domains *domains);
