/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What deciding costs with few rules and with many, all of the form
 *
 *      permit service=spice vm=vmN user=userN
 *
 * or with vm=uuid:N, for VMs of which both name and UUID are known, and where it could not be told
 * which VM asks,
 *
 *      rules [FEW [MANY]]
 *
 * (10 and 100,000), beside what the kernel's part of a request costs: accept, read, write and close
 * on a unix socket, without the client's half, so that the ratio of whole requests can only be
 * better. Facts and rules are chosen at random, so that nothing stays in the processor's caches by
 * itself. Prints medians. Exits with 1 if a decision is wrong.
 */

#include "daemon/ruleset.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000.0
#define ROUNDS       15u
#define REQUESTS     20000u /* a round */
#define ACCEPTS      2000u  /* a round */
#define NAME_SIZE    16u
#define UUID_SIZE    33u
#define FACTS_MAX    4096u

static const char request[] = "\0\5alice\0\10password\0\5spice\0\0";

typedef struct RuleText {
        char vm[NAME_SIZE];
        char uuid[UUID_SIZE];
        char user[NAME_SIZE];
        Condition conditions[3];
        Item items[3];
} RuleText;

typedef struct Many {
        ItemKind by;
        size_t count;
        Rule *rules;
        RuleText *texts;
        Ruleset *ruleset;
        double build_msec;
        double bytes_a_rule; /* of the index */
} Many;

static void die(const char *what)
{
        (void)fprintf(stderr, "rules: %s: %s\n", what, strerror(errno));
        exit(1);
}

static double now(void)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        return (double)time.tv_sec * NSEC_PER_SEC + (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static double median(double values[static ROUNDS])
{
        qsort(values, ROUNDS, sizeof(*values), compare);
        return values[ROUNDS / 2];
}

static void set_condition(RuleText *text, size_t at, ConditionKind kind, ItemKind item, char *word)
{
        text->items[at] = (Item){.kind = item, .text = word};
        text->conditions[at] = (Condition){kind, {&text->items[at], 1}};
}

static void make_rule(Many *many, size_t at)
{
        static char spice[] = "spice";
        RuleText *text = &many->texts[at];

        (void)snprintf(text->vm, sizeof(text->vm), "vm%u", (unsigned)at);
        (void)snprintf(text->uuid, sizeof(text->uuid), "%032zx", at);
        (void)snprintf(text->user, sizeof(text->user), "user%u", (unsigned)at);
        set_condition(text, 0, CONDITION_SERVICE, ITEM_EXACT, spice);
        set_condition(
                text, 1, CONDITION_VM, many->by, many->by == ITEM_UUID ? text->uuid : text->vm);
        set_condition(text, 2, CONDITION_USER, ITEM_EXACT, text->user);
        many->rules[at] = (Rule){.number = (uint32_t)at + 1,
                .permit = true,
                .conditions = text->conditions,
                .condition_count = 3};
}

static size_t memory_used(void)
{
        struct mallinfo2 info = mallinfo2();

        return info.uordblks + info.hblkhd;
}

static Many make_many(ItemKind by, size_t count)
{
        Many many = {.by = by,
                .count = count,
                .rules = calloc(count, sizeof(*many.rules)),
                .texts = calloc(count, sizeof(*many.texts))};
        size_t before;
        double start;

        if (!many.rules || !many.texts)
                die("rules");
        for (size_t i = 0; i < count; i++)
                make_rule(&many, i);
        before = memory_used();
        start = now();
        many.ruleset = ruleset_new(many.rules, count);
        if (!many.ruleset)
                die("ruleset_new");
        many.build_msec = (now() - start) / 1e6;
        many.bytes_a_rule = (double)(memory_used() - before) / (double)count;
        return many;
}

/* Users of the VMs of some rules. The names are copies, as those of requests are. */
static void make_facts(const Many *many, RuleText *texts, Facts *facts)
{
        for (size_t i = 0; i < FACTS_MAX; i++) {
                texts[i] = many->texts[(size_t)random() % many->count];
                facts[i] = (Facts){.login = bytes_from_string(texts[i].user),
                        .service = bytes_from_string("spice"),
                        .vm = {VM_KNOWN, texts[i].vm, texts[i].uuid}};
        }
}

/* Nanoseconds a decision. */
static double time_decisions(const Many *many, bool identified)
{
        static RuleText texts[FACTS_MAX];
        static Facts facts[FACTS_MAX];
        double values[ROUNDS];

        make_facts(many, texts, facts);
        for (size_t i = 0; i < FACTS_MAX; i++)
                if (!identified)
                        facts[i].vm = (VmFact){VM_UNDECIDED, NULL, NULL};
        for (size_t round = 0; round < ROUNDS; round++) {
                double start = now();

                for (size_t i = 0; i < REQUESTS; i++)
                        if (!ruleset_decide(many->ruleset, &facts[i % FACTS_MAX]).rule) {
                                (void)fprintf(stderr, "rules: no rule where there is one\n");
                                exit(1);
                        }
                values[round] = (now() - start) / REQUESTS;
        }
        return median(values);
}

static int listen_somewhere(struct sockaddr_un *address)
{
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        *address = (struct sockaddr_un){.sun_family = AF_UNIX};
        (void)snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "saslward-bench-%ld",
                (long)getpid());
        if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof(*address)) < 0 ||
                listen(fd, 16) < 0)
                die("socket");
        return fd;
}

static int connect_and_ask(const struct sockaddr_un *address)
{
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
                write(fd, request, sizeof(request) - 1) < 0)
                die("connect");
        return fd;
}

static double time_accept(int listener, const struct sockaddr_un *address)
{
        char buffer[8192];
        int client = connect_and_ask(address), fd;
        double start = now();

        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 || read(fd, buffer, sizeof(buffer)) <= 0 || write(fd, "\0\2OK", 4) != 4)
                die("accept");
        (void)close(fd);
        start = now() - start;
        (void)close(client);
        return start;
}

/* Nanoseconds a request: the server's system calls alone. */
static double time_requests(void)
{
        struct sockaddr_un address;
        int listener = listen_somewhere(&address);
        double values[ROUNDS];

        for (size_t round = 0; round < ROUNDS; round++) {
                values[round] = 0;
                for (size_t i = 0; i < ACCEPTS; i++)
                        values[round] += time_accept(listener, &address) / ACCEPTS;
        }
        (void)close(listener);
        return median(values);
}

static void free_many(Many *many)
{
        (void)ruleset_free(many->ruleset);
        free(many->rules);
        free(many->texts);
}

static void measure(const char *what, ItemKind by, size_t count, double request_nsec, double *nsec)
{
        Many many = make_many(by, count);

        *nsec = time_decisions(&many, true);
        (void)printf("%zu rules by %s: a decision %.0f ns, %.0f ns if the VM could not be told; "
                     "index %.2f ms, %.0f bytes a rule\n",
                count, what, *nsec, time_decisions(&many, false), many.build_msec,
                many.bytes_a_rule);
        *nsec += request_nsec;
        free_many(&many);
}

int main(int argc, char **argv)
{
        size_t few = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
        size_t many = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
        double request_nsec = time_requests(), few_nsec, many_nsec, uuids_nsec;

        measure("name", ITEM_EXACT, few, request_nsec, &few_nsec);
        measure("name", ITEM_EXACT, many, request_nsec, &many_nsec);
        measure("UUID", ITEM_UUID, many, request_nsec, &uuids_nsec);
        (void)printf("accept, read, write, close: %.0f ns\n", request_nsec);
        (void)printf("ratio of a request: %.3f by name, %.3f by UUID\n", many_nsec / few_nsec,
                uuids_nsec / few_nsec);
        return 0;
}
