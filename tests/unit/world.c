/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

const char *const world_services[WORLD_SERVICES] = {"spice", "imap"};
const char *const world_realms[WORLD_REALMS] = {"", "r"};
const char *const world_logins[WORLD_LOGINS] = {"ann", "bob", "ANN"};
const char *const world_passwords[WORLD_PASSWORDS] = {"one", "two", "three"};

static bool one_in(Random *random, size_t count)
{
        return random_below(random, count) == 0;
}

static unsigned some(Random *random, size_t count)
{
        return (unsigned)random_below(random, count);
}

/* The first password is the usual one, so that many logins are good. */
unsigned world_some_password(Random *random)
{
        return one_in(random, 3) ? some(random, WORLD_PASSWORDS) : 0;
}

static void generate_rule(WorldRule *rule, Random *random)
{
        static const unsigned times[] = {0, 3, 20, 100};

        *rule = (WorldRule){
                .permit = !one_in(random, 8),
                .service = one_in(random, 2) ? some(random, WORLD_SERVICES) : WORLD_SERVICES,
                .realm = one_in(random, 4) ? some(random, WORLD_REALMS) : WORLD_REALMS,
                .vm = one_in(random, 2) ? WORLD_VM_NOT_GIVEN : some(random, WORLD_VM_NOT_GIVEN),
                .user = some(random, WORLD_USER_GROUP + 1),
                .backends = {some(random, WORLD_BACKENDS)},
                .backend_count = 1 + some(random, 2),
                .next_if_unavailable = one_in(random, 3),
                .has_own_realm = one_in(random, 3),
                .cache = one_in(random, 2) ? 0 : times[random_below(random, 3)],
                .stale = times[random_below(random, 4)],
        };
        rule->backends[1] = 1 - rule->backends[0];
}

/* The last rule is for everybody whom no other has met. */
static void open_up(WorldRule *rule)
{
        rule->permit = true;
        rule->service = WORLD_SERVICES;
        rule->realm = WORLD_REALMS;
        rule->vm = WORLD_VM_NOT_GIVEN;
}

void world_generate(World *world, Random *random)
{
        *world = (World){.rule_count = 1 + random_below(random, WORLD_RULES_MAX)};
        for (size_t i = 0; i < world->rule_count; i++)
                generate_rule(&world->rules[i], random);
        open_up(&world->rules[world->rule_count - 1]);
        for (unsigned backend = 0; backend < WORLD_BACKENDS; backend++)
                for (unsigned account = 0; account < WORLD_ACCOUNTS; account++)
                        for (unsigned realm = 0; realm < WORLD_REALMS; realm++)
                                world->passwords[backend][account][realm] =
                                        one_in(random, 6) ? WORLD_PASSWORDS
                                                          : world_some_password(random);
        for (unsigned login = 0; login < WORLD_LOGINS; login++)
                world->is_member[login] = !one_in(random, 4);
}

static void print_rule(const WorldRule *rule, FILE *out)
{
        static const char *const vms[] = {" vm=vmA", " vm=vmB", " vm=any", " vm=none", ""};
        static const char *const users[] = {"", " user=ann", " user=!bob", " user=@kvm"};

        (void)fputs(rule->permit ? "permit" : "deny", out);
        if (rule->service < WORLD_SERVICES)
                (void)fprintf(out, " service=%s", world_services[rule->service]);
        if (rule->realm < WORLD_REALMS)
                (void)fprintf(out, " realm=\"%s\"", world_realms[rule->realm]);
        (void)fprintf(out, "%s%s", vms[rule->vm], users[rule->user]);
        if (rule->permit) {
                (void)fprintf(out, " with=b%u", rule->backends[0]);
                if (rule->backend_count > 1)
                        (void)fprintf(out, ",b%u", rule->backends[1]);
                (void)fprintf(out, " as-realm=%s",
                        rule->has_own_realm ? world_realms[WORLD_REALMS - 1] : "%r");
                if (rule->next_if_unavailable)
                        (void)fputs(" on-unavailable=next", out);
                if (rule->cache > 0)
                        (void)fprintf(out, " cache=%us", rule->cache);
                if (rule->stale > 0)
                        (void)fprintf(out, " stale=%us", rule->stale);
        }
        (void)fputc('\n', out);
}

void world_print(const World *world, char *out)
{
        FILE *stream = fmemopen(out, WORLD_TEXT_SIZE, "w");

        if (!stream)
                abort();
        (void)fputs("penalty none\nlisten /a vm=vmA\nlisten /b vm=vmB\nlisten /none\n"
                    "backend b0 sasldb path=/db\nbackend b1 shadow\n",
                stream);
        for (size_t i = 0; i < world->rule_count; i++)
                print_rule(&world->rules[i], stream);
        if (fclose(stream) != 0)
                abort();
}

unsigned world_account(unsigned login)
{
        return login % WORLD_ACCOUNTS;
}

static bool matches_vm(const WorldRule *rule, unsigned socket)
{
        switch (rule->vm) {
        case WORLD_VM_A: return socket == 0;
        case WORLD_VM_B: return socket == 1;
        case WORLD_VM_ANY: return socket != WORLD_NO_VM;
        case WORLD_VM_NONE: return socket == WORLD_NO_VM;
        default: return true;
        }
}

static Tri match_user(const World *world, const WorldRule *rule, unsigned name)
{
        switch (rule->user) {
        case WORLD_USER_FIRST: return name == 0 ? TRI_TRUE : TRI_FALSE;
        case WORLD_USER_NOT_SECOND: return name != 1 ? TRI_TRUE : TRI_FALSE;
        case WORLD_USER_GROUP:
                if (world->groups_away)
                        return TRI_UNDECIDED;
                return world->is_member[name] ? TRI_TRUE : TRI_FALSE;
        default: return TRI_TRUE;
        }
}

WorldDecision world_decide(const World *world, const WorldQuestion *question, unsigned name)
{
        for (size_t i = 0; i < world->rule_count; i++) {
                const WorldRule *rule = &world->rules[i];
                Tri value = match_user(world, rule, name);

                if ((rule->service < WORLD_SERVICES && rule->service != question->service) ||
                        (rule->realm < WORLD_REALMS && rule->realm != question->realm) ||
                        !matches_vm(rule, question->socket) || value == TRI_FALSE)
                        continue;
                return (WorldDecision){i, value, rule->user == WORLD_USER_GROUP};
        }
        return (WorldDecision){WORLD_NO_RULE, TRI_FALSE, false};
}

WorldQuestion world_hand_over(const WorldRule *rule, const WorldQuestion *question)
{
        WorldQuestion handed = *question;

        if (rule->has_own_realm)
                handed.realm = WORLD_REALMS - 1;
        return handed;
}

Result world_ask(const World *world, unsigned backend, const WorldQuestion *handed)
{
        unsigned account = world_account(handed->login);
        unsigned password = world->passwords[backend][account][handed->realm];

        if (world->away[backend])
                return RESULT_UNAVAILABLE;
        if (password == WORLD_PASSWORDS)
                return RESULT_UNKNOWN;
        if (world->denies[backend][account])
                return RESULT_DENIED;
        return password == handed->password ? RESULT_OK : RESULT_MISMATCH;
}

Result world_check(const World *world, const WorldRule *rule, const WorldQuestion *question,
        bool declined[WORLD_BACKENDS])
{
        const WorldQuestion handed = world_hand_over(rule, question);
        Result result = RESULT_UNAVAILABLE;

        for (size_t step = 0; step < rule->backend_count; step++) {
                result = world_ask(world, rule->backends[step], &handed);
                declined[step] = result == RESULT_MISMATCH || result == RESULT_UNKNOWN;
                if (!declined[step] && !(result == RESULT_UNAVAILABLE && rule->next_if_unavailable))
                        break;
        }
        return result;
}
