/* SPDX-License-Identifier: BSD-2-Clause */
#include "machined_state.h"

#include "backends/machine_record.h"
#include "backends/small_file.h"
#include "proto/cleanup.h"

#include <stdio.h>

#define DIRECTORY   "/run/systemd/machines"
#define RECORD_SIZE 65536

/* Reads the record of a unit. Returns 0, a negative errno, or -EBADMSG with a complaint. */
static int load(const char *link, MachineRecord *record, const char **complaint)
{
        static char buffer[RECORD_SIZE];
        _cleanup_(close_fd) int directory = small_file_open_directory(DIRECTORY);
        _cleanup_(close_fd) int fd = -1;
        Bytes content;
        int r;

        if (directory < 0)
                return directory;
        fd = small_file_open(directory, link, 0);
        if (fd < 0)
                return fd;
        r = small_file_read(fd, buffer, sizeof(buffer), &content);
        if (r < 0)
                return r;
        *complaint = machine_record_parse(content, record);
        return *complaint ? -EBADMSG : 0;
}

static void vouch(const MachineRecord *record, const char *link, Finding *finding)
{
        *finding = (Finding){};
        if (machine_record_name_is_exact(record))
                finding_name(finding, link, bytes_from_string(record->name));
        if (finding->state == SIGHTING_FAILED || record->uuid[0] == '\0')
                return;
        finding->state = SIGHTING_NAMED;
        memcpy(finding->uuid, record->uuid, sizeof(finding->uuid));
}

bool machined_state_find(Bytes unit, Finding *finding)
{
        char link[sizeof("unit:") + PEER_UNIT_MAX];
        const char *complaint = NULL;
        MachineRecord record;
        int r;

        (void)snprintf(link, sizeof(link), "unit:%.*s", (int)unit.size, unit.data);
        r = load(link, &record, &complaint);
        if (r == -ENOENT)
                return false;
        if (r < 0) {
                finding_fail(finding, DIRECTORY "/%.150s: %s", link,
                        complaint ? complaint : small_file_error(r));
                return false;
        }
        if (!bytes_equal_string(unit, record.unit)) {
                finding_fail(finding, DIRECTORY "/%.100s: is about %.100s", link, record.unit);
                return false;
        }
        if (!record.is_container)
                vouch(&record, link, finding);
        return record.is_container;
}
