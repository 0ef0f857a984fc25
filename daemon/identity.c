/* SPDX-License-Identifier: BSD-2-Clause */
#include "identity.h"

#include "daemon/escape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the sources say, taken together. */
typedef struct Summary {
        const Evidence *evidence;
        const char *name, *uuid; /* the first that was said, or NULL */
        bool by_socket;
        bool named;
        bool disagree;
        bool failed;
} Summary;

static int copy(Bytes from, char **to)
{
        if (from.size == 0)
                return 0;
        *to = strndup((const char *)from.data, from.size);
        return *to ? 0 : -ENOMEM;
}

int evidence_take(Evidence *evidence, const PeerReport *report)
{
        int r = copy(report->unit, &evidence->unit);

        evidence->place = report->place;
        if (r == 0)
                r = copy(report->text, &evidence->text);
        for (int i = 0; i < PEER_SOURCES && r == 0; i++) {
                const Sighting *sighting = &report->sightings[i];

                evidence->sightings[i].state = sighting->state;
                r = copy(sighting->name, &evidence->sightings[i].name);
                if (r == 0)
                        r = copy(sighting->uuid, &evidence->sightings[i].uuid);
                if (r == 0)
                        r = copy(sighting->text, &evidence->sightings[i].text);
        }
        return r;
}

void evidence_deinit(Evidence *evidence)
{
        free(evidence->unit);
        free(evidence->text);
        for (int i = 0; i < PEER_SOURCES; i++) {
                free(evidence->sightings[i].name);
                free(evidence->sightings[i].uuid);
                free(evidence->sightings[i].text);
        }
        *evidence = (Evidence){};
}

static void add_word(const char **known, const char *said, bool *disagree)
{
        if (!said)
                return;
        if (*known && strcmp(*known, said) != 0)
                *disagree = true;
        *known = *known ? *known : said;
}

static void add(Summary *summary, const char *name, const char *uuid)
{
        summary->named = true;
        add_word(&summary->name, name, &summary->disagree);
        add_word(&summary->uuid, uuid, &summary->disagree);
}

/* Below user@UID.service and in containers others than the host's administrator choose names, so
 * only the socket, which he made, counts. */
static bool sources_count(const Evidence *evidence)
{
        return evidence->place != PEER_PLACE_USER && evidence->place != PEER_PLACE_CONTAINER;
}

static Summary summarize(const Evidence *evidence, const char *socket_vm)
{
        Summary summary = {.evidence = evidence, .by_socket = socket_vm != NULL};

        for (int i = 0; i < PEER_SOURCES && sources_count(evidence); i++) {
                if (evidence->sightings[i].state == SIGHTING_NAMED)
                        add(&summary, evidence->sightings[i].name, evidence->sightings[i].uuid);
                summary.failed |= evidence->sightings[i].state == SIGHTING_FAILED;
        }
        if (socket_vm)
                add(&summary, socket_vm, NULL);
        return summary;
}

static bool has_no_process(const Summary *summary)
{
        return !summary->evidence->exists || summary->evidence->place == PEER_PLACE_UNKNOWN;
}

/* Whoever was let to a VM's socket is that VM by the socket's permissions, whatever his number.
 * What the sources say of that number can speak against him still, and never for him. */
static bool is_uncertain(const Summary *summary)
{
        return !summary->evidence->certain && !summary->by_socket;
}

static bool is_unreadable(const Summary *summary)
{
        return summary->failed;
}

static bool is_disagreed(const Summary *summary)
{
        return summary->disagree;
}

static bool is_named(const Summary *summary)
{
        return summary->named;
}

static bool is_container(const Summary *summary)
{
        return summary->evidence->place == PEER_PLACE_CONTAINER;
}

static bool is_users(const Summary *summary)
{
        return summary->evidence->place == PEER_PLACE_USER;
}

static bool is_machine(const Summary *summary)
{
        return summary->evidence->place == PEER_PLACE_MACHINE;
}

static bool is_anybody(const Summary *summary)
{
        (void)summary;
        return true;
}

/* The first row that is met decides. */
static const struct {
        bool (*is_met)(const Summary *summary);
        IdentityRow row;
        VmState state;
} table[] = {
        {has_no_process, IDENTITY_NO_PROCESS, VM_UNDECIDED},
        {is_uncertain, IDENTITY_UNCERTAIN, VM_UNDECIDED},
        {is_unreadable, IDENTITY_UNREADABLE, VM_UNDECIDED},
        {is_disagreed, IDENTITY_DISAGREEMENT, VM_UNDECIDED},
        {is_named, IDENTITY_NAMED, VM_KNOWN},
        {is_container, IDENTITY_CONTAINER, VM_NONE},
        {is_users, IDENTITY_USER, VM_NONE},
        {is_machine, IDENTITY_NOBODY_VOUCHES, VM_UNDECIDED},
        {is_anybody, IDENTITY_NO_VM, VM_NONE},
};

Identity identity_decide(const Evidence *evidence, const char *socket_vm)
{
        const Summary summary = summarize(evidence, socket_vm);
        Identity identity = {.evidence = evidence, .socket_vm = socket_vm};
        size_t i = 0;

        while (!table[i].is_met(&summary))
                i++;
        identity.row = table[i].row;
        identity.vm.state = table[i].state;
        if (identity.vm.state == VM_KNOWN) {
                identity.vm.name = summary.name;
                identity.vm.uuid = evidence->certain ? summary.uuid : NULL;
        }
        return identity;
}

/* One after the other into a buffer; what does not fit is cut. */
static FILE *open_text(char *out, size_t size)
{
        out[0] = '\0';
        return fmemopen(out, size, "w");
}

static void put_escaped(FILE *text, const char *string)
{
        char escaped[2 * PEER_TEXT_MAX];

        (void)fputs(escape(bytes_from_string(string), escaped, sizeof(escaped)), text);
}

static void put_uuid(FILE *text, const char *uuid)
{
        (void)fprintf(text, "uuid:%.8s-%.4s-%.4s-%.4s-%.12s", uuid, uuid + 8, uuid + 12, uuid + 16,
                uuid + 20);
}

static bool vouches(const Evidence *evidence, int source)
{
        return evidence->certain && sources_count(evidence) &&
               evidence->sightings[source].state == SIGHTING_NAMED;
}

/* "debianx uuid:… by libvirt, machined" */
static void put_known(FILE *text, const Identity *identity)
{
        const char *separator = " by ";

        if (identity->vm.name)
                put_escaped(text, identity->vm.name);
        if (identity->vm.uuid) {
                (void)fputs(identity->vm.name ? " " : "", text);
                put_uuid(text, identity->vm.uuid);
        }
        for (int i = 0; i < PEER_SOURCES; i++)
                if (vouches(identity->evidence, i)) {
                        (void)fprintf(text, "%s%s", separator, peer_source_name(i));
                        separator = ", ";
                }
        if (identity->socket_vm)
                (void)fprintf(text, "%ssocket", separator);
}

static void put_failures(FILE *text, const Evidence *evidence)
{
        const char *separator = "";

        for (int i = 0; i < PEER_SOURCES; i++) {
                if (evidence->sightings[i].state != SIGHTING_FAILED)
                        continue;
                (void)fprintf(text, "%s%s: ", separator, peer_source_name(i));
                put_escaped(text, evidence->sightings[i].text ? evidence->sightings[i].text : "?");
                separator = "; ";
        }
}

static void put_sayings(FILE *text, const Identity *identity)
{
        const Evidence *evidence = identity->evidence;

        for (int i = 0; i < PEER_SOURCES; i++) {
                if (evidence->sightings[i].state != SIGHTING_NAMED)
                        continue;
                (void)fprintf(text, " %s: ", peer_source_name(i));
                put_escaped(text, evidence->sightings[i].name ? evidence->sightings[i].name : "-");
                if (evidence->sightings[i].uuid) {
                        (void)fputs(" ", text);
                        put_uuid(text, evidence->sightings[i].uuid);
                }
                (void)fputs(";", text);
        }
        if (identity->socket_vm) {
                (void)fputs(" socket: ", text);
                put_escaped(text, identity->socket_vm);
        }
}

static void put_undecided(FILE *text, const Identity *identity)
{
        const Evidence *evidence = identity->evidence;

        (void)fputs("? ", text);
        switch (identity->row) {
        case IDENTITY_UNCERTAIN:
                (void)fputs("the process is too young to be told from one before it", text);
                break;
        case IDENTITY_UNREADABLE: put_failures(text, evidence); break;
        case IDENTITY_DISAGREEMENT:
                (void)fputs("the sources disagree:", text);
                put_sayings(text, identity);
                break;
        case IDENTITY_NOBODY_VOUCHES:
                (void)fputs("no source knows the machine ", text);
                put_escaped(text, evidence->unit ? evidence->unit : "of this process");
                break;
        default: put_escaped(text, evidence->text ? evidence->text : "the process is gone"); break;
        }
}

/* A text that fills its room was cut, perhaps inside a character (RFC 3629, section 3): that one
 * goes. */
static void cut_cleanly(char *out, size_t size)
{
        size_t length = strlen(out);

        if (length + 1 < size)
                return;
        while (length > 0 && ((uint8_t)out[length - 1] & 0xc0) == 0x80)
                length--;
        if (length > 0 && ((uint8_t)out[length - 1] & 0x80) != 0)
                length--;
        out[length] = '\0';
}

char *identity_format(const Identity *identity, char *out, size_t size)
{
        FILE *text = open_text(out, size);

        if (!text)
                return out;
        if (identity->vm.state == VM_KNOWN)
                put_known(text, identity);
        else if (identity->vm.state == VM_NONE)
                (void)fputs("none", text);
        else
                put_undecided(text, identity);
        (void)fclose(text);
        out[size - 1] = '\0';
        cut_cleanly(out, size);
        return out;
}
