/* SPDX-License-Identifier: BSD-2-Clause */
#include "libvirt_state.h"

#include "backends/cgroup.h"
#include "backends/pid_file.h"
#include "backends/proc_file.h"
#include "backends/small_file.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#define DIRECTORY "/run/libvirt/qemu"
#define PID_SIZE  32

/* A search through the directory. */
typedef struct Search {
        DIR *directory;
        pid_t pid;     /* of whom we are asked about */
        Bytes machine; /* his machine cgroup */
        Finding *finding;
        Finding trouble; /* the last file that may be his and cannot be read */
} Search;

/* One of its files. */
typedef struct Candidate {
        const char *file;
        Bytes domain;
        pid_t pid;
        int fd;
} Candidate;

static void close_directory(DIR **directory)
{
        if (*directory)
                (void)closedir(*directory);
}

static bool is_same_process(const Search *search, const Candidate *candidate)
{
        return candidate->pid == search->pid;
}

/* A helper of the virtual machine, such as qemu-vnc. */
static bool is_same_machine(const Search *search, const Candidate *candidate)
{
        ProcCgroup theirs;

        return proc_file_cgroup(candidate->pid, &theirs) == 0 && !theirs.complaint &&
               theirs.cgroup.machine.size > 0 &&
               bytes_equal(theirs.cgroup.machine, search->machine);
}

static bool has_xml(const Search *search, const Candidate *candidate)
{
        char name[sizeof(((struct dirent *)NULL)->d_name) + 1];
        int length = snprintf(name, sizeof(name), "%.*s.xml", (int)candidate->domain.size,
                candidate->domain.data);

        return length < (int)sizeof(name) && small_file_is_roots(dirfd(search->directory), name);
}

/* The lock comes last: its holder is alive, so what was read about his PID before is about him.
 * Only who may write the file can lock it for writing; asked for a lock to read, the kernel does
 * not tell of other readers' (fcntl_getlk()). */
static void judge_lock(const Search *search, const Candidate *candidate)
{
        struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

        if (fcntl(candidate->fd, F_GETLK, &lock) < 0)
                finding_fail(search->finding, DIRECTORY "/%.100s: its lock: %s", candidate->file,
                        strerror(errno));
        else if (lock.l_type == F_UNLCK)
                return; /* stale */
        else if (lock.l_pid != candidate->pid)
                finding_fail(search->finding,
                        DIRECTORY "/%.100s: says PID %d, and is locked by PID %d", candidate->file,
                        (int)candidate->pid, (int)lock.l_pid);
        else if (search->finding->state == SIGHTING_NAMED)
                finding_fail(search->finding, DIRECTORY ": %.90s is here, and %.90s, too",
                        search->finding->name, candidate->file);
        else
                finding_name(search->finding, DIRECTORY, candidate->domain);
}

/* A file that is root's and has a document beside it; who may write the directory is root, too. */
static void judge(Search *search, const Candidate *candidate)
{
        if (!has_xml(search, candidate) || search->finding->state == SIGHTING_FAILED)
                return;
        judge_lock(search, candidate);
}

/* Reads the PID. Returns false where there is none; an empty file is one being made, and its
 * process does not run yet. */
static bool read_pid(Search *search, Candidate *candidate)
{
        char buffer[PID_SIZE];
        Bytes content = BYTES_EMPTY;
        int r = candidate->fd;

        if (r >= 0)
                r = small_file_read(candidate->fd, buffer, sizeof(buffer), &content);
        if (r < 0 && r != -ENOENT)
                finding_fail(&search->trouble, DIRECTORY "/%.150s: %s", candidate->file,
                        small_file_error(r));
        if (r < 0 || content.size == 0)
                return false;
        if (pid_file_parse(content, &candidate->pid))
                return true;
        finding_fail(&search->trouble, DIRECTORY "/%.150s: no PID in it", candidate->file);
        return false;
}

static void look_at(Search *search, const char *file,
        bool (*matches)(const Search *search, const Candidate *candidate))
{
        _cleanup_(close_fd) int fd = -1;
        Candidate candidate = {.file = file};

        if (!pid_file_domain(bytes_from_string(file), &candidate.domain))
                return;
        fd = candidate.fd = small_file_open(dirfd(search->directory), file, O_NOFOLLOW);
        if (read_pid(search, &candidate) && matches(search, &candidate))
                judge(search, &candidate);
}

static void look_at_all(
        Search *search, bool (*matches)(const Search *search, const Candidate *candidate))
{
        const struct dirent *entry;

        rewinddir(search->directory);
        while (errno = 0, (entry = readdir(search->directory)))
                look_at(search, entry->d_name, matches);
        if (errno != 0)
                finding_fail(&search->trouble, DIRECTORY ": %s", strerror(errno));
}

void libvirt_state_find(pid_t pid, Bytes machine, Finding *finding)
{
        _cleanup_(close_directory) DIR *directory = NULL;
        Search search = {.pid = pid, .machine = machine, .finding = finding};
        int fd = small_file_open_directory(DIRECTORY);

        if (fd == -ENOENT)
                return;
        search.directory = directory = fd >= 0 ? fdopendir(fd) : NULL;
        if (!directory) {
                finding_fail(finding, DIRECTORY ": %s", small_file_error(fd < 0 ? fd : -errno));
                return;
        }
        look_at_all(&search, is_same_process);
        if (finding->state == SIGHTING_SILENT && machine.size > 0)
                look_at_all(&search, is_same_machine);
        if (finding->state == SIGHTING_SILENT)
                *finding = search.trouble;
}
