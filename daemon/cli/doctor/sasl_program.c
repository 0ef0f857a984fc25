/* SPDX-License-Identifier: BSD-2-Clause */
#include "sasl_program.h"

#include "build-config.h"
#include "daemon/cli/doctor/as_user.h"
#include "daemon/cli/doctor/master_service.h"
#include "daemon/cli/doctor/served.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define POSTFIX_DIRECTORY "/etc/postfix"
#define IMAPD_CONF        "/etc/imapd.conf"

/* What distributions set libsasl2's CONFIGDIR to; the first file that can be opened counts
 * (lib/server.c, load_config). */
#define DEFAULT_DIRECTORIES "/etc/sasl2:/etc/sasl:/usr/lib/sasl2:/usr/lib64/sasl2"

#define CONSOLES "spice,vnc"

#define RESTART_VMS  "# then each VM anew: virsh shutdown VM; virsh start VM"
#define RESTART_QEMU "# then that QEMU anew"

static const struct {
        const char *title, *app, *services, *users, *restart;
} others[] = {
        {"slapd", "slapd", "ldap", "openldap,ldap", "systemctl restart slapd"},
        {"memcached", "memcached", "memcached", "memcache,memcached",
                "systemctl restart memcached"},
        {"libvirtd", "libvirt", "libvirt", "root", "systemctl restart libvirtd"},
        {"svnserve", "svn", "svn", "svn", "# then svnserve anew"},
};

static SaslProgram *add(SaslPrograms *programs, SaslProgram program)
{
        SaslProgram *grown = reallocarray(programs->programs, programs->count + 1, sizeof(program));

        if (!grown)
                output_no_memory();
        programs->programs = grown;
        grown[programs->count] = program;
        return &grown[programs->count++];
}

static void deinit(SaslProgram *program)
{
        free(program->app);
        free(program->user);
        free(program->root);
        free(program->directories);
        free(program->file);
        free(program->content);
}

char *sasl_program_place(const SaslProgram *program, const char *app, size_t index)
{
        Bytes rest = bytes_from_string(program->directories), directory = BYTES_EMPTY;

        do {
                if (rest.size == 0)
                        return NULL;
                directory = scan_part(&rest, ':');
        } while (index-- > 0);
        return output_format(
                "%.*s/%s.conf", (int)directory.size, (const char *)directory.data, app);
}

/* What is no file, as a pipe of somebody's, could be waited for. */
static void read_file(SaslProgram *program, char *path)
{
        struct stat status;

        program->file = path;
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
                program->content = host_file_read(path);
}

/* Its first file that is there. */
static void find_file(SaslProgram *program)
{
        char *path;

        for (size_t i = 0; (path = sasl_program_place(program, program->app, i)); i++) {
                if (access(path, F_OK) == 0) {
                        read_file(program, path);
                        return;
                }
                free(path);
        }
}

/* The first of a list of users that there is, for the caller, or NULL. */
static char *find_user(const char *names)
{
        Bytes rest = bytes_from_string(names), name;

        while (setting_word(&rest, &name)) {
                _cleanup_(free_pointer) char *text =
                        output_format("%.*s", (int)name.size, (const char *)name.data);
                AsUser user;

                if (as_user_find(text, &user))
                        return TAKE_PTR(text);
        }
        return NULL;
}

static char *default_directories(void)
{
        const char *variable = getenv("SASL_CONF_PATH");

        return output_format("%s", variable ? variable : DEFAULT_DIRECTORIES);
}

static bool asks_saslauthd(const SaslProgram *program)
{
        char value[SETTING_MAX];

        return sasl_program_setting(program, "pwcheck_method", value) &&
               strstr(value, "saslauthd") != NULL;
}

/* Whether one of the services is served, in the sense of one of served.h's functions. */
static bool is_served(const Config *config, const char *services,
        bool (*served)(const Config *config, const char *service))
{
        Bytes rest = bytes_from_string(services), service;
        char name[64];

        while (setting_word(&rest, &service))
                if (bytes_to_string(service, name, sizeof(name)) && served(config, name))
                        return true;
        return false;
}

static bool is_named(const Config *config, const char *services)
{
        return is_served(config, services, served_by_name);
}

static bool libvirt_switch(const char *key)
{
        char value[SETTING_MAX];

        return host_file_setting(LIBVIRT_QEMU_CONF, SETTING_LIBVIRT, key, value) &&
               strcmp(value, "1") == 0;
}

/* libvirt gives QEMU SASL_CONF_PATH for spice_sasl_dir and vnc_sasl_dir (qemu_command.c). */
static char *qemu_directories(void)
{
        char value[SETTING_MAX];

        if (host_file_setting(LIBVIRT_QEMU_CONF, SETTING_LIBVIRT, "spice_sasl_dir", value) ||
                host_file_setting(LIBVIRT_QEMU_CONF, SETTING_LIBVIRT, "vnc_sasl_dir", value))
                return output_format("%s", value);
        return default_directories();
}

static char *qemu_user(void)
{
        char value[SETTING_MAX];

        if (host_file_setting(LIBVIRT_QEMU_CONF, SETTING_LIBVIRT, "user", value))
                return find_user(value);
        return find_user("libvirt-qemu,qemu");
}

static SaslProgram describe_qemu(char *user, char *directories)
{
        SaslProgram program = {.title = "QEMU",
                .app = output_format("qemu"),
                .services = CONSOLES,
                .prefix = "",
                .restart = RESTART_QEMU,
                .mechanisms = "plain",
                .reads_as_user = true,
                .user = user,
                .directories = directories};

        find_file(&program);
        return program;
}

static void find_libvirts(SaslPrograms *programs)
{
        SaslProgram program = describe_qemu(qemu_user(), qemu_directories());

        program.restart = RESTART_VMS;
        program.is_libvirts = true;
        (void)add(programs, program);
}

static bool is_same(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_known(const SaslPrograms *programs, const SaslProgram *program)
{
        for (size_t i = 0; i < programs->count; i++) {
                const SaslProgram *other = &programs->programs[i];

                if (strcmp(other->title, program->title) == 0 &&
                        strcmp(other->app, program->app) == 0 &&
                        is_same(other->user, program->user) &&
                        is_same(other->root, program->root) &&
                        is_same(other->directories, program->directories))
                        return true;
        }
        return false;
}

/* Whether only root can change what is at that path, which is a real one. */
static bool is_roots(const char *path)
{
        _cleanup_(free_pointer) char *rest = output_format("%s", path);
        struct stat status;
        char *slash;

        do {
                if (stat(rest[0] ? rest : "/", &status) < 0 || status.st_uid != 0 ||
                        (status.st_mode & (S_IWGRP | S_IWOTH)))
                        return false;
                slash = strrchr(rest, '/');
                if (slash)
                        *slash = '\0';
        } while (slash);
        return true;
}

/* The real path of a directory that only root can change, owned, or NULL. */
static char *real_directory(Bytes directory)
{
        _cleanup_(free_pointer) char *path =
                output_format("%.*s", (int)directory.size, (const char *)directory.data);
        char *real = realpath(path, NULL);

        if (real && is_roots(real))
                return real;
        free(real);
        return NULL;
}

/* A process can call itself QEMU, and name any directory. */
static void take_directories(SaslProgram *program)
{
        Bytes rest = bytes_from_string(program->directories);
        char *directories = output_format("%s", "");

        while (rest.size > 0 && !program->is_foreign) {
                _cleanup_(free_pointer) char *before = directories;
                _cleanup_(free_pointer) char *real = real_directory(scan_part(&rest, ':'));

                program->is_foreign = !real;
                directories =
                        output_format("%s%s%s", before, before[0] ? ":" : "", real ? real : "");
        }
        if (program->is_foreign) {
                free(directories);
                return;
        }
        free(program->directories);
        free(program->file);
        free(program->content);
        program->directories = directories;
        program->file = program->content = NULL;
        find_file(program);
}

static void find_running(SaslPrograms *programs, const RunningQemu *qemu)
{
        SaslProgram program;

        if (!qemu->is_readable || !running_qemu_has_sasl(qemu))
                return;
        program = describe_qemu(qemu->user ? output_format("%s", qemu->user) : NULL,
                output_format("%s", qemu->directories ? qemu->directories : DEFAULT_DIRECTORIES));
        if (qemu->directories)
                take_directories(&program);
        if (is_known(programs, &program))
                deinit(&program);
        else
                (void)add(programs, program);
}

/* What a QEMU reads that is started by hand, unless it is told otherwise. That there is nothing to
 * read matters where a rule is about consoles. */
static void find_default(SaslPrograms *programs, const Config *config)
{
        SaslProgram program = describe_qemu(qemu_user(), default_directories());
        bool is_meant = is_served(config, CONSOLES, served_by_any) || asks_saslauthd(&program);
        bool is_missed = programs->count == 0 && is_served(config, CONSOLES, served_at_consoles);

        if (!is_known(programs, &program) && (program.file ? is_meant : is_missed))
                (void)add(programs, program);
        else
                deinit(&program);
}

static void find_qemu(SaslPrograms *programs, const Config *config, const RunningQemus *qemus)
{
        if (access(LIBVIRT_QEMU_CONF, F_OK) == 0 &&
                (libvirt_switch("spice_sasl") || libvirt_switch("vnc_sasl") ||
                        is_served(config, CONSOLES, served_at_consoles)))
                find_libvirts(programs);
        for (size_t i = 0; i < qemus->count; i++)
                find_running(programs, &qemus->qemus[i]);
        find_default(programs, config);
}

static bool postfix_setting(const char *key, char *value)
{
        return host_file_setting(POSTFIX_DIRECTORY "/main.cf", SETTING_POSTFIX, key, value);
}

static char *postfix_value(const char *key, const char *otherwise)
{
        char value[SETTING_MAX];

        return output_format("%s", postfix_setting(key, value) && value[0] ? value : otherwise);
}

/* Debian's Postfix looks beside main.cf first (its patch 50_sasl_config). */
static char *postfix_directories(void)
{
        char value[SETTING_MAX];
        _cleanup_(free_pointer) char *directories = default_directories();

        if (postfix_setting("cyrus_sasl_config_path", value) && value[0])
                return output_format("%s", value);
        return output_format(POSTFIX_DIRECTORY "/sasl:%s", directories);
}

/* A setting of an smtpd: its own in master.cf, else main.cf's, else Postfix's default. */
static char *smtpd_value(const MasterService *service, const char *key, const char *otherwise)
{
        char value[SETTING_MAX];

        return master_service_setting(service, key, value, sizeof(value))
                       ? output_format("%s", value)
                       : postfix_value(key, otherwise);
}

static bool smtpd_uses_sasl(const MasterService *service)
{
        _cleanup_(free_pointer) char *enabled =
                smtpd_value(service, "smtpd_sasl_auth_enable", "no");
        _cleanup_(free_pointer) char *type = smtpd_value(service, "smtpd_sasl_type", "cyrus");

        return strcasecmp(enabled, "yes") == 0 && strcmp(type, "cyrus") == 0;
}

static void find_smtpd(SaslPrograms *programs, const Config *config, const MasterService *service)
{
        SaslProgram program = {.title = "Postfix",
                .services = "smtp",
                .prefix = "",
                .restart = "systemctl restart postfix",
                .mechanisms = "plain login"};

        if (!smtpd_uses_sasl(service))
                return;
        program.app = smtpd_value(service, "smtpd_sasl_path", "smtpd");
        program.user = postfix_value("mail_owner", "postfix");
        program.directories = postfix_directories();
        if (service->is_confined)
                program.root = postfix_value("queue_directory", "/var/spool/postfix");
        find_file(&program);
        if (!is_known(programs, &program) &&
                (is_named(config, program.services) || asks_saslauthd(&program)))
                (void)add(programs, program);
        else
                deinit(&program);
}

static void find_postfix(SaslPrograms *programs, const Config *config)
{
        _cleanup_(free_pointer) char *content = host_file_read(POSTFIX_DIRECTORY "/master.cf");
        Bytes rest = bytes_from_string(content);
        MasterService service;

        while (master_service_next(&rest, &service))
                if (bytes_equal_string(service.command, "smtpd"))
                        find_smtpd(programs, config, &service);
}

static void find_cyrus(SaslPrograms *programs, const Config *config)
{
        SaslProgram program = {.title = "Cyrus IMAP",
                .services = "imap,pop,sieve",
                .prefix = "sasl_",
                .restart = "systemctl restart cyrus-imapd",
                .mechanisms = "plain login",
                .reads_as_user = true};

        if (access(IMAPD_CONF, F_OK) < 0)
                return;
        program.app = output_format("imapd");
        read_file(&program, output_format(IMAPD_CONF));
        if (is_named(config, program.services) || asks_saslauthd(&program))
                add(programs, program)->user = find_user("cyrus");
        else
                deinit(&program);
}

static void find_others(SaslPrograms *programs, const Config *config)
{
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
                SaslProgram program = {.title = others[i].title,
                        .app = output_format("%s", others[i].app),
                        .services = others[i].services,
                        .prefix = "",
                        .restart = others[i].restart,
                        .mechanisms = "plain",
                        .directories = default_directories()};

                find_file(&program);
                if (program.file &&
                        (is_named(config, program.services) || asks_saslauthd(&program)))
                        add(programs, program)->user = find_user(others[i].users);
                else
                        deinit(&program);
        }
}

void sasl_programs_init(SaslPrograms *programs, const Config *config, const RunningQemus *qemus)
{
        *programs = (SaslPrograms){};
        find_qemu(programs, config, qemus);
        find_postfix(programs, config);
        find_cyrus(programs, config);
        find_others(programs, config);
}

void sasl_programs_deinit(SaslPrograms *programs)
{
        for (size_t i = 0; i < programs->count; i++)
                deinit(&programs->programs[i]);
        free(programs->programs);
}

bool sasl_program_setting(const SaslProgram *program, const char *key, char *value)
{
        _cleanup_(free_pointer) char *whole = output_format("%s%s", program->prefix, key);

        value[0] = '\0';
        return program->content && setting_find(bytes_from_string(program->content), SETTING_SASL,
                                           whole, value, SETTING_MAX);
}

void sasl_program_mux(const SaslProgram *program, char *path)
{
        if (!sasl_program_setting(program, "saslauthd_path", path))
                (void)snprintf(path, SETTING_MAX, "%s/mux", RUN_DIRECTORY);
}

/* Whether what is added to its file begins a line. */
static bool ends_with_line(const SaslProgram *program)
{
        size_t length = program->content ? strlen(program->content) : 0;

        return length == 0 || program->content[length - 1] == '\n';
}

char *sasl_program_remedy(const SaslProgram *program, const char *key, const char *value)
{
        char before[SETTING_MAX];

        if (sasl_program_setting(program, key, before))
                return output_format("sed -i 's|^ *%s%s:.*|%s%s: %s|I' %s\n%s", program->prefix,
                        key, program->prefix, key, value, program->file, program->restart);
        return output_format("printf '%s%s%s: %s\\n' >>%s\n%s",
                ends_with_line(program) ? "" : "\\n", program->prefix, key, value, program->file,
                program->restart);
}
