/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* PeerReader: sees which process a pidfd stands for, and asks the sources that are switched on. */

#include "backends/finding.h"

#define PEER_READER_UIDS_MAX 64

typedef struct PeerReader {
        bool asks[PEER_SOURCES];
        uint32_t cmdline_uids[PEER_READER_UIDS_MAX]; /* whose command lines are believed */
        size_t uid_count;
} PeerReader;

/* What is seen of one process, with the memory for it. */
typedef struct PeerView {
        PeerPlace place;
        char unit[PEER_UNIT_MAX + 1];
        char text[PEER_TEXT_MAX + 1];
        uint64_t age_ms;
        Finding findings[PEER_SOURCES];
} PeerView;

/* Takes the options "sources" and "cmdline-uids", each a list with commas. Returns whether the key
 * and the value are right. */
bool peer_reader_set(PeerReader *reader, const char *key, const char *value);

/* Looks at the process. pidfd is the caller's. */
void peer_reader_look(
        const PeerReader *reader, const PeerQuestion *question, int pidfd, PeerView *view);

/* The report of what was seen; valid as long as the view is. */
PeerReport peer_reader_report(const PeerView *view, uint64_t id);
