/* SPDX-License-Identifier: BSD-2-Clause */
#include "sasl_program.h"

#include "build-config.h"
#include "daemon/cli/doctor/as_user.h"
#include "daemon/cli/doctor/served.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <stdio.h>
#include <unistd.h>

#define POSTFIX_DIRECTORY "/etc/postfix"
#define IMAPD_CONF        "/etc/imapd.conf"

/* What distributions set libsasl2's CONFIGDIR to; the first file that can be opened counts
 * (lib/server.c, load_config). */
#define DEFAULT_DIRECTORIES "/etc/sasl2:/etc/sasl:/usr/lib/sasl2:/usr/lib64/sasl2"

#define RESTART_QEMU "# then each VM anew: virsh shutdown VM; virsh start VM"

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

static void read_file(SaslProgram *program, char *path)
{
        program->file = path;
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

static bool is_named(const Config *config, const char *services)
{
        Bytes rest = bytes_from_string(services), service;
        char name[64];

        while (setting_word(&rest, &service))
                if (bytes_to_string(service, name, sizeof(name)) && served_by_name(config, name))
                        return true;
        return false;
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

static void find_qemu(SaslPrograms *programs, const Config *config)
{
        SaslProgram *program;

        if (!is_named(config, "spice,vnc") && !libvirt_switch("spice_sasl") &&
                !libvirt_switch("vnc_sasl"))
                return;
        program = add(programs, (SaslProgram){.title = "QEMU",
                                        .app = "qemu",
                                        .services = "spice,vnc",
                                        .prefix = "",
                                        .restart = RESTART_QEMU,
                                        .mechanisms = "plain",
                                        .reads_as_user = true,
                                        .user = qemu_user(),
                                        .directories = qemu_directories()});
        find_file(program);
}

/* Whether an smtpd of master.cf runs in the chroot: a "y" in its fifth column (master(5)). */
static bool postfix_is_confined(void)
{
        _cleanup_(free_pointer) char *content = host_file_read(POSTFIX_DIRECTORY "/master.cf");
        Bytes rest = bytes_from_string(content);

        while (rest.size > 0) {
                Bytes line = scan_part(&rest, '\n'), columns[8] = {};
                size_t count = 0;

                while (count < 8 && setting_word(&line, &columns[count]))
                        count++;
                if (count == 8 && bytes_equal_string(columns[7], "smtpd") &&
                        columns[0].data[0] != '#' && bytes_equal_string(columns[4], "y"))
                        return true;
        }
        return false;
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

static bool postfix_uses_sasl(void)
{
        char value[SETTING_MAX];

        return postfix_setting("smtpd_sasl_auth_enable", value) && strcmp(value, "yes") == 0 &&
               (!postfix_setting("smtpd_sasl_type", value) || strcmp(value, "cyrus") == 0);
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

static void find_postfix(SaslPrograms *programs, const Config *config)
{
        SaslProgram *program;

        if (!postfix_uses_sasl())
                return;
        program = add(programs, (SaslProgram){.title = "Postfix",
                                        .app = "smtpd",
                                        .services = "smtp",
                                        .prefix = "",
                                        .restart = "systemctl restart postfix",
                                        .mechanisms = "plain login",
                                        .user = postfix_value("mail_owner", "postfix"),
                                        .directories = postfix_directories()});
        if (postfix_is_confined())
                program->root = postfix_value("queue_directory", "/var/spool/postfix");
        find_file(program);
        if (!is_named(config, program->services) && !asks_saslauthd(program)) {
                deinit(program);
                programs->count--;
        }
}

static void find_cyrus(SaslPrograms *programs, const Config *config)
{
        SaslProgram program = {.title = "Cyrus IMAP",
                .app = "imapd",
                .services = "imap,pop,sieve",
                .prefix = "sasl_",
                .restart = "systemctl restart cyrus-imapd",
                .mechanisms = "plain login",
                .reads_as_user = true};

        if (access(IMAPD_CONF, F_OK) < 0)
                return;
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
                        .app = others[i].app,
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

void sasl_programs_init(SaslPrograms *programs, const Config *config)
{
        *programs = (SaslPrograms){};
        find_qemu(programs, config);
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
