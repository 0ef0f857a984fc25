/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_probe.h"

#include "backends/ldap_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PROBE_EVERY_MSEC 1000
#define PROBE_TIME_MSEC  1000
#define LOOK_TIME_MSEC   3000 /* a worker has 10 s until it is ready */

/* Any answer will do, also that it may not be asked this. If there is none, *hangs says whether
 * that took all the time. */
static bool answers(const LdapConfig *config, const LdapServer *server, bool *hangs)
{
        static const char *const no_attributes[] = {LDAP_NO_ATTRS, NULL};
        LdapConnection connection = {.config = config, .uri = server->uri};
        int64_t until = ldap_now() + PROBE_TIME_MSEC;
        LDAPMessage *result = NULL;
        LdapReply reply;
        bool good = ldap_connection_open(&connection, until, &reply) &&
                    ldap_connection_search(&connection, "", LDAP_SCOPE_BASE, "(objectClass=*)",
                            no_attributes, until, &result, &reply);

        (void)ldap_msgfree(result);
        ldap_connection_close(&connection);
        *hangs = !good && reply.timed_out;
        return good;
}

/* Puts aside those before the first that answers. Returns whether there are any. */
static bool look(LdapProbe *probe)
{
        bool has_aside = false, hangs;

        for (size_t i = 0; i < probe->count; i++) {
                LdapServer *server = &probe->servers[i];

                if (answers(probe->config, server, &hangs))
                        break;
                server->state = hangs ? LDAP_SERVER_HUNG : LDAP_SERVER_DOUBTFUL;
                has_aside = true;
        }
        return has_aside;
}

/* Returns whether any is still aside. */
static bool probe_all(LdapProbe *probe)
{
        bool has_aside = false, hangs;

        for (size_t i = 0; i < probe->count; i++) {
                LdapServer *server = &probe->servers[i];

                if (server->state == LDAP_SERVER_USABLE)
                        continue;
                if (answers(probe->config, server, &hangs))
                        server->state = LDAP_SERVER_USABLE;
                else
                        has_aside = true;
        }
        return has_aside;
}

/* Waits with the lock while *flag is as it is, but not longer than that. */
static void wait_while(LdapProbe *probe, const bool *flag, bool value, int64_t msec)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        time.tv_sec += msec / 1000;
        while (*flag == value)
                if (pthread_cond_timedwait(&probe->wake, &probe->lock, &time) == ETIMEDOUT)
                        return;
}

/* Asks without the lock, so that logins go on. */
static void ask_unlocked(LdapProbe *probe, bool (*ask)(LdapProbe *probe))
{
        bool has_aside;

        probe->has_aside = false; /* whoever is put aside from now on sets it again */
        probe->is_asking = true;
        (void)pthread_mutex_unlock(&probe->lock);
        has_aside = ask(probe);
        (void)pthread_mutex_lock(&probe->lock);
        probe->is_asking = false;
        probe->has_aside = probe->has_aside || has_aside;
}

static void look_unlocked(LdapProbe *probe)
{
        ask_unlocked(probe, look);
        probe->is_looking = false;
        (void)pthread_cond_broadcast(&probe->wake);
}

static void *run(void *userdata)
{
        LdapProbe *probe = userdata;

        (void)pthread_mutex_lock(&probe->lock);
        while (!probe->stopping) {
                if (probe->is_looking)
                        look_unlocked(probe);
                else if (probe->has_aside)
                        ask_unlocked(probe, probe_all);
                else
                        (void)pthread_cond_wait(&probe->wake, &probe->lock);
                if (probe->has_aside)
                        wait_while(probe, &probe->stopping, false, PROBE_EVERY_MSEC);
        }
        (void)pthread_mutex_unlock(&probe->lock);
        return NULL;
}

bool ldap_probe_start(LdapProbe *probe, LdapServer *servers, size_t count, const LdapConfig *config)
{
        pthread_condattr_t monotonic;

        *probe = (LdapProbe){.config = config, .servers = servers, .count = count};

        (void)pthread_mutex_init(&probe->lock, NULL);
        (void)pthread_condattr_init(&monotonic);
        (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        (void)pthread_cond_init(&probe->wake, &monotonic);
        (void)pthread_condattr_destroy(&monotonic);
        probe->has_thread = pthread_create(&probe->thread, NULL, run, probe) == 0;
        return probe->has_thread;
}

void ldap_probe_stop(LdapProbe *probe)
{
        bool is_busy;

        if (!probe->has_thread)
                return;
        (void)pthread_mutex_lock(&probe->lock);
        probe->stopping = true;
        is_busy = probe->is_asking;
        (void)pthread_cond_signal(&probe->wake);
        (void)pthread_mutex_unlock(&probe->lock);
        if (is_busy)
                _exit(EXIT_SUCCESS);
        (void)pthread_join(probe->thread, NULL);
}

void ldap_probe_look(LdapProbe *probe)
{
        (void)pthread_mutex_lock(&probe->lock);
        probe->is_looking = true;
        (void)pthread_cond_broadcast(&probe->wake);
        wait_while(probe, &probe->is_looking, true, LOOK_TIME_MSEC);
        (void)pthread_mutex_unlock(&probe->lock);
}

void ldap_probe_put_aside(LdapProbe *probe, LdapServer *server, LdapServerState state)
{
        (void)pthread_mutex_lock(&probe->lock);
        server->state = state;
        probe->has_aside = true;
        (void)pthread_cond_signal(&probe->wake);
        (void)pthread_mutex_unlock(&probe->lock);
}
