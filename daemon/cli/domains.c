/* SPDX-License-Identifier: BSD-2-Clause */
#include "domains.h"

#include "backends/pid_file.h"
#include "daemon/cli/asking.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define DOCUMENT_MAX (1024u * 1024u)

static void close_directory(DIR **directory)
{
        if (*directory)
                (void)closedir(*directory);
}

/* Reads at most size - 1 bytes of a file in the directory, and ends them with a NUL. */
static bool load(int directory, const char *name, char *buffer, size_t size)
{
        _cleanup_(close_fd) int fd =
                openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        size_t used = 0;

        while (fd >= 0 && used < size - 1) {
                ssize_t got = read(fd, buffer + used, size - 1 - used);

                if (got <= 0)
                        break;
                used += (size_t)got;
        }
        buffer[used] = '\0';
        return used > 0;
}

/* libvirt writes name and uuid as the first elements of <domain> (virDomainDefFormatInternal). */
static char *read_uuid(int directory, const char *file)
{
        _cleanup_(free_pointer) char *document = malloc(DOCUMENT_MAX);
        char digits[33];
        char *start, *end;

        if (!document)
                output_no_memory();
        if (!load(directory, file, document, DOCUMENT_MAX))
                return NULL;
        start = strstr(document, "<domain ");
        start = start ? strstr(start, "<uuid>") : NULL;
        end = start ? strstr(start, "</uuid>") : NULL;
        if (!end)
                return NULL;
        *end = '\0';
        return asking_parse_uuid(start + strlen("<uuid>"), digits) ? output_format("%s", digits)
                                                                   : NULL;
}

/* QEMU locks its pid file while it lives; the file may stay behind. */
static bool is_running(int directory, const char *name)
{
        _cleanup_(free_pointer) char *file = output_format("%s.pid", name);
        _cleanup_(close_fd) int fd =
                openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
        char content[32];
        pid_t pid;

        return fd >= 0 && load(directory, file, content, sizeof(content)) &&
               pid_file_parse(bytes_from_string(content), &pid) && fcntl(fd, F_GETLK, &lock) == 0 &&
               lock.l_type != F_UNLCK && lock.l_pid == pid;
}

static void add(Domains *domains, int directory, const char *file, size_t length)
{
        Domain *grown = reallocarray(domains->domains, domains->count + 1, sizeof(Domain));
        Domain *domain;

        if (!grown)
                output_no_memory();
        domains->domains = grown;
        domain = &grown[domains->count++];
        *domain = (Domain){.name = output_format("%.*s", (int)length, file)};
        domain->uuid = read_uuid(directory, file);
        domain->running = is_running(directory, domain->name);
}

static int compare(const void *a, const void *b)
{
        return strcmp(((const Domain *)a)->name, ((const Domain *)b)->name);
}

void domains_init(Domains *domains, const char *path)
{
        _cleanup_(close_directory) DIR *directory = opendir(path);
        const struct dirent *entry;

        *domains = (Domains){};
        while (directory && (entry = readdir(directory))) {
                size_t length = strlen(entry->d_name);

                if (length > 4 && strcmp(entry->d_name + length - 4, ".xml") == 0)
                        add(domains, dirfd(directory), entry->d_name, length - 4);
        }
        if (domains->count > 0)
                qsort(domains->domains, domains->count, sizeof(Domain), compare);
}

void domains_deinit(Domains *domains)
{
        for (size_t i = 0; i < domains->count; i++) {
                free(domains->domains[i].name);
                free(domains->domains[i].uuid);
        }
        free(domains->domains);
}
