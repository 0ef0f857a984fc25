/* SPDX-License-Identifier: BSD-2-Clause */
#include "adopted_config.h"

#include "daemon/duration.h"

#include <string.h>

/* What SASL programs call themselves. */
#define MAIL_SERVICES "smtp,imap,pop,sieve"
#define VM_SERVICES   "spice,vnc"

typedef struct Adoption {
        const SaslauthdInstance *instances;
        size_t count;
        bool several; /* ways of checking logins */
        FILE *out;
} Adoption;

static bool is_first_of_its_kind(const Adoption *adoption, size_t index)
{
        for (size_t i = 0; i < index; i++)
                if (saslauthd_instance_is_alike(
                            &adoption->instances[i], &adoption->instances[index]))
                        return false;
        return true;
}

static bool is_first_of_its_mechanism(const Adoption *adoption, size_t index)
{
        for (size_t i = 0; i < index; i++)
                if (adoption->instances[i].options.drop_in ==
                        adoption->instances[index].options.drop_in)
                        return false;
        return true;
}

/* The log then has [mech=...] as before. */
static void put_backend_name(const Adoption *adoption, size_t index)
{
        const SaslauthdInstance *instance = &adoption->instances[index];

        (void)fputs(instance->options.drop_in->name, adoption->out);
        if (!is_first_of_its_mechanism(adoption, index))
                (void)fprintf(adoption->out, "-%s", instance->name);
}

static void put_text(const char *text, FILE *out)
{
        (void)fputc('"', out);
        for (; *text; text++) {
                if (*text == '"' || *text == '\\')
                        (void)fputc('\\', out);
                (void)fputc(*text, out);
        }
        (void)fputc('"', out);
}

static void put_path(const char *path, FILE *out)
{
        if (strpbrk(path, "\"\\,#="))
                put_text(path, out);
        else
                (void)fputs(path, out);
}

static void put_duration(uint64_t usec, FILE *out)
{
        unsigned long long seconds = usec / USEC_PER_SEC;

        if (seconds % 3600 == 0)
                (void)fprintf(out, "%lluh", seconds / 3600);
        else if (seconds % 60 == 0)
                (void)fprintf(out, "%llum", seconds / 60);
        else
                (void)fprintf(out, "%llus", seconds);
}

static void put_head(const Adoption *adoption)
{
        (void)fputs("# Made by \"saslward adopt\": what saslauthd did with these settings.\n",
                adoption->out);
        for (size_t i = 0; i < adoption->count; i++)
                (void)fprintf(adoption->out, "#\n#   %s:\n#   %s\n", adoption->instances[i].path,
                        adoption->instances[i].command_line);
        (void)fputs("#\n# saslward.conf(5) tells what else can stand here. After a change:\n"
                    "# saslward check && systemctl reload saslwardd\n\n",
                adoption->out);
}

static void put_listens(const Adoption *adoption)
{
        for (size_t i = 0; i < adoption->count; i++) {
                (void)fputs("listen ", adoption->out);
                put_path(adoption->instances[i].socket, adoption->out);
                if (adoption->several)
                        (void)fprintf(adoption->out, " name=%s", adoption->instances[i].name);
                (void)fputc('\n', adoption->out);
        }
        (void)fputc('\n', adoption->out);
}

/* What -O meant to saslauthd: with others than ldap, nothing. */
static const char *ldap_config(const Config *options)
{
        return options->drop_in->reads_saslauthd_conf ? options->mech_option : NULL;
}

static void put_backend_comment(const Config *options, FILE *out)
{
        if (strcmp(options->drop_in->name, "pam") == 0)
                (void)fputs("# saslauthd asked PAM for whatever service a program named, \"su\"\n"
                            "# among them, where pam_rootok lets everybody in. Here only those in\n"
                            "# services= are asked for: add what else your programs call\n"
                            "# themselves; the log has it as [service=...].\n",
                        out);
        if (options->drop_in->reads_saslauthd_conf)
                (void)fputs("# The directory's settings stay in saslauthd.conf: see\n"
                            "# saslward-ldap(5).\n",
                        out);
        else if (options->mech_option)
                (void)fprintf(out, "# -O %s meant nothing to saslauthd -a %s: left out.\n",
                        options->mech_option, options->drop_in->name);
        if (options->verbose)
                (void)fputs("# -V: start saslwardd with -V to have good logins in the log, too.\n",
                        out);
        if (options->jobs_limit == 1)
                (void)fputs("# -n 0: each login has a process of its own.\n", out);
}

static void put_backend(const Adoption *adoption, size_t index)
{
        const Config *options = &adoption->instances[index].options;
        FILE *out = adoption->out;
        const char *config = ldap_config(options);
        bool is_pam = strcmp(options->drop_in->name, "pam") == 0;

        put_backend_comment(options, out);
        (void)fputs("backend ", out);
        put_backend_name(adoption, index);
        (void)fprintf(out, " %s", options->drop_in->name);
        if (config) {
                (void)fputs(" config=", out);
                put_path(config, out);
        }
        if (options->workers > 0 && options->workers != CONFIG_WORKERS_DEFAULT)
                (void)fprintf(out, " workers=%u", options->workers);
        if (options->jobs_limit > 0)
                (void)fprintf(out, " jobs=%u", options->jobs_limit);
        if (is_pam)
                (void)fputs(" \\\n        services=" ADOPTED_PAM_SERVICES, out);
        (void)fputs("\n\n", out);
}

static void put_rule(const Adoption *adoption, size_t index, const char *service, bool is_mail)
{
        const Config *options = &adoption->instances[index].options;
        FILE *out = adoption->out;
        const char *separator = " socket=";

        (void)fprintf(out, "permit service=%s", service);
        for (size_t i = index; adoption->several && i < adoption->count; i++) {
                if (!saslauthd_instance_is_alike(
                            &adoption->instances[index], &adoption->instances[i]))
                        continue;
                (void)fprintf(out, "%s%s", separator, adoption->instances[i].name);
                separator = ",";
        }
        (void)fputs(" with=", out);
        put_backend_name(adoption, index);
        if (options->append_realm)
                (void)fputs(" as=%u%R", out);
        if (options->cache_usec > 0) {
                (void)fputs(" cache=", out);
                put_duration(options->cache_usec, out);
        }
        (void)fputs(is_mail ? " unavailable=temporary\n" : "\n", out);
}

/* What is said once, of all rules. */
static void put_rules_comment(const Adoption *adoption)
{
        bool cached = false, appended = false;

        for (size_t i = 0; i < adoption->count; i++) {
                cached = cached || adoption->instances[i].options.cache_usec > 0;
                appended = appended || adoption->instances[i].options.append_realm;
        }
        if (cached)
                (void)fputs(
                        "# cache= is saslauthd's -c, 8 h without -t: a good login is not checked\n"
                        "# again for so long, and a password that was changed elsewhere, or an\n"
                        "# account that was locked, goes on to count. cache=10m spares a\n"
                        "# directory nearly as much; without it each login is checked. It counts\n"
                        "# for the process that asked, where saslauthd's counted for all: what\n"
                        "# one smtpd of Postfix has asked, the next one asks again.\n",
                        adoption->out);
        if (appended)
                (void)fputs("# as=%u%R is saslauthd's -r: the backend hears login@realm.\n",
                        adoption->out);
        if (cached || appended)
                (void)fputc('\n', adoption->out);
}

static void put_rules(
        const Adoption *adoption, const char *comment, const char *service, bool is_mail)
{
        (void)fputs(comment, adoption->out);
        for (size_t i = 0; i < adoption->count; i++)
                if (is_first_of_its_kind(adoption, i))
                        put_rule(adoption, i, service, is_mail);
}

void adopted_config_write(const SaslauthdInstance *instances, size_t count, FILE *out)
{
        Adoption adoption = {instances, count, .out = out};

        for (size_t i = 1; i < count; i++)
                adoption.several = adoption.several || is_first_of_its_kind(&adoption, i);
        put_head(&adoption);
        put_listens(&adoption);
        for (size_t i = 0; i < count; i++)
                if (is_first_of_its_kind(&adoption, i))
                        put_backend(&adoption, i);
        put_rules_comment(&adoption);
        put_rules(&adoption,
                "# Mail programs. If a password cannot be checked, they are told to try\n"
                "# later. saslauthd said that it was wrong, and phones asked for a new one.\n"
                "group mail_services " MAIL_SERVICES "\n",
                "@mail_services", true);
        put_rules(&adoption,
                "\n# Consoles of virtual machines. As with saslauthd, everybody who has a\n"
                "# password gets in at each of them; vm= says who at which: saslward-vm(7).\n",
                VM_SERVICES, false);
        put_rules(&adoption, "\n# All other programs.\n", "!@mail_services,!spice,!vnc", false);
}
