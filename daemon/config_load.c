/* SPDX-License-Identifier: BSD-2-Clause */
#include "config_load.h"

#include "build-config.h"
#include "daemon/config_hash.h"
#include "daemon/drop_in.h"
#include "proto/cleanup.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#define TEXT_SIZE (PATH_MAX + 256)

/* saslauthd makes its directory, too, where only the last part is missing. Clients must get through
 * it, whatever umask we were started with. */
static int make_directory(const char *directory)
{
        if (mkdir(directory, 0755) < 0)
                return errno == EEXIST ? 0 : -errno;
        return chmod(directory, 0755) < 0 ? -errno : 0;
}

/* Makes the directory, if need be, and has config->directory name where it really is. */
static int set_directory(Config *config, const char *directory, ConfigComplain *complain)
{
        char text[TEXT_SIZE];
        int r = make_directory(directory);
        char *resolved = r < 0 ? NULL : realpath(directory, NULL);

        if (resolved) {
                free(config->directory);
                config->directory = resolved;
                return 0;
        }
        r = r < 0 ? r : -errno;
        (void)snprintf(text, sizeof(text),
                "cannot make the directory %s: %s; make it first, or give another with -m",
                directory, strerror(-r));
        complain(LOG_ERR, text);
        return r;
}

static int load_drop_in(Config *config, ConfigComplain *complain)
{
        int r = set_directory(
                config, config->directory ? config->directory : RUN_DIRECTORY, complain);

        if (r < 0)
                return r;
        r = drop_in_build(config);
        if (r < 0)
                complain(LOG_ERR, "out of memory");
        else
                config_file_check_backends(config, complain);
        return r;
}

/* Whoever has no configuration yet is told what there is to do. */
static bool is_missing(const char *path, ConfigComplain *complain)
{
        char text[TEXT_SIZE];

        if (strcmp(path, CONFIG_FILE) != 0 || access(path, F_OK) == 0 || errno != ENOENT)
                return false;
        (void)snprintf(text, sizeof(text),
                "there is no " CONFIG_FILE "; write it, or name another with --config, or give "
                "-a MECHANISM; there are: %s",
                mechanism_names());
        complain(LOG_ERR, text);
        return true;
}

/* Without -m saslauthd.pid is beside the first socket. */
static int find_directory(Config *config, ConfigComplain *complain)
{
        const bool given = config->directory != NULL;
        _cleanup_(free_pointer) char *path =
                strdup(given ? config->directory : config->listens[0].path);

        if (path)
                return set_directory(config, given ? path : dirname(path), complain);
        complain(LOG_ERR, "out of memory");
        return -ENOMEM;
}

static int load_file(Config *config, ConfigComplain *complain)
{
        int r;

        if (is_missing(config->path, complain))
                return -ENOENT;
        r = config_file_read(
                config, config->directory ? config->directory : RUN_DIRECTORY, complain);
        if (r < 0 || config->check_only || config->print_only)
                return r;
        return find_directory(config, complain);
}

int config_load(Config *config, const Config *options, const char *path, ConfigComplain *complain)
{
        int r;

        if (config_copy_options(config, options, path) < 0) {
                complain(LOG_ERR, "out of memory");
                return -ENOMEM;
        }
        r = options->drop_in ? load_drop_in(config, complain) : load_file(config, complain);
        if (r < 0)
                return r;
        r = config_hash(config, config->hash);
        if (r < 0)
                complain(LOG_ERR, "the configuration's hash cannot be made");
        return r;
}
