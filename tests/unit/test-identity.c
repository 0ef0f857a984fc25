/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/identity.h"

#include "table.h"

#include <locale.h>
#include <string.h>

#define UUID_A  "407c43312f36484b960d38b2a6d88363"
#define UUID_B  "507c43312f36484b960d38b2a6d88363"
#define SHOWN_A "407c4331-2f36-484b-960d-38b2a6d88363"
#define SHOWN_B "507c4331-2f36-484b-960d-38b2a6d88363"
#define SCOPE   "machine-qemu\\x2d1\\x2dvmA.scope"

/* What one source says. */
#define NAMED(n, u)                                                                                \
        {                                                                                          \
                SIGHTING_NAMED, (char *)(n), (char *)(u), NULL                                     \
        }
#define FAILED(t)                                                                                  \
        {                                                                                          \
                SIGHTING_FAILED, NULL, NULL, (char *)(t)                                           \
        }
#define SILENT                                                                                     \
        {                                                                                          \
                SIGHTING_SILENT, NULL, NULL, NULL                                                  \
        }

/* What is known of the process, without and with a unit or a text. */
#define IN(place, unit) true, true, PEER_PLACE_##place, (char *)(unit), NULL
#define UNKNOWN(text)   true, true, PEER_PLACE_UNKNOWN, NULL, (char *)(text)
#define YOUNG(place)    true, false, PEER_PLACE_##place, NULL, NULL
#define NOBODY(text)    false, false, PEER_PLACE_UNKNOWN, NULL, (char *)(text)
#define SAY(l, m, c)                                                                               \
        {                                                                                          \
                l, m, c                                                                            \
        }
#define NOTHING SAY(SILENT, SILENT, SILENT)
#define KNOWN(name, uuid)                                                                          \
        {                                                                                          \
                VM_KNOWN, name, uuid                                                               \
        }
#define NONE                                                                                       \
        {                                                                                          \
                VM_NONE, NULL, NULL                                                                \
        }
#define UNDECIDED                                                                                  \
        {                                                                                          \
                VM_UNDECIDED, NULL, NULL                                                           \
        }
#define TOO_YOUNG           "? the process is too young to be told from one before it"
#define NOBODY_KNOWS(scope) "? no source knows the machine " scope

typedef struct IdentityCase {
        const char *name;
        Evidence evidence;
        const char *socket_vm;
        IdentityRow row;
        VmFact vm;
        const char *text;
} IdentityCase;

static const IdentityCase rows[] = {
        /* One exact source, or several that agree. */
        {"libvirt", {IN(MACHINE, SCOPE), SAY(NAMED("vmA", NULL), SILENT, SILENT)}, NULL,
                IDENTITY_NAMED, KNOWN("vmA", NULL), "vmA by libvirt"},
        {"machined", {IN(MACHINE, SCOPE), SAY(SILENT, NAMED(NULL, UUID_A), SILENT)}, NULL,
                IDENTITY_NAMED, KNOWN(NULL, UUID_A), "uuid:" SHOWN_A " by machined"},
        {"command line", {IN(ORDINARY, "qemu.service"), SAY(SILENT, SILENT, NAMED("vmA", UUID_A))},
                NULL, IDENTITY_NAMED, KNOWN("vmA", UUID_A), "vmA uuid:" SHOWN_A " by cmdline"},
        {"socket", {IN(ORDINARY, "a.service"), NOTHING}, "vmA", IDENTITY_NAMED, KNOWN("vmA", NULL),
                "vmA by socket"},
        {"name from libvirt, UUID from machined",
                {IN(MACHINE, SCOPE), SAY(NAMED("web_1", NULL), NAMED(NULL, UUID_A), SILENT)}, NULL,
                IDENTITY_NAMED, KNOWN("web_1", UUID_A),
                "web_1 uuid:" SHOWN_A " by libvirt, machined"},
        {"all agree",
                {IN(MACHINE, SCOPE),
                        SAY(NAMED("vmA", NULL), NAMED(NULL, UUID_A), NAMED("vmA", UUID_A))},
                "vmA", IDENTITY_NAMED, KNOWN("vmA", UUID_A),
                "vmA uuid:" SHOWN_A " by libvirt, machined, cmdline, socket"},
        {"libvirt outside of any machine",
                {IN(ORDINARY, NULL), SAY(NAMED("vmA", NULL), SILENT, SILENT)}, NULL, IDENTITY_NAMED,
                KNOWN("vmA", NULL), "vmA by libvirt"},
        {"a machine that only its socket names", {IN(MACHINE, SCOPE), NOTHING}, "vmA",
                IDENTITY_NAMED, KNOWN("vmA", NULL), "vmA by socket"},

        /* They disagree. */
        {"names", {IN(MACHINE, SCOPE), SAY(NAMED("vmA", NULL), SILENT, NAMED("vmB", NULL))}, NULL,
                IDENTITY_DISAGREEMENT, UNDECIDED,
                "? the sources disagree: libvirt: vmA; cmdline: vmB;"},
        {"names in another case",
                {IN(MACHINE, SCOPE), SAY(NAMED("vmA", NULL), SILENT, NAMED("VMA", NULL))}, NULL,
                IDENTITY_DISAGREEMENT, UNDECIDED,
                "? the sources disagree: libvirt: vmA; cmdline: VMA;"},
        {"UUIDs, the name being the same",
                {IN(MACHINE, SCOPE),
                        SAY(NAMED("vmA", NULL), NAMED(NULL, UUID_A), NAMED("vmA", UUID_B))},
                NULL, IDENTITY_DISAGREEMENT, UNDECIDED,
                "? the sources disagree: libvirt: vmA; machined: - uuid:" SHOWN_A
                "; cmdline: vmA uuid:" SHOWN_B ";"},
        {"the socket's name", {IN(MACHINE, SCOPE), SAY(NAMED("vmA", NULL), SILENT, SILENT)}, "vmB",
                IDENTITY_DISAGREEMENT, UNDECIDED,
                "? the sources disagree: libvirt: vmA; socket: vmB"},

        /* Nobody vouches for a machine. */
        {"a machine", {IN(MACHINE, SCOPE), NOTHING}, NULL, IDENTITY_NOBODY_VOUCHES, UNDECIDED,
                NOBODY_KNOWS("machine-qemu\\x5cx2d1\\x5cx2dvmA.scope")},
        {"a machine without a unit", {IN(MACHINE, NULL), NOTHING}, NULL, IDENTITY_NOBODY_VOUCHES,
                UNDECIDED, NOBODY_KNOWS("of this process")},

        /* A source cannot be read. */
        {"a source fails", {IN(MACHINE, SCOPE), SAY(FAILED("closed"), SILENT, SILENT)}, NULL,
                IDENTITY_UNREADABLE, UNDECIDED, "? libvirt: closed"},
        {"one fails beside one that names",
                {IN(MACHINE, SCOPE), SAY(NAMED("vmA", NULL), FAILED("no UUID"), SILENT)}, NULL,
                IDENTITY_UNREADABLE, UNDECIDED, "? machined: no UUID"},
        {"one fails beside the socket", {IN(ORDINARY, NULL), SAY(FAILED("closed"), SILENT, SILENT)},
                "vmA", IDENTITY_UNREADABLE, UNDECIDED, "? libvirt: closed"},
        {"one fails where others disagree",
                {IN(MACHINE, SCOPE), SAY(FAILED("x"), NAMED(NULL, UUID_A), NAMED("vmA", UUID_B))},
                "vmB", IDENTITY_UNREADABLE, UNDECIDED, "? libvirt: x"},
        {"two fail, one without a word",
                {IN(ORDINARY, NULL), SAY(FAILED("[x]"), FAILED(NULL), SILENT)}, NULL,
                IDENTITY_UNREADABLE, UNDECIDED, "? libvirt: \\x5bx\\x5d; machined: ?"},

        /* It cannot be told which process asks, whatever is said of it. */
        {"another pid namespace", {NOBODY("the process is in another pid namespace"), NOTHING},
                "vmA", IDENTITY_NO_PROCESS, UNDECIDED, "? the process is in another pid namespace"},
        {"gone", {NOBODY(NULL), NOTHING}, NULL, IDENTITY_NO_PROCESS, UNDECIDED,
                "? the process is gone"},
        {"gone while it was looked at", {UNKNOWN("the process has ended"), NOTHING}, "vmA",
                IDENTITY_NO_PROCESS, UNDECIDED, "? the process has ended"},
        {"its cgroup cannot be read",
                {UNKNOWN("/proc/1/cgroup: [gone]"), SAY(NAMED("vmA", NULL), SILENT, SILENT)}, "vmA",
                IDENTITY_NO_PROCESS, UNDECIDED, "? /proc/1/cgroup: \\x5bgone\\x5d"},
        {"too young", {YOUNG(ORDINARY), NOTHING}, NULL, IDENTITY_UNCERTAIN, UNDECIDED, TOO_YOUNG},
        {"too young, and named",
                {YOUNG(MACHINE), SAY(NAMED("vmA", NULL), NAMED(NULL, UUID_A), SILENT)}, NULL,
                IDENTITY_UNCERTAIN, UNDECIDED, TOO_YOUNG},
        {"too young, and a source fails", {YOUNG(MACHINE), SAY(FAILED("x"), SILENT, SILENT)}, NULL,
                IDENTITY_UNCERTAIN, UNDECIDED, TOO_YOUNG},
        {"too young for a user's", {YOUNG(USER), NOTHING}, NULL, IDENTITY_UNCERTAIN, UNDECIDED,
                TOO_YOUNG},

        /* A VM's socket vouches for whoever reached it, young or old; the others' word may be of
         * another process then, and counts against him only. */
        {"too young, on a VM's socket", {YOUNG(ORDINARY), NOTHING}, "vmA", IDENTITY_NAMED,
                KNOWN("vmA", NULL), "vmA by socket"},
        {"too young, in a machine that only the socket names", {YOUNG(MACHINE), NOTHING}, "vmA",
                IDENTITY_NAMED, KNOWN("vmA", NULL), "vmA by socket"},
        {"too young, and the sources agree with the socket",
                {YOUNG(MACHINE), SAY(NAMED("vmA", NULL), NAMED(NULL, UUID_A), SILENT)}, "vmA",
                IDENTITY_NAMED, KNOWN("vmA", NULL), "vmA by socket"},
        {"too young, and a source says another VM than the socket",
                {YOUNG(MACHINE), SAY(NAMED("vmA", NULL), SILENT, SILENT)}, "vmB",
                IDENTITY_DISAGREEMENT, UNDECIDED,
                "? the sources disagree: libvirt: vmA; socket: vmB"},
        {"too young, on a VM's socket, and a source fails",
                {YOUNG(MACHINE), SAY(FAILED("x"), SILENT, SILENT)}, "vmA", IDENTITY_UNREADABLE,
                UNDECIDED, "? libvirt: x"},
        {"too young, a user's on a VM's socket",
                {YOUNG(USER), SAY(SILENT, SILENT, NAMED("vmA", NULL))}, "vmB", IDENTITY_NAMED,
                KNOWN("vmB", NULL), "vmB by socket"},

        /* No VM. */
        {"a service", {IN(ORDINARY, "postfix@-.service"), NOTHING}, NULL, IDENTITY_NO_VM, NONE,
                "none"},
        {"in no unit", {IN(ORDINARY, NULL), NOTHING}, NULL, IDENTITY_NO_VM, NONE, "none"},
        {"a container", {IN(CONTAINER, "machine-box.scope"), NOTHING}, NULL, IDENTITY_CONTAINER,
                NONE, "none"},
        {"a container that says otherwise",
                {IN(CONTAINER, SCOPE), SAY(SILENT, NAMED(NULL, UUID_A), NAMED("vmA", NULL))}, NULL,
                IDENTITY_CONTAINER, NONE, "none"},
        {"a container of which a source cannot tell",
                {IN(CONTAINER, SCOPE), SAY(FAILED("x"), SILENT, SILENT)}, NULL, IDENTITY_CONTAINER,
                NONE, "none"},
        {"a user's", {IN(USER, "user@1000.service"), NOTHING}, NULL, IDENTITY_USER, NONE, "none"},
        {"a user's that says otherwise",
                {IN(USER, "user@1000.service"), SAY(SILENT, SILENT, NAMED("vmA", UUID_A))}, NULL,
                IDENTITY_USER, NONE, "none"},

        /* Who is let to a VM's socket is that VM. */
        {"a container on a VM's socket",
                {IN(CONTAINER, SCOPE), SAY(SILENT, NAMED(NULL, UUID_A), SILENT)}, "vmB",
                IDENTITY_NAMED, KNOWN("vmB", NULL), "vmB by socket"},
        {"a user's on a VM's socket",
                {IN(USER, "user@1000.service"), SAY(SILENT, SILENT, NAMED("vmA", NULL))}, "vmB",
                IDENTITY_NAMED, KNOWN("vmB", NULL), "vmB by socket"},

        /* Nothing ends a field of the log. */
        {"an odd name", {IN(MACHINE, SCOPE), SAY(NAMED("a] [b\n", NULL), SILENT, SILENT)}, NULL,
                IDENTITY_NAMED, KNOWN("a] [b\n", NULL), "a\\x5d \\x5bb\\x0a by libvirt"},
        {"an odd name in a disagreement",
                {IN(MACHINE, SCOPE), SAY(NAMED("a]", NULL), SILENT, SILENT)}, "b]",
                IDENTITY_DISAGREEMENT, UNDECIDED,
                "? the sources disagree: libvirt: a\\x5d; socket: b\\x5d"},
};

static void assert_same(const char *is, const char *expected)
{
        if (expected)
                assert_string_equal(is ? is : "nothing", expected);
        else
                assert_null(is);
}

static void test_row(void **state)
{
        const IdentityCase *row = *state;
        Identity identity = identity_decide(&row->evidence, row->socket_vm);
        char text[1024];

        assert_int_equal(identity.row, row->row);
        assert_int_equal(identity.vm.state, row->vm.state);
        assert_same(identity.vm.name, row->vm.name);
        assert_same(identity.vm.uuid, row->vm.uuid);
        assert_string_equal(identity_format(&identity, text, sizeof(text)), row->text);
}

static bool is_whole_utf8(const char *text)
{
        size_t length = mbstowcs(NULL, text, 0);

        return length != (size_t)-1;
}

/* Whatever the room is, the text is a beginning of the whole one, ends with a NUL, and in no
 * character's middle. */
static void test_cut(void **state)
{
        Evidence evidence = {
                IN(MACHINE, SCOPE), SAY(NAMED("vm\xc3\xa9\xe2\x82\xac", UUID_A), SILENT, SILENT)};
        Identity identity = identity_decide(&evidence, NULL);
        char whole[256];
        size_t size = strlen(identity_format(&identity, whole, sizeof(whole))) + 1;

        (void)state;
        assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
        for (size_t room = 1; room <= size; room++) {
                char *text = malloc(room);

                assert_non_null(text);
                memset(text, 'x', room);
                assert_ptr_equal(identity_format(&identity, text, room), text);
                assert_non_null(memchr(text, '\0', room));
                assert_int_equal(strncmp(whole, text, strlen(text)), 0);
                assert_true(is_whole_utf8(text));
                assert_true(strlen(text) + 3 >= room - 1);
                free(text);
        }
}

/* The longest of everything fits where the log has room. */
static void test_long(void **state)
{
        char name[PEER_NAME_MAX + 1], other[PEER_NAME_MAX + 1], text[1024];
        Evidence evidence = {
                IN(MACHINE, SCOPE), SAY(NAMED(name, UUID_A), SILENT, NAMED(other, UUID_B))};
        Identity identity;

        (void)state;
        memset(name, ']', sizeof(name) - 1);
        memset(other, '[', sizeof(other) - 1);
        name[PEER_NAME_MAX] = other[PEER_NAME_MAX] = '\0';
        identity = identity_decide(&evidence, name);
        assert_int_equal(identity.row, IDENTITY_DISAGREEMENT);
        (void)identity_format(&identity, text, sizeof(text));
        assert_true(strlen(text) < sizeof(text));
        assert_null(strpbrk(text, "[]"));
}

/* A report as it comes from the worker. */
static void test_take(void **state)
{
        const PeerReport report = {
                .place = PEER_PLACE_MACHINE,
                .unit = LIT(SCOPE),
                .sightings = {{SIGHTING_NAMED, LIT("vmA"), LIT(""), LIT("")},
                        {SIGHTING_FAILED, LIT(""), LIT(""), LIT("closed")}},
        };
        Evidence evidence = {.exists = true, .certain = true};

        (void)state;
        assert_int_equal(evidence_take(&evidence, &report), 0);
        assert_true(evidence.exists && evidence.certain);
        assert_int_equal(evidence.place, PEER_PLACE_MACHINE);
        assert_string_equal(evidence.unit, SCOPE);
        assert_null(evidence.text);
        assert_string_equal(evidence.sightings[PEER_SOURCE_LIBVIRT].name, "vmA");
        assert_null(evidence.sightings[PEER_SOURCE_LIBVIRT].uuid);
        assert_string_equal(evidence.sightings[PEER_SOURCE_MACHINED].text, "closed");
        assert_int_equal(evidence.sightings[PEER_SOURCE_CMDLINE].state, SIGHTING_SILENT);
        evidence_deinit(&evidence);
        assert_false(evidence.exists);
        assert_null(evidence.unit);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_row, ROWS(rows));
        table_add(&table, "cut to any size", test_cut, NULL);
        table_add(&table, "longer than the room", test_long, NULL);
        table_add(&table, "taken from a report", test_take, NULL);
        return table_run(&table, "identity");
}
