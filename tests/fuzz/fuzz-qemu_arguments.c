/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as /proc/PID/cmdline. */

#include "backends/qemu_arguments.h"

#include "backends/vm_name.h"

#include "fuzz.h"

/* The name with its commas doubled, as a QEMU's argument. Returns its end. */
static char *put_name(char *text, const char *name)
{
        for (; *name; name++) {
                if (*name == ',')
                        *text++ = ',';
                *text++ = *name;
        }
        *text++ = '\0';
        return text;
}

/* The name that was read is the one read again from a command line made with it, and from nothing
 * that is cut from that. */
static void check_again(const char *name)
{
        static const char begin[] = "qemu-kvm\0-name\0guest=";
        char text[sizeof(begin) + 2 * PEER_NAME_MAX + 1];
        char *end;
        QemuArguments again;

        memcpy(text, begin, sizeof(begin));
        end = put_name(text + sizeof(begin) - 1, name);
        CHECK(qemu_arguments_parse((Bytes){(uint8_t *)text, (size_t)(end - text)}, &again) == NULL);
        CHECK(strcmp(again.name, name) == 0);
        CHECK(again.uuid[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        QemuArguments arguments;
        const char *complaint = qemu_arguments_parse((Bytes){data, size}, &arguments);

        CHECK(!complaint || arguments.is_qemu);
        CHECK(arguments.is_qemu || (!arguments.name[0] && !arguments.uuid[0]));
        CHECK(memchr(arguments.name, 0, sizeof(arguments.name)));
        CHECK(!arguments.uuid[0] || strlen(arguments.uuid) == PEER_UUID_SIZE);
        if (!arguments.name[0])
                return 0;
        CHECK(vm_name_complaint(bytes_from_string(arguments.name)) == NULL);
        check_again(arguments.name);
        return 0;
}
