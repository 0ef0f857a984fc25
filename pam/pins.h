/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Pins: a PAM handle for each of the first services that a worker is asked for, which nobody ever
 * authenticates with. Its only purpose is that the modules of the service stay loaded: pam_end()
 * unloads them, and to load them again is most of what a login costs (measured: 775 us without,
 * 43 us with a pin). The files in /etc/pam.d are read by every pam_start() all the same. A module
 * file that was replaced is loaded anew by the next worker.
 *
 * The pins are left to the end of the process: pam_end() of a handle that nobody authenticated with
 * writes a failure ("PAM:bad_ident", libpam/pam_audit.c) into the system's audit log, and the
 * unloading costs as much as a login.
 */

/* Makes sure that the service has a pin, if PAM can be started for it; not where there are many
 * already: the next worker begins anew. */
void pins_hold(const char *service);
