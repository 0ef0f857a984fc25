/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Preloaded in place of libaudit's functions of these names, which Linux-PAM calls: what goes into
 * the system's audit log, where only its administrator can read it, is written to standard error.
 */

#include <fcntl.h>
#include <stdio.h>

/* audit_open(3): where the kernel has no audit, Linux-PAM would write nothing. */
__attribute__((visibility("default"))) int audit_open(void);
int audit_open(void)
{
        return open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* audit_log_acct_message(3) */
__attribute__((visibility("default"))) int audit_log_acct_message(int fd, int type,
        const char *program, const char *operation, const char *name, unsigned id, const char *host,
        const char *address, const char *terminal, int result);
int audit_log_acct_message(int fd, int type, const char *program, const char *operation,
        const char *name, unsigned id, const char *host, const char *address, const char *terminal,
        int result)
{
        (void)fd;
        (void)type;
        (void)program;
        (void)name;
        (void)id;
        (void)host;
        (void)address;
        (void)terminal;
        (void)fprintf(stderr, "audit: %s result=%d\n", operation, result);
        return 1;
}
