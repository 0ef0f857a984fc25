/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * NameSwitch: the services that nsswitch.conf(5) names for users and for groups, but for those that
 * read files of this machine and are always there. Pure.
 */

#include "proto/bytes.h"

#define NAME_SERVICE_MAX  31u
#define NAME_SERVICES_MAX 16u

typedef struct NameService {
        char name[NAME_SERVICE_MAX + 1];
        bool users;  /* it is asked for users */
        bool groups; /* it is asked for the groups of a user */
} NameService;

typedef struct NameSwitch {
        NameService services[NAME_SERVICES_MAX];
        size_t count;
} NameSwitch;

/* Reads the file. Returns false for services that are too many, or whose names no module's file can
 * have. */
bool name_switch_parse(Bytes text, NameSwitch *name_switch);
