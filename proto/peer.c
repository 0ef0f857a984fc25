/* SPDX-License-Identifier: BSD-2-Clause */
#include "peer.h"

#include "frame.h"

#include <limits.h>

static const char *const source_names[PEER_SOURCES] = {
        [PEER_SOURCE_LIBVIRT] = "libvirt",
        [PEER_SOURCE_MACHINED] = "machined",
        [PEER_SOURCE_CMDLINE] = "cmdline",
};

static const char *const state_words[] = {
        [SIGHTING_SILENT] = "silent",
        [SIGHTING_NAMED] = "named",
        [SIGHTING_FAILED] = "failed",
};

static const char *const place_words[] = {
        [PEER_PLACE_UNKNOWN] = "unknown",
        [PEER_PLACE_ORDINARY] = "ordinary",
        [PEER_PLACE_MACHINE] = "machine",
        [PEER_PLACE_CONTAINER] = "container",
        [PEER_PLACE_USER] = "user",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The index of a word in a list of them, or -1. */
static int find_word(Bytes word, const char *const *words, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (bytes_equal_string(word, words[i]))
                        return (int)i;
        return -1;
}

const char *peer_source_name(PeerSource source)
{
        return source_names[source];
}

bool peer_source_find(Bytes name, PeerSource *source)
{
        int found = find_word(name, source_names, PEER_SOURCES);

        if (found >= 0)
                *source = (PeerSource)found;
        return found >= 0;
}

size_t peer_question_encode(const PeerQuestion *question, uint8_t *buffer, size_t size)
{
        Frame frame = frame_begin(buffer, size, "peer");

        frame_put_number(&frame, question->id);
        frame_put_number(&frame, question->pid);
        frame_put_number(&frame, question->uid);
        return frame_end(&frame);
}

bool peer_question_decode(Bytes body, PeerQuestion *question)
{
        uint64_t pid, uid;

        if (!frame_is(&body, "peer") || !frame_next_number(&body, &question->id) ||
                !frame_next_number(&body, &pid) || !frame_next_number(&body, &uid) ||
                !frame_is_whole(body) || pid == 0 || pid > INT_MAX || uid > UINT32_MAX)
                return false;
        question->pid = (uint32_t)pid;
        question->uid = (uint32_t)uid;
        return true;
}

static void put_sighting(Frame *frame, PeerSource source, const Sighting *sighting)
{
        frame_put(frame, bytes_from_string(source_names[source]));
        frame_put(frame, bytes_from_string(state_words[sighting->state]));
        frame_put(frame, sighting->name);
        frame_put(frame, sighting->uuid);
        frame_put(frame, sighting->text);
}

size_t peer_report_encode(const PeerReport *report, uint8_t *buffer, size_t size)
{
        Frame frame = frame_begin(buffer, size, "sighted");

        frame_put_number(&frame, report->id);
        frame_put(&frame, bytes_from_string(place_words[report->place]));
        frame_put(&frame, report->unit);
        frame_put(&frame, report->text);
        frame_put_number(&frame, report->age_ms);
        for (PeerSource source = 0; source < PEER_SOURCES; source++)
                put_sighting(&frame, source, &report->sightings[source]);
        return frame_end(&frame);
}

/* Takes a string of at most max bytes off *body. */
static bool next_short(Bytes *body, Bytes *string, size_t max)
{
        return frame_next(body, string) && string->size <= max;
}

/* Takes one of the words off *body. */
static bool next_word(Bytes *body, const char *const *words, size_t count, int *found)
{
        Bytes word;

        if (!frame_next(body, &word))
                return false;
        *found = find_word(word, words, count);
        return *found >= 0;
}

static bool is_uuid(Bytes text)
{
        for (size_t i = 0; i < text.size; i++)
                if (!strchr("0123456789abcdef", text.data[i]) || text.data[i] == '\0')
                        return false;
        return text.size == PEER_UUID_SIZE;
}

/* Who vouches says for what, and nobody else does. */
static bool is_consistent(const Sighting *sighting)
{
        bool says = sighting->name.size > 0 || sighting->uuid.size > 0;

        return says == (sighting->state == SIGHTING_NAMED) &&
               (sighting->uuid.size == 0 || is_uuid(sighting->uuid));
}

static bool next_sighting(Bytes *body, PeerSource source, Sighting *sighting)
{
        Bytes name;
        int state;

        if (!frame_next(body, &name) || !bytes_equal_string(name, source_names[source]) ||
                !next_word(body, state_words, COUNT(state_words), &state) ||
                !next_short(body, &sighting->name, PEER_NAME_MAX) ||
                !next_short(body, &sighting->uuid, PEER_UUID_SIZE) ||
                !next_short(body, &sighting->text, PEER_TEXT_MAX))
                return false;
        sighting->state = (SightingState)state;
        return is_consistent(sighting);
}

bool peer_report_decode(Bytes body, PeerReport *report)
{
        int place;

        if (!frame_is(&body, "sighted") || !frame_next_number(&body, &report->id) ||
                !next_word(&body, place_words, COUNT(place_words), &place) ||
                !next_short(&body, &report->unit, PEER_UNIT_MAX) ||
                !next_short(&body, &report->text, PEER_TEXT_MAX) ||
                !frame_next_number(&body, &report->age_ms))
                return false;
        report->place = (PeerPlace)place;
        for (PeerSource source = 0; source < PEER_SOURCES; source++)
                if (!next_sighting(&body, source, &report->sightings[source]))
                        return false;
        return frame_is_whole(body);
}
