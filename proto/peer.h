/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Which process is at the other end of a mux connection: the front's question to the worker
 * "resolve" (the frame "peer", with a pidfd beside it) and what that worker saw (the frame
 * "sighted"). The worker reports; what follows from it is decided in the front.
 */

#include "bytes.h"

#define PEER_NAME_MAX  255u /* of a VM, bytes */
#define PEER_UNIT_MAX  255u /* of a unit name (systemd's UNIT_NAME_MAX is 256 with the NUL) */
#define PEER_UUID_SIZE 32u  /* lower-case hexadecimal digits without hyphens */
#define PEER_TEXT_MAX  255u

typedef struct PeerQuestion {
        uint64_t id;
        uint32_t pid; /* in our pid namespace, never 0 */
        uint32_t uid; /* as the kernel gave it with the connection */
} PeerQuestion;

/* Who may vouch for a VM, as far as the worker can ask them. */
typedef enum PeerSource {
        PEER_SOURCE_LIBVIRT,
        PEER_SOURCE_MACHINED,
        PEER_SOURCE_CMDLINE,
        PEER_SOURCES,
} PeerSource;

typedef enum SightingState {
        SIGHTING_SILENT, /* not asked, not installed, or it knows nothing of this process */
        SIGHTING_NAMED,  /* it vouches for a name, a UUID or both */
        SIGHTING_FAILED, /* it exists and cannot be read, or makes no sense: text says what */
} SightingState;

typedef struct Sighting {
        SightingState state;
        Bytes name; /* exact domain name; empty = it does not know it */
        Bytes uuid; /* PEER_UUID_SIZE digits; empty = it does not know it */
        Bytes text; /* what failed, for the log */
} Sighting;

typedef enum PeerPlace {
        PEER_PLACE_UNKNOWN,   /* the process is gone, or its cgroup cannot be read: text says why */
        PEER_PLACE_ORDINARY,  /* any service or session */
        PEER_PLACE_MACHINE,   /* below /machine.slice or /machine: somebody has to vouch for it */
        PEER_PLACE_CONTAINER, /* machined says: class container */
        PEER_PLACE_USER,      /* below user@UID.service, where the user chooses the names */
} PeerPlace;

typedef struct PeerReport {
        uint64_t id;
        PeerPlace place;
        Bytes unit;      /* of the system manager, as "postfix@-.service"; empty = none */
        Bytes text;      /* for PEER_PLACE_UNKNOWN */
        uint64_t age_ms; /* since the process started; matters where the kernel gave no pidfd */
        Sighting sightings[PEER_SOURCES];
} PeerReport;

/* "libvirt", "machined", "cmdline". */
const char *peer_source_name(PeerSource source);

/* The source of that name. Returns false if there is none. */
bool peer_source_find(Bytes name, PeerSource *source);

/* Write the frames into buffer. Return their size, or 0 if they do not fit. */
size_t peer_question_encode(const PeerQuestion *question, uint8_t *buffer, size_t size);
size_t peer_report_encode(const PeerReport *report, uint8_t *buffer, size_t size);

/* Read the bodies of frames; views point into them. Return false for anything else, and for fields
 * longer than above or a UUID that is none. */
bool peer_question_decode(Bytes body, PeerQuestion *question);
bool peer_report_decode(Bytes body, PeerReport *report);
