/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a record of systemd-machined. */

#include "backends/machine_record.h"

#include "fuzz.h"

/* Adds a field as systemd 252 writes it. */
static size_t put(char *text, size_t used, const char *key, const char *value)
{
        used += (size_t)sprintf(text + used, "%s=", key);
        for (; *value; value++) {
                if (strchr("\\\"'", *value))
                        text[used++] = '\\';
                text[used++] = *value;
        }
        text[used++] = '\n';
        return used;
}

/* What was read says the same when it is written and read again. */
static void check_again(const MachineRecord *record)
{
        char text[4096];
        size_t used = 0;
        MachineRecord again;

        used = put(text, used, "NAME", record->name);
        used = put(text, used, "SCOPE", record->unit);
        used = put(text, used, "SERVICE", record->service);
        used = put(text, used, "ID", record->uuid);
        used = put(text, used, "CLASS", record->is_container ? "container" : "vm");
        CHECK(machine_record_parse((Bytes){(uint8_t *)text, used}, &again) == NULL);
        CHECK(strcmp(again.name, record->name) == 0);
        CHECK(strcmp(again.unit, record->unit) == 0);
        CHECK(strcmp(again.service, record->service) == 0);
        CHECK(strcmp(again.uuid, record->uuid) == 0);
        CHECK(again.is_container == record->is_container);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        MachineRecord record;

        if (machine_record_parse((Bytes){data, size}, &record))
                return 0;
        CHECK(record.name[0] && memchr(record.name, 0, sizeof(record.name)));
        CHECK(record.unit[0] && memchr(record.unit, 0, sizeof(record.unit)));
        CHECK(strlen(record.uuid) == 0 || strlen(record.uuid) == PEER_UUID_SIZE);
        CHECK(!strchr(record.name, '\n') && !strchr(record.unit, '\n'));
        (void)machine_record_name_is_exact(&record);
        check_again(&record);
        return 0;
}
