/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What the doctor looks at, a function a subject. None changes anything. */

#include "daemon/cli/doctor/diagnosis.h"
#include "daemon/cli/doctor/sasl_program.h"

#include <json-c/json.h>

typedef struct Patient {
        const Config *config;
        RunningQemus qemus;
        SaslPrograms programs;
        struct json_object *status; /* the daemon's answer, or NULL */
        char *silence;              /* then why there is none; owned */
} Patient;

/* Reads the configuration, as options say: by saslauthd's, else its file. Returns whether it is
 * good enough to look at the rest. */
bool examine_config(Config *config, Diagnosis *diagnosis);

void examine_daemon(const Patient *patient, Diagnosis *diagnosis);
void examine_sockets(const Patient *patient, Diagnosis *diagnosis);  /* of the daemon */
void examine_others(const Patient *patient, Diagnosis *diagnosis);   /* another saslauthd */
void examine_programs(const Patient *patient, Diagnosis *diagnosis); /* libsasl2's files */
void examine_reach(const Patient *patient, Diagnosis *diagnosis);    /* from program to mux */
void examine_consoles(const Patient *patient, Diagnosis *diagnosis); /* libvirt's */
void examine_services(const Patient *patient, Diagnosis *diagnosis); /* that rules name */
void examine_sasldb(const Patient *patient, Diagnosis *diagnosis);
void examine_ldap(const Patient *patient, Diagnosis *diagnosis);
void examine_pam(const Patient *patient, Diagnosis *diagnosis);
void examine_confinement(const Patient *patient, Diagnosis *diagnosis); /* of QEMU */
void examine_clock(const Patient *patient, Diagnosis *diagnosis);
