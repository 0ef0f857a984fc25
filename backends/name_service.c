/* SPDX-License-Identifier: BSD-2-Clause */
#include "name_service.h"

#include "backends/name_switch.h"
#include "backends/small_file.h"
#include "proto/cleanup.h"

#include <dlfcn.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SWITCH_PATH  "/etc/nsswitch.conf"
#define SWITCH_MAX   65536u
#define ENTRY_MAX    65536u
#define GROUPS_FIRST 64
#define NO_LIMIT     (-1L)       /* of groups */
#define NO_GID       ((gid_t)-1) /* of the user: modules leave out the one that they are told */
#define SSSD_SOCKET  "/var/lib/sss/pipes/nss"

/* The functions of a module, as glibc calls them (nss/nss_files/files-pwd.c, files-initgroups.c).
 */
typedef enum nss_status (*GetUser)(
        const char *name, struct passwd *user, char *buffer, size_t size, int *error);
typedef enum nss_status (*GetGroup)(
        const char *name, struct group *group, char *buffer, size_t size, int *error);
typedef enum nss_status (*GetGroups)(const char *user, gid_t primary, long *start, long *size,
        gid_t **groups, long limit, int *error);

/* What is asked, and where the reason goes why it cannot be told. */
typedef struct Question {
        const NameService *service;
        void *module;
        const char *login;
        bool is_known;
        const struct group *group;
        char *text;
} Question;

static bool fail(const Question *question, const char *why)
{
        (void)snprintf(question->text, MEMBERSHIP_TEXT_MAX + 1, "service %s: %s",
                question->service->name, why);
        return false;
}

static bool says_otherwise(const Question *question)
{
        return fail(question, "it knows more than could be looked up");
}

static void module_close(void **module)
{
        if (*module)
                (void)dlclose(*module);
}

/* It stays loaded: libc has it, too, and modules keep connections and threads. */
static void *module_open(const NameService *service)
{
        char file[NAME_SERVICE_MAX + 32];

        (void)snprintf(file, sizeof(file), "libnss_%s.so.2", service->name);
        return dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

static void *find(const Question *question, const char *function)
{
        char symbol[NAME_SERVICE_MAX + 64];

        (void)snprintf(symbol, sizeof(symbol), "_nss_%s_%s", question->service->name, function);
        return dlsym(question->module, symbol);
}

/* Whether it is an answer. An entry that is too long for our buffer is one, too. */
static bool is_answer(const Question *question, enum nss_status status, int error)
{
        if (status == NSS_STATUS_SUCCESS || status == NSS_STATUS_NOTFOUND ||
                (status == NSS_STATUS_TRYAGAIN && error == ERANGE))
                return true;
        return fail(question, status == NSS_STATUS_UNAVAIL ? "not available" : "no answer now");
}

/* A login that libc does not know, and the service now does, came back with the service. */
static bool user_rules_out(const Question *question)
{
        _cleanup_(free_pointer) char *buffer = malloc(ENTRY_MAX);
        GetUser get_user = (GetUser)find(question, "getpwnam_r");
        struct passwd user;
        enum nss_status status;
        int error = 0;

        if (!buffer || !get_user)
                return fail(question, buffer ? "it knows no users" : "no memory");
        status = get_user(question->login, &user, buffer, ENTRY_MAX, &error);
        if (!is_answer(question, status, error))
                return false;
        return status == NSS_STATUS_NOTFOUND || question->is_known || says_otherwise(question);
}

/* For modules that cannot list a user's groups; libc reads through all groups of theirs then. */
static bool group_is_answered(const Question *question)
{
        _cleanup_(free_pointer) char *buffer = malloc(ENTRY_MAX);
        GetGroup get_group = (GetGroup)find(question, "getgrnam_r");
        struct group group;
        enum nss_status status;
        int error = 0;

        if (!buffer || !get_group)
                return fail(question, buffer ? "it knows no groups" : "no memory");
        status = get_group(question->group->gr_name, &group, buffer, ENTRY_MAX, &error);
        return is_answer(question, status, error);
}

static bool groups_rule_out(const Question *question)
{
        GetGroups get_groups = (GetGroups)find(question, "initgroups_dyn");
        _cleanup_(free_pointer) gid_t *groups = NULL;
        long count = 0, size = GROUPS_FIRST;
        enum nss_status status;
        int error = 0;

        if (!get_groups)
                return group_is_answered(question);
        groups = calloc(GROUPS_FIRST, sizeof(*groups));
        if (!groups)
                return fail(question, "no memory");
        status = get_groups(question->login, NO_GID, &count, &size, &groups, NO_LIMIT, &error);
        if (!is_answer(question, status, 0))
                return false;
        for (long i = 0; i < count; i++)
                if (groups[i] == question->group->gr_gid)
                        return says_otherwise(question);
        return true;
}

/* Distributions build sssd's module so that it says "not found" while sssd is not running
 * (--enable-sss-default-nss-plugin; sss_nss_make_request_timeout() in its common.c). So sssd itself
 * is tried, at the only place that any of them has it. */
static bool sssd_is_there(const Question *question)
{
        static const struct sockaddr_un address = {AF_UNIX, SSSD_SOCKET};
        _cleanup_(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (strcmp(question->service->name, "sss") != 0)
                return true;
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
                return true;
        return fail(question, "sssd is not running");
}

static bool service_rules_out(Question *question)
{
        _cleanup_(module_close) void *module = module_open(question->service);

        if (!module)
                return fail(question, "its module is missing");
        question->module = module;
        return (!question->service->users || user_rules_out(question)) &&
               (!question->service->groups || groups_rule_out(question)) && sssd_is_there(question);
}

/* A machine without the file has "files" alone. */
static bool read_switch(NameSwitch *name_switch, char *text)
{
        _cleanup_(free_pointer) char *buffer = malloc(SWITCH_MAX);
        Bytes content = BYTES_EMPTY;
        int r = buffer ? small_file_load(SWITCH_PATH, buffer, SWITCH_MAX, &content) : -ENOMEM;
        bool good = (r == 0 || r == -ENOENT) && name_switch_parse(content, name_switch);

        if (!good)
                (void)snprintf(text, MEMBERSHIP_TEXT_MAX + 1, SWITCH_PATH ": %s",
                        r < 0 ? strerror(-r) : "services that no module can have");
        return good;
}

bool name_services_rule_out(const char *login, bool is_known, const struct group *group, char *text)
{
        NameSwitch name_switch;

        if (!read_switch(&name_switch, text))
                return false;
        for (size_t i = 0; i < name_switch.count; i++) {
                Question question = {.service = &name_switch.services[i],
                        .login = login,
                        .is_known = is_known,
                        .group = group,
                        .text = text};

                if (!service_rules_out(&question))
                        return false;
        }
        return true;
}
