/* SPDX-License-Identifier: BSD-2-Clause */

/* Pid files, /proc/PID/stat, and /proc/self/fdinfo of a pidfd. */

#include "backends/proc_text.h"

#include "backends/pid_file.h"
#include "proto/cleanup.h"

#include "table.h"

typedef struct DomainRow {
        const char *name;
        const char *file;
        const char *domain; /* NULL = none */
} DomainRow;

static const DomainRow domain_rows[] = {
        {"domain: vmA", "vmA.pid", "vmA"},
        {"domain: web_1", "web_1.pid", "web_1"},
        {"domain: a blank and UTF-8", " vmé .pid", " vmé "},
        {"domain: hidden", ".dot.pid", ".dot"},
        {"domain: one ending alone is taken off", "x.pid.pid", "x.pid"},
        {"domain: begins like libvirtd's", "driver2.pid", "driver2"},
        {"domain: libvirtd's own", "driver.pid", NULL},
        {"domain: no name", ".pid", NULL},
        {"domain: the document", "vmA.xml", NULL},
        {"domain: another ending", "vmA.pid.new", NULL},
        {"domain: upper case", "vmA.PID", NULL},
        {"domain: nothing", "", NULL},
};

static void test_domain(void **state)
{
        const DomainRow *row = *state;
        Bytes domain;

        assert_int_equal(
                pid_file_domain(bytes_from_string(row->file), &domain), row->domain != NULL);
        if (row->domain)
                assert_bytes_equal(domain, bytes_from_string(row->domain));
}

typedef struct PidRow {
        const char *name;
        Bytes content;
        pid_t pid; /* 0 = none */
} PidRow;

static const PidRow pid_rows[] = {
        {"pid: as libvirt writes it", LIT("117"), 117},
        {"pid: as QEMU writes it", LIT("117\n"), 117},
        {"pid: 1", LIT("1"), 1},
        {"pid: the greatest", LIT("2147483647"), 2147483647},
        {"pid: too great", LIT("2147483648"), 0},
        {"pid: that wraps", LIT("4294967413"), 0},
        {"pid: that wraps twice", LIT("18446744073709551733"), 0},
        {"pid: 0", LIT("0"), 0},
        {"pid: a leading zero", LIT("0117"), 0},
        {"pid: negative", LIT("-117"), 0},
        {"pid: a blank in front", LIT(" 117"), 0},
        {"pid: a blank behind", LIT("117 "), 0},
        {"pid: two newlines", LIT("117\n\n"), 0},
        {"pid: two", LIT("117\n118\n"), 0},
        {"pid: a NUL behind", LIT("117\0"), 0},
        {"pid: a word", LIT("qemu"), 0},
        {"pid: a newline alone", LIT("\n"), 0},
        {"pid: nothing", LIT(""), 0},
};

static void test_pid(void **state)
{
        const PidRow *row = *state;
        _cleanup_(exact_free) Bytes content = exact_copy(row->content);
        pid_t pid = 0;

        assert_int_equal(pid_file_parse(content, &pid), row->pid != 0);
        assert_int_equal(pid, row->pid);
}

#define BEHIND "0 -1 4194304 100 0 0 0 1 2 3 4 20 0 1 0 "
#define LEAVES "0 -1 4194308 100 0 0 0 1 2 3 4 20 0 1 0 "

typedef struct StatRow {
        const char *name;
        Bytes content;
        bool good;
        uint64_t start;
        bool is_leaving;
} StatRow;

static const StatRow stat_rows[] = {
        {"stat: whole", LIT("117 (qemu) S 1 117 117 " BEHIND "4711 9 9 9\n"), true, 4711, false},
        {"stat: leaving", LIT("117 (qemu) S 1 117 117 " LEAVES "4711 9\n"), true, 4711, true},
        {"stat: nothing behind", LIT("117 (qemu) S 1 117 117 " BEHIND "4711\n"), true, 4711, false},
        {"stat: a name with parentheses", LIT("117 (a) S 1 (b) S 1 117 117 " BEHIND "4711 9\n"),
                true, 4711, false},
        {"stat: a name with a newline", LIT("117 (a\nb) S 1 117 117 " BEHIND "4711 9\n"), true,
                4711, false},
        {"stat: cut", LIT("117 (qemu) S 1 117 117 " BEHIND "4711"), false},
        {"stat: too few fields", LIT("117 (qemu) S 1 117 117 0 -1 0 100\n"), false},
        {"stat: start is no number", LIT("117 (qemu) S 1 117 117 " BEHIND "-4711 9\n"), false},
        {"stat: flags are no number", LIT("117 (q) S 1 1 1 0 -1 x 1 0 0 0 1 2 3 4 5 6 7 8 9 9\n"),
                false},
        {"stat: no name", LIT("117 qemu S 1 117 117 " BEHIND "4711 9\n"), false},
        {"stat: nothing behind the name", LIT("117 (qemu)\n"), false},
        {"stat: nothing", LIT(""), false},
};

static void test_stat(void **state)
{
        const StatRow *row = *state;
        _cleanup_(exact_free) Bytes content = exact_copy(row->content);
        ProcStat stat;

        assert_int_equal(proc_stat_parse(content, &stat), row->good);
        if (!row->good)
                return;
        assert_int_equal(stat.start, row->start);
        assert_int_equal(stat.is_leaving, row->is_leaving);
}

#define INFO "pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1067\n"

typedef struct PidfdRow {
        const char *name;
        Bytes content;
        bool good;
        int64_t pid;
} PidfdRow;

static const PidfdRow pidfd_rows[] = {
        {"pidfd: whole", LIT(INFO "Pid:\t4711\nNSpid:\t4711\n"), true, 4711},
        {"pidfd: has ended", LIT(INFO "Pid:\t-1\nNSpid:\t-1\n"), true, -1},
        {"pidfd: another namespace", LIT(INFO "Pid:\t0\n"), true, 0},
        {"pidfd: a socket", LIT(INFO), false, 0},
        {"pidfd: no number", LIT(INFO "Pid:\tx\n"), false, 0},
        {"pidfd: empty number", LIT(INFO "Pid:\t\n"), false, 0},
        {"pidfd: -2", LIT(INFO "Pid:\t-2\n"), false, 0},
        {"pidfd: too great", LIT(INFO "Pid:\t2147483648\n"), false, 0},
        {"pidfd: NSpid alone", LIT(INFO "NSpid:\t4711\n"), false, 0},
        {"pidfd: nothing", LIT(""), false, 0},
};

static void test_pidfd(void **state)
{
        const PidfdRow *row = *state;
        _cleanup_(exact_free) Bytes content = exact_copy(row->content);
        int64_t pid;

        assert_int_equal(proc_pidfd_parse(content, &pid), row->good);
        if (row->good)
                assert_int_equal(pid, row->pid);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_domain, ROWS(domain_rows));
        table_add_rows(&table, test_pid, ROWS(pid_rows));
        table_add_rows(&table, test_stat, ROWS(stat_rows));
        table_add_rows(&table, test_pidfd, ROWS(pidfd_rows));
        return table_run(&table, "proc-text");
}
