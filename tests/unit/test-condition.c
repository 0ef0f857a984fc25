/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/condition.h"

#include "rules.h"

#define ITEMS_MAX 4
#define UUID      "0123456789abcdef0123456789abcdef"
#define OTHER     "fedcba9876543210fedcba9876543210"

typedef struct Row {
        const char *name;
        Item items[ITEMS_MAX];
        size_t count;
        Facts facts;
        Tri value;
        unsigned lookups;
} Row;

#define F TRI_FALSE
#define U TRI_UNDECIDED
#define T TRI_TRUE

#define KNOWN(vm_name, vm_uuid) .vm = {VM_KNOWN, (vm_name), (vm_uuid)}
#define NONE                    .vm = {VM_NONE, NULL, NULL}
#define UNKNOWN                 .vm = {VM_UNDECIDED, NULL, NULL}
#define VMA                                                                                        \
        {                                                                                          \
                KNOWN("vmA", UUID)                                                                 \
        }
#define NAMELESS                                                                                   \
        {                                                                                          \
                KNOWN(NULL, UUID)                                                                  \
        }
#define UUIDLESS                                                                                   \
        {                                                                                          \
                KNOWN("vmA", NULL)                                                                 \
        }

static const Row vm_rows[] = {
        {"exact name", {EXACT("vmA")}, 1, VMA, T},
        {"other name", {EXACT("vmB")}, 1, VMA, F},
        {"case counts", {EXACT("VMA")}, 1, VMA, F},
        {"exact name not told", {EXACT("vmA")}, 1, NAMELESS, U},
        {"exact name, no VM", {EXACT("vmA")}, 1, {NONE}, F},
        {"exact name, undecided", {EXACT("vmA")}, 1, {UNKNOWN}, U},
        {"exact name, undecided with a name", {EXACT("vmA")}, 1,
                {.vm = {VM_UNDECIDED, "vmA", UUID}}, U},
        {"not this one", {NOT_EXACT("vmA")}, 1, VMA, F},
        {"not another", {NOT_EXACT("vmB")}, 1, VMA, T},
        {"not this one, not told", {NOT_EXACT("vmA")}, 1, NAMELESS, U},
        {"not this one, no VM", {NOT_EXACT("vmA")}, 1, {NONE}, T},
        {"not this one, undecided", {NOT_EXACT("vmA")}, 1, {UNKNOWN}, U},
        {"a glob", {GLOB("vm*")}, 1, VMA, T},
        {"another glob", {GLOB("win*")}, 1, VMA, F},
        {"a glob, not told", {GLOB("*")}, 1, NAMELESS, U},
        {"a glob, no VM", {GLOB("*")}, 1, {NONE}, F},
        {"a glob, undecided", {GLOB("*")}, 1, {UNKNOWN}, U},
        {"a star in quotes", {QUOTED("vm*")}, 1, VMA, F},
        {"a star in quotes is a star", {QUOTED("vm*")}, 1, {KNOWN("vm*", NULL)}, T},
        {"any", {ANY_VM}, 1, VMA, T},
        {"any, only its UUID told", {ANY_VM}, 1, NAMELESS, T},
        {"any, no VM", {ANY_VM}, 1, {NONE}, F},
        {"any, undecided", {ANY_VM}, 1, {UNKNOWN}, U},
        {"not any, no VM", {NOT_ANY_VM}, 1, {NONE}, T},
        {"not any, undecided", {NOT_ANY_VM}, 1, {UNKNOWN}, U},
        {"none", {NO_VM}, 1, {NONE}, T},
        {"none, a VM", {NO_VM}, 1, VMA, F},
        {"none, only its UUID told", {NO_VM}, 1, NAMELESS, F},
        {"none, undecided", {NO_VM}, 1, {UNKNOWN}, U},
        {"UUID", {VM_UUID(UUID)}, 1, NAMELESS, T},
        {"other UUID", {VM_UUID(OTHER)}, 1, VMA, F},
        {"UUID not told", {VM_UUID(UUID)}, 1, UUIDLESS, U},
        {"UUID, no VM", {VM_UUID(UUID)}, 1, {NONE}, F},
        {"UUID, undecided", {VM_UUID(UUID)}, 1, {UNKNOWN}, U},
        {"UUID, undecided with one", {VM_UUID(UUID)}, 1, {.vm = {VM_UNDECIDED, NULL, UUID}}, U},
        {"any or none, undecided", {ANY_VM, NO_VM}, 2, {UNKNOWN}, U},
        {"name or UUID, the one not told", {EXACT("vmA"), VM_UUID(UUID)}, 2, NAMELESS, T},
        {"name or UUID, neither", {EXACT("vmA"), VM_UUID(OTHER)}, 2, NAMELESS, U},
        {"any but one", {ANY_VM, NOT_EXACT("vmA")}, 2, VMA, F},
        {"any but another", {ANY_VM, NOT_EXACT("vmB")}, 2, VMA, T},
        {"any but one, not told", {ANY_VM, NOT_EXACT("vmB")}, 2, NAMELESS, U},
        {"its own name", {TOKENS("%v")}, 1, VMA, T},
        {"nothing in the list", {{0}}, 0, VMA, F},
};

static const ItemList people = {(Item[]){EXACT("alice"), EXACT("bob")}, 2};
static const ItemList but_eve = {(Item[]){GLOB("*"), NOT_EXACT("eve")}, 2};
static const ItemList consoles = {(Item[]){TOKENS("console-%v")}, 1};
static const ItemList nobody = {NULL, 0};

#define LOGIN(text) .login = LIT(text)
#define ALICE                                                                                      \
        {                                                                                          \
                LOGIN("alice"), .realm = LIT("vmA"), KNOWN("vmA", UUID)                            \
        }
#define AT(user, at_realm)                                                                         \
        {                                                                                          \
                LOGIN(user), .realm = LIT(at_realm), KNOWN("vmA", UUID)                            \
        }

static const Row user_rows[] = {
        {"login", {EXACT("alice")}, 1, ALICE, T},
        {"login, whatever the realm", {EXACT("alice")}, 1, AT("alice", "vmB"), T},
        {"another login", {EXACT("alice")}, 1, AT("alice2", "vmA"), F},
        {"case counts", {EXACT("alice")}, 1, AT("Alice", "vmA"), F},
        {"an empty login", {EXACT("")}, 1, AT("", "vmA"), T},
        {"NUL equals no text", {EXACT("alice")}, 1, AT("alice\0x", "vmA"), F},
        {"NUL and a glob", {GLOB("alice*")}, 1, AT("alice\0x", "vmA"), U},
        {"login@realm", {EXACT("alice@vmA")}, 1, ALICE, T},
        {"login@another", {EXACT("alice@vmA")}, 1, AT("alice", "vmB"), F},
        {"login@ without realm", {EXACT("alice@vmA")}, 1, AT("alice", ""), F},
        {"login with @", {EXACT("alice@vmA")}, 1, AT("alice@vmA", ""), T},
        {"login with @, whatever the realm", {EXACT("alice@vmA")}, 1, AT("alice@vmA", "vmB"), T},
        {"no word with @ sees the login alone", {EXACT("alice")}, 1, AT("alice@vmA", ""), F},
        {"a word ending in @", {EXACT("alice@")}, 1, AT("alice", ""), T},
        {"@ of login and realm", {EXACT("a@b@c")}, 1, AT("a@b", "c"), T},
        {"a glob with @", {GLOB("*@vmA")}, 1, ALICE, T},
        {"a glob with @ on a login with @", {GLOB("*@vmA")}, 1, AT("eve@vmA", "vmB"), T},
        {"a glob without @", {GLOB("*vmA")}, 1, ALICE, F},
        {"a glob over / and leading dots", {GLOB("*")}, 1, AT(".a/b", ""), T},
        {"a glob with a set", {GLOB("[a-c]lice")}, 1, ALICE, T},
        {"a login without @ is not what a word with @ means", {GLOB("[a@]lice")}, 1, ALICE, F},
        {"a token", {TOKENS("console-%v")}, 1, AT("console-vmA", ""), T},
        {"a token of another VM", {TOKENS("console-%v")}, 1, AT("console-vmB", ""), F},
        {"a token and no VM", {TOKENS("%v")}, 1, {LOGIN("alice"), NONE}, F},
        {"no exclusion without a VM", {NOT_TOKENS("%v")}, 1, {LOGIN("alice"), NONE}, T},
        {"a token, undecided", {TOKENS("%v")}, 1, {LOGIN("alice"), UNKNOWN}, U},
        {"an exclusion, undecided", {NOT_TOKENS("%v")}, 1, {LOGIN("alice"), UNKNOWN}, U},
        {"a token whose value is not told", {TOKENS("%v")}, 1, {LOGIN("alice"), KNOWN(NULL, UUID)},
                U},
        {"a token whose UUID is not told", {TOKENS("%i")}, 1, {LOGIN("alice"), KNOWN("a", NULL)},
                U},
        {"a value with a star", {TOKENS("%v")}, 1, {LOGIN("alice"), KNOWN("*", NULL)}, F},
        {"a value with a star in a glob", {GLOB_TOKENS("%v*")}, 1,
                {LOGIN("alice"), KNOWN("*", NULL)}, F},
        {"a glob with a value", {GLOB_TOKENS("*-%v")}, 1, AT("x-vmA", ""), T},
        {"a value with @ is no realm", {TOKENS("%v")}, 1,
                {LOGIN("a"), .realm = LIT("b"), KNOWN("a@b", NULL)}, F},
        {"a value with @ and a login with @", {TOKENS("%v")}, 1, {LOGIN("a@b"), KNOWN("a@b", NULL)},
                T},
        {"the realm's token", {TOKENS("alice@%v")}, 1, ALICE, T},
        {"a percent sign", {TOKENS("a%%v")}, 1, AT("a%v", ""), T},
        {"a percent sign without tokens", {EXACT("a%v")}, 1, AT("a%v", ""), T},
        {"one of a list", {EXACT("bob"), EXACT("alice")}, 2, ALICE, T},
        {"none of a list", {EXACT("bob"), EXACT("dora")}, 2, ALICE, F},
        {"true wins over undecided", {TOKENS("%i"), EXACT("alice")}, 2, {LOGIN("alice"), UNKNOWN},
                T},
        {"undecided wins over false", {TOKENS("%i"), EXACT("bob")}, 2, {LOGIN("alice"), UNKNOWN},
                U},
        {"excluded", {GLOB("*"), NOT_EXACT("alice")}, 2, ALICE, F},
        {"excluded wins in any order", {NOT_EXACT("alice"), EXACT("alice")}, 2, ALICE, F},
        {"excluded wins over undecided", {TOKENS("%i"), NOT_EXACT("alice")}, 2,
                {LOGIN("alice"), UNKNOWN}, F},
        {"an undecided exclusion of what holds", {EXACT("alice"), NOT_TOKENS("%i")}, 2,
                {LOGIN("alice"), UNKNOWN}, U},
        {"an undecided exclusion of what fails", {EXACT("bob"), NOT_TOKENS("%i")}, 2,
                {LOGIN("alice"), UNKNOWN}, F},
        {"exclusions only", {NOT_EXACT("eve"), NOT_EXACT("bob")}, 2, ALICE, T},
        {"exclusions only, one holds", {NOT_EXACT("eve"), NOT_EXACT("alice")}, 2, ALICE, F},
        {"not a glob", {NOT_GLOB("al*")}, 1, ALICE, F},
        {"a group of the file", {FILE_GROUP(people)}, 1, ALICE, T},
        {"not in a group of the file", {FILE_GROUP(people)}, 1, AT("eve", ""), F},
        {"a group excluded", {NOT_FILE_GROUP(people)}, 1, ALICE, F},
        {"a group excluded, not in it", {NOT_FILE_GROUP(people)}, 1, AT("eve", ""), T},
        {"a group with exclusions", {FILE_GROUP(but_eve)}, 1, AT("eve", ""), F},
        {"a group with exclusions, not excluded", {FILE_GROUP(but_eve)}, 1, ALICE, T},
        {"a group with exclusions excluded", {NOT_FILE_GROUP(but_eve)}, 1, AT("eve", ""), T},
        {"an undecided group", {FILE_GROUP(consoles)}, 1, {LOGIN("alice"), UNKNOWN}, U},
        {"an undecided group excluded", {NOT_FILE_GROUP(consoles)}, 1, {LOGIN("alice"), UNKNOWN},
                U},
        {"a group of nobody", {FILE_GROUP(nobody)}, 1, ALICE, F},
        {"not a group of nobody", {NOT_FILE_GROUP(nobody)}, 1, ALICE, T},
        {"a system group", {NSS("in-kvm")}, 1, ALICE, T, 1},
        {"not in a system group", {NSS("out-kvm")}, 1, ALICE, F, 1},
        {"a system group nobody can tell", {NSS("kvm")}, 1, ALICE, U, 1},
        {"a system group excluded", {NOT_NSS("in-kvm")}, 1, ALICE, F, 1},
        {"not in an excluded one", {NOT_NSS("out-kvm")}, 1, ALICE, T, 1},
        {"an excluded one nobody can tell", {NOT_NSS("kvm")}, 1, ALICE, U, 1},
        {"a system group by a token", {NSS_TOKENS("in-%v")}, 1, ALICE, T, 1},
        {"a system group by a token, no VM", {NSS_TOKENS("in-%v")}, 1, {LOGIN("a"), NONE}, F, 0},
        {"a system group by a token, undecided", {NSS_TOKENS("in-%v")}, 1, {LOGIN("a"), UNKNOWN}, U,
                0},
        {"named: no look-up", {NSS("in-kvm"), EXACT("alice")}, 2, ALICE, T, 0},
        {"not named: a look-up", {NSS("in-kvm"), EXACT("bob")}, 2, ALICE, T, 1},
        {"excluded by name: no look-up", {NSS("in-kvm"), NOT_EXACT("alice")}, 2, ALICE, F, 0},
        {"named, and a group excluded", {EXACT("alice"), NOT_NSS("in-kvm")}, 2, ALICE, F, 1},
        {"not named: the exclusion is not looked up", {EXACT("bob"), NOT_NSS("in-kvm")}, 2, ALICE,
                F, 0},
        {"the first group that holds ends it", {NSS("in-a"), NSS("in-b")}, 2, ALICE, T, 1},
        {"one nobody can tell does not", {NSS("a"), NSS("in-b")}, 2, ALICE, T, 2},
        {"in one, out of another", {NSS("in-a"), NOT_NSS("out-b")}, 2, ALICE, T, 2},
        {"out of one: the other is not looked up", {NSS("out-a"), NOT_NSS("in-b")}, 2, ALICE, F, 1},
        {"undecided in, excluded", {NSS("a"), NOT_NSS("in-b")}, 2, ALICE, F, 2},
};

static const Row service_rows[] = {
        {"service", {EXACT("spice"), EXACT("vnc")}, 2, {.service = LIT("vnc")}, T},
        {"another service", {EXACT("spice"), EXACT("vnc")}, 2, {.service = LIT("imap")}, F},
        {"service with a NUL", {EXACT("spice")}, 1, {.service = LIT("spice\0")}, F},
        {"an empty service", {QUOTED("")}, 1, {.now = 0}, T},
        {"a glob", {GLOB("s*")}, 1, {.service = LIT("spice")}, T},
};

static const Row realm_rows[] = {
        {"realm", {EXACT("example")}, 1, {.realm = LIT("example")}, T},
        {"no realm", {QUOTED("")}, 1, {.now = 0}, T},
        {"not no realm", {QUOTED("")}, 1, {.realm = LIT("a")}, F},
        {"the VM's name", {TOKENS("%v")}, 1, AT("alice", "vmA"), T},
        {"not the VM's name", {TOKENS("%v")}, 1, AT("alice", "vmB"), F},
        {"the VM's name, no VM", {TOKENS("%v")}, 1, {.realm = LIT("vmA"), NONE}, F},
        {"the VM's name, undecided", {TOKENS("%v")}, 1, {.realm = LIT("vmA"), UNKNOWN}, U},
        {"the VM's name, not told", {TOKENS("%v")}, 1, {.realm = LIT("vmA"), KNOWN(NULL, UUID)}, U},
};

static const Row socket_rows[] = {
        {"socket", {EXACT("postfix")}, 1, {.socket = "postfix"}, T},
        {"another socket", {EXACT("postfix")}, 1, {.socket = "mux"}, F},
        {"a socket without name", {GLOB("*")}, 1, {.now = 0}, F},
        {"not this socket, without name", {NOT_EXACT("postfix")}, 1, {.now = 0}, T},
};

static const Row until_rows[] = {
        {"the last second", {UNTIL(1000)}, 1, {.now = 999}, T},
        {"the day after", {UNTIL(1000)}, 1, {.now = 1000}, F},
};

#define FROM(text)                                                                                 \
        {                                                                                          \
                .client = LIT(text)                                                                \
        }

static const Row from_rows[] = {
        {"in the network", {NET8(10)}, 1, FROM("10.1.2.3;4"), T},
        {"in one of them", {NET8(10), NET8(11)}, 2, FROM("11.1.2.3;4"), T},
        {"in another", {NET8(10)}, 1, FROM("11.1.2.3;4"), F},
        {"not in it", {NOT_NET8(10)}, 1, FROM("11.1.2.3;4"), T},
        {"not sent", {NET8(10)}, 1, {.now = 0}, F},
        {"not sent, exclusions only", {NOT_NET8(10)}, 1, {.now = 0}, F},
        {"no address", {NET8(10)}, 1, FROM("localhost;4"), U},
        {"no address, exclusions only", {NOT_NET8(10)}, 1, FROM("localhost;4"), U},
};

#define PEER(user)                                                                                 \
        {                                                                                          \
                .uid_known = true, .uid = (user), .unit_known = true, .unit = "a@-.service"        \
        }

static const Row peer_rows[] = {
        {"uid", {UID(64055)}, 1, PEER(64055), T},
        {"another uid", {UID(64055)}, 1, PEER(0), F},
        {"uid not known", {UID(0)}, 1, {.now = 0}, U},
        {"not a uid, not known", {NOT_UID(0)}, 1, {.now = 0}, U},
        {"unit", {UNIT("a@*.service")}, 1, PEER(0), T},
        {"another unit", {UNIT("b.service")}, 1, PEER(0), F},
        {"unit not known", {UNIT("*")}, 1, {.now = 0}, U},
        {"not a unit, not known", {NOT_UNIT("*")}, 1, {.now = 0}, U},
        {"in no unit", {UNIT("*")}, 1, {.unit_known = true}, F},
        {"not a unit, in none", {NOT_UNIT("a*")}, 1, {.unit_known = true}, T},
        {"a quoted unit is no pattern", {QUOTED_UNIT("a@*")}, 1, PEER(0), F},
        {"a quoted unit", {QUOTED_UNIT("a@-.service")}, 1, PEER(0), T},
        {"uid or unit", {UID(1), UNIT("a*")}, 2, PEER(0), T},
        {"uid, else not known", {UID(1), UNIT("a*")}, 2, {.uid_known = true, .uid = 1}, T},
};

/* Items that no parser puts there. */
static const Row strange_rows[] = {
        {"a word in from=", {EXACT("alice")}, 1, FROM("10.1.2.3;4"), U},
};

static void check(const Row *row, ConditionKind kind)
{
        Condition condition = {kind, {(Item *)row->items, row->count}};
        unsigned lookups = 0;
        Facts facts = row->facts;

        facts.is_member = answer_membership;
        facts.userdata = &lookups;
        assert_int_equal(condition_match(&condition, &facts), row->value);
        assert_int_equal(lookups, row->lookups);
        if (row->lookups > 0)
                assert_true(condition_needs_lookup(&condition));
}

#define TEST(field, kind)                                                                          \
        static void test_##field(void **state)                                                     \
        {                                                                                          \
                check(*state, kind);                                                               \
        }

TEST(vm, CONDITION_VM)
TEST(user, CONDITION_USER)
TEST(service, CONDITION_SERVICE)
TEST(realm, CONDITION_REALM)
TEST(socket, CONDITION_SOCKET)
TEST(until, CONDITION_UNTIL)
TEST(from, CONDITION_FROM)
TEST(peer, CONDITION_PEER)

/* What does not fit is undecided, for a text as for an exclusion. */
static void test_too_long(void **state)
{
        static char word[4096], name[2048];
        Item items[] = {TOKENS("%v%v"), GLOB("*@*"), NOT_GLOB("*@*")};
        Condition condition = {CONDITION_USER, {items, 1}};
        Facts facts = {KNOWN(name, NULL)};

        (void)state;
        memset(word, 'a', sizeof(word) - 1);
        memset(name, 'a', 1023);
        facts.login = (Bytes){(const uint8_t *)word, 2046};
        assert_int_equal(condition_match(&condition, &facts), TRI_TRUE);
        name[1023] = 'a';
        facts.login.size = 2048;
        assert_int_equal(condition_match(&condition, &facts), TRI_UNDECIDED);
        condition.list.items = &items[1];
        assert_int_equal(condition_match(&condition, &facts), TRI_TRUE);
        facts.login.size = 2049;
        assert_int_equal(condition_match(&condition, &facts), TRI_UNDECIDED);
        condition.list.items = &items[2];
        assert_int_equal(condition_match(&condition, &facts), TRI_UNDECIDED);
}

static void test_names(void **state)
{
        (void)state;
        assert_string_equal(condition_name(CONDITION_SERVICE), "service");
        assert_string_equal(condition_name(CONDITION_USER), "user");
        for (ConditionKind kind = 0; kind < CONDITION_KINDS; kind++)
                assert_non_null(condition_name(kind));
}

static void test_deinit(void **state)
{
        ItemList list = {calloc(2, sizeof(Item)), 2};

        (void)state;
        assert_non_null(list.items);
        list.items[0].text = strdup("owned");
        item_list_deinit(&list);
        assert_null(list.items);
        assert_int_equal(list.count, 0);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_vm, ROWS(vm_rows));
        table_add_rows(&table, test_user, ROWS(user_rows));
        table_add_rows(&table, test_service, ROWS(service_rows));
        table_add_rows(&table, test_realm, ROWS(realm_rows));
        table_add_rows(&table, test_socket, ROWS(socket_rows));
        table_add_rows(&table, test_until, ROWS(until_rows));
        table_add_rows(&table, test_from, ROWS(from_rows));
        table_add_rows(&table, test_peer, ROWS(peer_rows));
        table_add_rows(&table, test_from, ROWS(strange_rows));
        table_add(&table, "too long", test_too_long, NULL);
        table_add(&table, "names", test_names, NULL);
        table_add(&table, "deinit", test_deinit, NULL);
        return table_run(&table, "condition");
}
