/* SPDX-License-Identifier: BSD-2-Clause */
#include "peer_reader.h"

#include "backends/libvirt_state.h"
#include "backends/machined_state.h"
#include "backends/proc_file.h"
#include "backends/qemu_arguments.h"
#include "backends/small_file.h"
#include "proto/scan.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define CMDLINE_SIZE (256u * 1024u)

static bool set_sources(PeerReader *reader, Bytes list)
{
        while (list.size > 0) {
                PeerSource source;

                if (!peer_source_find(scan_part(&list, ','), &source))
                        return false;
                reader->asks[source] = true;
        }
        return true;
}

static bool set_uids(PeerReader *reader, Bytes list)
{
        while (list.size > 0) {
                uint64_t uid;

                if (!scan_number(scan_part(&list, ','), &uid) || uid > UINT32_MAX ||
                        reader->uid_count == PEER_READER_UIDS_MAX)
                        return false;
                reader->cmdline_uids[reader->uid_count++] = (uint32_t)uid;
        }
        return true;
}

bool peer_reader_set(PeerReader *reader, const char *key, const char *value)
{
        if (strcmp(key, "sources") == 0)
                return set_sources(reader, bytes_from_string(value));
        return strcmp(key, "cmdline-uids") == 0 && set_uids(reader, bytes_from_string(value));
}

/* Forgets all that was seen. */
static void __attribute__((format(printf, 2, 3)))
set_unknown(PeerView *view, const char *format, ...)
{
        va_list arguments;

        *view = (PeerView){.place = PEER_PLACE_UNKNOWN};
        va_start(arguments, format);
        (void)vsnprintf(view->text, sizeof(view->text), format, arguments);
        va_end(arguments);
}

/* Whether the pidfd stands for the process in question. */
static bool is_about(const PeerQuestion *question, int pidfd, PeerView *view)
{
        int64_t pid;
        int r = proc_file_pidfd(pidfd, &pid);

        if (r < 0)
                set_unknown(view, "its pidfd: %s", strerror(-r));
        else if (pid < 0)
                set_unknown(view, "the process has ended");
        else if (pid != question->pid)
                set_unknown(
                        view, "its pidfd is of PID %lld, not %u", (long long)pid, question->pid);
        return r == 0 && pid == question->pid;
}

static void locate(pid_t pid, ProcCgroup *proc, PeerView *view)
{
        int r = proc_file_cgroup(pid, proc);

        if (r < 0 || proc->complaint) {
                set_unknown(view, "/proc/%d/cgroup: %s", (int)pid,
                        r < 0 ? strerror(-r) : proc->complaint);
                proc->cgroup = (Cgroup){};
                return;
        }
        view->place = proc->cgroup.place;
        (void)bytes_to_string(proc->cgroup.unit, view->unit, sizeof(view->unit));
}

static bool is_believed(const PeerReader *reader, uint32_t uid)
{
        for (size_t i = 0; i < reader->uid_count; i++)
                if (reader->cmdline_uids[i] == uid)
                        return true;
        return false;
}

/* A QEMU that does not say which is one all the same, and must not pass for none; nor must who does
 * not say what he is. */
static void read_arguments(pid_t pid, Finding *finding)
{
        static char buffer[CMDLINE_SIZE];
        QemuArguments arguments = {};
        Bytes cmdline;
        int r = proc_file_load(pid, "cmdline", buffer, sizeof(buffer), &cmdline);
        const char *complaint = r == 0 ? qemu_arguments_parse(cmdline, &arguments) : strerror(-r);

        if (!complaint && (cmdline.size == 0 || cmdline.data[0] == '\0'))
                complaint = "no program in it";
        if (!complaint && !arguments.is_qemu)
                return;
        if (!complaint && !arguments.name[0] && !arguments.uuid[0])
                complaint = "a QEMU with neither -name nor -uuid";
        if (complaint) {
                finding_fail(finding, "/proc/%d/cmdline: %s", (int)pid, complaint);
                return;
        }
        *finding = (Finding){.state = SIGHTING_NAMED};
        memcpy(finding->name, arguments.name, sizeof(finding->name));
        memcpy(finding->uuid, arguments.uuid, sizeof(finding->uuid));
}

static void ask_sources(const PeerReader *reader, const PeerQuestion *question,
        const Cgroup *cgroup, PeerView *view)
{
        pid_t pid = (pid_t)question->pid;
        Finding *findings = view->findings;

        if (reader->asks[PEER_SOURCE_LIBVIRT])
                libvirt_state_find(pid, cgroup->machine, &findings[PEER_SOURCE_LIBVIRT]);
        if (reader->asks[PEER_SOURCE_MACHINED] && cgroup->place == PEER_PLACE_MACHINE &&
                cgroup->unit.size > 0 &&
                machined_state_find(cgroup->unit, &findings[PEER_SOURCE_MACHINED]))
                view->place = PEER_PLACE_CONTAINER;
        if (reader->asks[PEER_SOURCE_CMDLINE] && is_believed(reader, question->uid))
                read_arguments(pid, &findings[PEER_SOURCE_CMDLINE]);
}

static uint64_t age_ms(uint64_t start)
{
        uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
        struct timespec now;
        uint64_t now_ms, start_ms = start / ticks * 1000 + start % ticks * 1000 / ticks;

        (void)clock_gettime(CLOCK_BOOTTIME, &now);
        now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
        return now_ms > start_ms ? now_ms - start_ms : 0;
}

static bool has_ended(int pidfd)
{
        struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

        return poll(&poll_fd, 1, 0) != 0;
}

/* After the rest: a process that is leaving is back in the root of the v1 hierarchies before its
 * pidfd says so (kernel/cgroup/cgroup.c, proc_cgroup_show()), and one that has ended may have left
 * its PID to another. */
static void finish(pid_t pid, int pidfd, PeerView *view)
{
        ProcStat stat;
        int r = proc_file_stat(pid, &stat);

        if (has_ended(pidfd) || (r == 0 && stat.is_leaving))
                set_unknown(view, "the process has ended");
        else if (r == 0)
                view->age_ms = age_ms(stat.start);
        else
                set_unknown(view, "/proc/%d/stat: %s", (int)pid, strerror(-r));
}

void peer_reader_look(
        const PeerReader *reader, const PeerQuestion *question, int pidfd, PeerView *view)
{
        ProcCgroup proc;

        *view = (PeerView){};
        if (!is_about(question, pidfd, view))
                return;
        locate((pid_t)question->pid, &proc, view);
        ask_sources(reader, question, &proc.cgroup, view);
        finish((pid_t)question->pid, pidfd, view);
}

PeerReport peer_reader_report(const PeerView *view, uint64_t id)
{
        PeerReport report = {
                .id = id,
                .place = view->place,
                .unit = bytes_from_string(view->unit),
                .text = bytes_from_string(view->text),
                .age_ms = view->age_ms,
        };

        for (PeerSource source = 0; source < PEER_SOURCES; source++)
                report.sightings[source] = finding_sighting(&view->findings[source]);
        return report;
}
