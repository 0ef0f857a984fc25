/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include "build-config.h"
#include "daemon/config_file.h"
#include "daemon/config_print.h"
#include "daemon/drop_in.h"
#include "daemon/duration.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* saslauthd's: 8 hours */
#define CACHE_TIME_DEFAULT (28800 * USEC_PER_SEC)

#define HELP                                                                                       \
        "usage: saslwardd [--config FILE] [options]\n"                                             \
        "       saslwardd -a MECHANISM [options]\n"                                                \
        "\n"                                                                                       \
        "Answers SASL programs that use pwcheck_method: saslauthd.\n"                              \
        "\n"                                                                                       \
        "  --config FILE  the configuration (" CONFIG_FILE ")\n"                                   \
        "  --check        say what is wrong with the configuration, and end\n"                     \
        "  --print        show the configuration as it was understood, and end\n"                  \
        "  -m DIR         directory of saslauthd.pid, and of the socket \"mux\" unless\n"          \
        "                 the configuration has another (" RUN_DIRECTORY ")\n"                     \
        "  -V             log successful logins, too\n"                                            \
        "  -f             stay in the foreground\n"                                                \
        "  -d             stay in the foreground, log everything to stderr\n"                      \
        "  -v             show version and mechanisms\n"                                           \
        "  -h             show this\n"                                                             \
        "  --read-deadline DURATION  a request is complete within (5s)\n"                          \
        "\n"                                                                                       \
        "In saslauthd's place, without a configuration:\n"                                         \
        "  -a MECHANISM  how passwords are checked:\n"                                             \
        "                %s\n"                                                                     \
        "  -O OPTION     for sasldb: the path of the database (/etc/sasldb2);\n"                   \
        "                for ldap: the path of its configuration (/etc/saslauthd.conf)\n"          \
        "  -n N          worker processes (5); 0 = a fresh one for each request\n"                 \
        "  -r            hand login@realm to the mechanism\n"                                      \
        "  --deadline DURATION  an answer is given within (3s to VMs, 20s to others)\n"            \
        "  -c            keep good logins, so that the same ones are not checked again\n"          \
        "  -t SECONDS    for so long (28800)\n"                                                    \
        "  -s KILOBYTES, -l\n"                                                                     \
        "                accepted as saslauthd's; they have no effect\n"                           \
        "\n"                                                                                       \
        "A duration is a number with ms, s, m, h or d.\n"

enum {
        OPTION_DEADLINE = 256,
        OPTION_READ_DEADLINE,
        OPTION_CONFIG,
        OPTION_CHECK,
        OPTION_PRINT,
};

static const struct option long_options[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"check", no_argument, NULL, OPTION_CHECK},
        {"print", no_argument, NULL, OPTION_PRINT},
        {"deadline", required_argument, NULL, OPTION_DEADLINE},
        {"read-deadline", required_argument, NULL, OPTION_READ_DEADLINE},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {},
};

static OptionsOutcome fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static OptionsOutcome fail(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        (void)fputs("saslwardd: ", stderr);
        (void)vfprintf(stderr, format, arguments);
        (void)fputs("\n", stderr);
        va_end(arguments);
        return OPTIONS_FAILED;
}

static bool parse_number(const char *text, unsigned max, unsigned *number)
{
        unsigned value = 0;

        if (*text == '\0')
                return false;
        for (; *text >= '0' && *text <= '9' && value <= max; text++)
                value = value * 10 + (unsigned)(*text - '0');
        *number = value;
        return *text == '\0' && value <= max;
}

static OptionsOutcome set_mechanism(Config *config, const char *name)
{
        if (config->drop_in)
                return fail("-a is given twice; give one mechanism");
        config->drop_in = mechanism_find(name);
        if (!config->drop_in)
                return fail("unknown authentication mechanism: %s; there are: %s", name,
                        mechanism_names());
        return OPTIONS_RUN;
}

static OptionsOutcome set_string(char **target, const char *value)
{
        free(*target);
        *target = strdup(value);
        return *target ? OPTIONS_RUN : fail("out of memory");
}

static OptionsOutcome set_workers(Config *config, const char *value)
{
        unsigned number;

        if (!parse_number(value, CONFIG_WORKERS_MAX, &number))
                return fail("-n %s: give a number from 0 to %u", value, CONFIG_WORKERS_MAX);
        if (number == 0)
                config->jobs_limit = 1;
        else
                config->workers = number;
        return OPTIONS_RUN;
}

static OptionsOutcome check_number(int option, const char *value)
{
        unsigned number;

        if (!parse_number(value, INT_MAX / 10, &number))
                return fail("-%c %s: give a whole number", option, value);
        return OPTIONS_RUN;
}

static OptionsOutcome set_cache_time(Config *config, const char *value)
{
        unsigned seconds;

        if (!parse_number(value, INT_MAX / 10, &seconds))
                return fail("-t %s: give a whole number", value);
        config->cache_usec = seconds * USEC_PER_SEC;
        return OPTIONS_RUN;
}

static OptionsOutcome set_duration(const char *name, const char *value, uint64_t *usec)
{
        if (!duration_parse(value, usec))
                return fail(
                        "--%s %s: give a number with its unit, as 500ms, 5s or 10m", name, value);
        return OPTIONS_RUN;
}

/* To stderr, as saslauthd does. */
static OptionsOutcome show_version(void)
{
        (void)fprintf(stderr, "saslwardd " PACKAGE_VERSION "\nauthentication mechanisms: %s\n",
                mechanism_names());
        return OPTIONS_SHOWN;
}

static OptionsOutcome show_help(void)
{
        (void)fprintf(stderr, HELP, mechanism_names());
        return OPTIONS_SHOWN;
}

static OptionsOutcome set_option(Config *config, int option)
{
        switch (option) {
        case 'a': return set_mechanism(config, optarg);
        case 'O': return set_string(&config->mech_option, optarg);
        case 'm': config->directory_given = true; return set_string(&config->directory, optarg);
        case 'n': return set_workers(config, optarg);
        case 's': return check_number(option, optarg);
        case 't': return set_cache_time(config, optarg);
        case 'c': config->cached = true; return OPTIONS_RUN;
        case 'l': return OPTIONS_RUN;
        case 'r': config->append_realm = true; return OPTIONS_RUN;
        case 'V': config->verbose = true; return OPTIONS_RUN;
        case 'f': config->foreground = true; return OPTIONS_RUN;
        case 'd': config->foreground = config->verbose = config->debug = true; return OPTIONS_RUN;
        case 'v': return show_version();
        case 'h': return show_help();
        case OPTION_DEADLINE: return set_duration("deadline", optarg, &config->deadline_usec);
        case OPTION_READ_DEADLINE:
                return set_duration("read-deadline", optarg, &config->read_deadline_usec);
        case OPTION_CONFIG: return set_string(&config->path, optarg);
        case OPTION_CHECK: config->check_only = true; return OPTIONS_RUN;
        case OPTION_PRINT: config->print_only = true; return OPTIONS_RUN;
        default: return fail("try: saslwardd -h"); /* getopt_long() has said what is wrong */
        }
}

/* saslauthd makes its directory, too, where only the last part is missing. Clients must get through
 * it, whatever umask we were started with. */
static int make_directory(const char *directory)
{
        if (mkdir(directory, 0755) < 0)
                return errno == EEXIST ? 0 : -errno;
        return chmod(directory, 0755) < 0 ? -errno : 0;
}

static OptionsOutcome resolve_directory(Config *config, const char *directory)
{
        int r = make_directory(directory);
        char *resolved;

        if (r < 0)
                return fail(
                        "cannot make the directory %s: %s; make it first, or give another with -m",
                        directory, strerror(-r));
        resolved = realpath(directory, NULL);
        if (!resolved)
                return fail("%s: %s", directory, strerror(errno));
        free(config->directory);
        config->directory = resolved;
        return OPTIONS_RUN;
}

/* A relative path means the directory we were started in; workers run elsewhere. */
static OptionsOutcome resolve_option(Config *config)
{
        _cleanup_(free_pointer) char *here = NULL;
        char *absolute;

        if (config->mech_option && config->mech_option[0] == '\0') {
                free(config->mech_option);
                config->mech_option = NULL; /* an empty -O "" is usual in settings files */
        }
        if (!config->mech_option || config->mech_option[0] == '/')
                return OPTIONS_RUN;
        here = getcwd(NULL, 0);
        if (!here || asprintf(&absolute, "%s/%s", here, config->mech_option) < 0)
                return fail("out of memory");
        free(config->mech_option);
        config->mech_option = absolute;
        return OPTIONS_RUN;
}

static OptionsOutcome complete_drop_in(Config *config)
{
        OptionsOutcome outcome;

        if (!config->cached)
                config->cache_usec = 0;
        else if (config->cache_usec == 0)
                config->cache_usec = CACHE_TIME_DEFAULT;
        if (config->path || config->check_only || config->print_only)
                return fail("-a stands for a configuration: it goes with none of --config, --check "
                            "and --print");
        outcome = resolve_directory(config, config->directory ? config->directory : RUN_DIRECTORY);
        if (outcome == OPTIONS_RUN)
                outcome = resolve_option(config);
        if (outcome == OPTIONS_RUN && drop_in_build(config) < 0)
                outcome = fail("out of memory");
        if (outcome == OPTIONS_RUN)
                config_file_check_backends(config);
        return outcome;
}

/* Where saslauthd.pid is: -m, or beside the first socket. The socket that is there without a
 * "listen" is in it. */
static OptionsOutcome complete_directory(Config *config)
{
        ListenConfig *listen = &config->listens[0];
        _cleanup_(free_pointer) char *socket = strdup(listen->path);
        OptionsOutcome outcome;

        if (!socket)
                return fail("out of memory");
        outcome =
                resolve_directory(config, config->directory ? config->directory : dirname(socket));
        if (outcome != OPTIONS_RUN || listen->place.line > 0)
                return outcome;
        free(listen->path);
        if (asprintf(&listen->path, "%s/mux", config->directory) < 0) {
                listen->path = NULL;
                return fail("out of memory");
        }
        return OPTIONS_RUN;
}

static OptionsOutcome print(const Config *config)
{
        config_print(config, stdout);
        if (fflush(stdout) != 0 || ferror(stdout))
                return fail("cannot print: %s", strerror(errno));
        return OPTIONS_SHOWN;
}

static OptionsOutcome complete_file(Config *config)
{
        if (config->mech_option || config->workers > 0 || config->jobs_limit > 0 ||
                config->append_realm || config->deadline_usec > 0 || config->cached ||
                config->cache_usec > 0)
                return fail(
                        "-O, -n, -r, -c, -t and --deadline go with -a MECHANISM; without it, the "
                        "configuration says it");
        if (!config->path && access(CONFIG_FILE, F_OK) < 0)
                return fail("there is no " CONFIG_FILE
                            "; write it, or name another with --config, or give -a MECHANISM; "
                            "there are: %s",
                        mechanism_names());
        if (!config->path && set_string(&config->path, CONFIG_FILE) != OPTIONS_RUN)
                return OPTIONS_FAILED;
        if (config_file_read(config, config->directory ? config->directory : RUN_DIRECTORY) < 0)
                return OPTIONS_FAILED;
        if (config->print_only)
                return print(config);
        return config->check_only ? OPTIONS_SHOWN : complete_directory(config);
}

OptionsOutcome options_parse(int argc, char **argv, Config *config)
{
        int option;

        while ((option = getopt_long(argc, argv, "a:cdfhlm:n:O:rs:t:vV", long_options, NULL)) !=
                -1) {
                OptionsOutcome outcome = set_option(config, option);

                if (outcome != OPTIONS_RUN)
                        return outcome;
        }
        if (optind < argc)
                return fail("%s: an argument too many; try: saslwardd -h", argv[optind]);
        return config->drop_in ? complete_drop_in(config) : complete_file(config);
}
