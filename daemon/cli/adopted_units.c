/* SPDX-License-Identifier: BSD-2-Clause */
#include "adopted_units.h"

#include "build-config.h"
#include "daemon/cli/output.h"
#include "daemon/cli/statoverride.h"
#include "proto/cleanup.h"

#include <string.h>

#define OWN_SOCKET RUN_DIRECTORY "/mux"

static bool has_socket(const SaslauthdSettings *settings, const char *path)
{
        for (size_t i = 0; i < settings->count; i++)
                if (strcmp(settings->instances[i].socket, path) == 0)
                        return true;
        return false;
}

bool adopted_units_write_socket(const SaslauthdSettings *settings, FILE *out)
{
        bool has_own = has_socket(settings, OWN_SOCKET);

        if (settings->count == 1 && has_own)
                return false;
        (void)fputs("# Made by \"saslward adopt\": where saslauthd listened.\n[Socket]\n", out);
        if (!has_own)
                (void)fputs("# Not " OWN_SOCKET ".\nListenStream=\n", out);
        for (size_t i = 0; i < settings->count; i++)
                if (strcmp(settings->instances[i].socket, OWN_SOCKET) != 0)
                        (void)fprintf(out, "ListenStream=%s\n", settings->instances[i].socket);
        return true;
}

/* dpkg-statoverride writes names without a slash at the end, whatever stands behind -m. */
static void find_override(Bytes table, const char *directory, Statoverride *access)
{
        _cleanup_(free_pointer) char *path = output_format("%s", directory);

        for (size_t length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
                path[length - 1] = '\0';
        (void)statoverride_find(table, path, access);
}

bool adopted_units_write_directories(
        const SaslauthdSettings *settings, Bytes statoverrides, FILE *out)
{
        if (settings->kind != SETTINGS_DEFAULT)
                return false;
        (void)fputs("# Made by \"saslward adopt\": who can reach the sockets, as with\n"
                    "# saslauthd's init script.\n",
                out);
        for (size_t i = 0; i < settings->count; i++) {
                const SaslauthdInstance *instance = &settings->instances[i];
                Statoverride access = {"root", "sasl", "710"};

                find_override(statoverrides, instance->options.directory, &access);
                (void)fprintf(out, "d %.*s %s %s %s -\n",
                        (int)(strlen(instance->socket) - strlen("/mux")), instance->socket,
                        access.mode, access.user, access.group);
        }
        return true;
}
