/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* SaslProgram: a program of this machine that asks the daemon, or should: who it is, and the
 * configuration that libsasl2 reads for it. */

#include "daemon/cli/doctor/host_file.h"
#include "daemon/cli/doctor/running_qemu.h"
#include "daemon/config.h"

#define LIBVIRT_QEMU_CONF "/etc/libvirt/qemu.conf"

typedef struct SaslProgram {
        const char *title;      /* "QEMU" */
        char *app;              /* its file is APP.conf; owned, as the rest but texts */
        const char *services;   /* that it names, separated by commas */
        const char *prefix;     /* of libsasl2's keys in its file, or "" */
        const char *restart;    /* what has it read its configuration anew: commands */
        const char *mechanisms; /* that ask the daemon, as it may offer them */
        bool is_libvirts;       /* a QEMU that libvirt starts */
        bool is_foreign;        /* others than root may change what it reads, and where that is */
        bool reads_as_user;     /* that file is read with the rights of user */
        char *user;             /* as whom it asks, or NULL: not known */
        char *root;             /* directory that it is confined to, or NULL */
        char *directories;      /* where libsasl2 looks for its file, separated by colons */
        char *file;             /* the first that is there, or NULL */
        char *content;          /* of it, or NULL: it cannot be read */
} SaslProgram;

typedef struct SaslPrograms {
        SaslProgram *programs;
        size_t count;
} SaslPrograms;

/* Finds those whose services the rules name or whose configuration names saslauthd, and QEMUs whose
 * consoles may ask. Free with sasl_programs_deinit(). */
void sasl_programs_init(SaslPrograms *programs, const Config *config, const RunningQemus *qemus);
void sasl_programs_deinit(SaslPrograms *programs);

/* Finds libsasl2's setting, in SETTING_MAX bytes. Returns whether it is set. */
bool sasl_program_setting(const SaslProgram *program, const char *key, char *value);

/* The mux that it asks, as it sees it, in SETTING_MAX bytes. */
void sasl_program_mux(const SaslProgram *program, char *path);

/* Commands that give it that setting; for the caller. */
char *sasl_program_remedy(const SaslProgram *program, const char *key, const char *value);

/* The path of APP.conf in the directory of that index in its list, for the caller; NULL behind the
 * last. */
char *sasl_program_place(const SaslProgram *program, const char *app, size_t index);
