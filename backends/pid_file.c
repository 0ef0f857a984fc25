/* SPDX-License-Identifier: BSD-2-Clause */
#include "pid_file.h"

#include "proto/scan.h"

#include <limits.h>

/* driver.pid is libvirtd's own. (A domain called "driver" overwrites it, libvirt 9.0; what is in it
 * is then anybody's guess, and nobody's name.) */
bool pid_file_domain(Bytes file, Bytes *domain)
{
        *domain = file;
        return scan_suffix(domain, ".pid") && domain->size > 0 &&
               !bytes_equal_string(*domain, "driver");
}

bool pid_file_parse(Bytes content, pid_t *pid)
{
        uint64_t number;

        (void)scan_suffix(&content, "\n"); /* QEMU writes one, libvirt does not */
        if (!scan_number(content, &number) || content.data[0] == '0' || number > INT_MAX)
                return false;
        *pid = (pid_t)number;
        return true;
}
