/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * libldap asks for the full name of this machine before it does anything (ldap_int_initialize()
 * calls ldap_pvt_get_fqdn(), and that getaddrinfo() with AI_CANONNAME; seen with 2.5.13), for the
 * sake of Kerberos over a local socket. A name that is in no file is asked of DNS, and where that
 * does not answer, no worker would be ready in time, whatever its servers do. libldap finds our
 * function before glibc's, since symbols of the program come first, and makes do with the name that
 * it has.
 */

#include <dlfcn.h>
#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool is_own_name(const char *name)
{
        char own[256] = "";

        return name && gethostname(own, sizeof(own) - 1) == 0 && strcmp(name, own) == 0;
}

__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
        const struct addrinfo *hints, struct addrinfo **results)
{
        static int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
        static bool was_asked; /* by whoever asks again, it is meant */

        if (hints && (hints->ai_flags & AI_CANONNAME) && !was_asked && is_own_name(name)) {
                was_asked = true;
                return EAI_NONAME;
        }
        if (!next)
                *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
        return next(name, service, hints, results);
}
