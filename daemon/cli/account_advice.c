/* SPDX-License-Identifier: BSD-2-Clause */
#include "account_advice.h"

#include "daemon/cli/output.h"
#include "daemon/cli/suggestion.h"
#include "proto/cleanup.h"

#define NEW_BACKEND "consoles"

static void put_text(FILE *out, char *text)
{
        output_wrapped(out, "", 0, text);
        free(text);
}

static void put_rule_found(
        const Config *config, const AccountWish *wish, const Account *account, FILE *out)
{
        _cleanup_(free_pointer) char *place = output_place(config, account->rule->place);
        _cleanup_(free_pointer) char *rule = output_rule(config, account->rule);
        const char *realm = account->typed_realm;

        put_text(out, output_format("%s lets %s%s%s in at %s with it, by service %s:", place,
                              wish->login, realm[0] ? "@" : "", realm, wish->vm, wish->service));
        (void)fprintf(out, "\n  %s\n", rule); /* not wrapped, as those that are to be copied */
}

/* As a template that expands to it. */
static char *as_template(const char *text)
{
        char *template = malloc(2 * strlen(text) + 1), *end = template;

        if (!template)
                output_no_memory();
        for (; *text; text++) {
                if (*text == '%')
                        *end++ = '%';
                *end++ = *text;
        }
        *end = '\0';
        return template;
}

/* The line that leads to the account, and to no other. */
static void put_line(
        const BackendConfig *backend, const AccountWish *wish, const Account *account, FILE *out)
{
        _cleanup_(free_pointer) char *realm = strcmp(account->realm, wish->vm) == 0
                                                      ? output_format("%%v")
                                                      : as_template(account->realm);
        unsigned first = 0;
        const Config own = {.backends = (BackendConfig *)backend, .backend_count = 1};
        const Rule chain = {.backends = &first, .backend_count = 1, .as_realm = realm};
        const Facts facts = {
                .service = bytes_from_string(wish->service),
                .login = bytes_from_string(wish->login),
                .vm = {.state = VM_KNOWN, .name = wish->vm},
        };
        _cleanup_(suggestion_deinit) Suggestion suggestion;
        _cleanup_(free_pointer) char *line = NULL;

        (void)suggestion_init(&suggestion, &own, &chain, &facts);
        line = output_rule(&suggestion.config, &suggestion.rule);
        (void)fprintf(out, "  %s\n", line);
}

static void put_missing_rule(
        const Config *config, const AccountWish *wish, const Account *account, FILE *out)
{
        bool is_default = strcmp(account->path, ACCOUNT_DEFAULT_PATH) == 0;
        const BackendConfig stand_in = {
                .name = (char *)(is_default ? "sasldb" : NEW_BACKEND),
                .mechanism = mechanism_find("sasldb"),
        };
        const BackendConfig *backend = account_backend(config, account->path);
        bool needs_backend = !backend && !is_default;
        _cleanup_(free_pointer) char *place =
                account->before ? output_place(config, account->before->place) : NULL;

        put_text(
                out, output_format(
                             "No rule lets %s in at %s with it yet, by service %s. %s%s%s%s would:",
                             wish->login, wish->vm, wish->service,
                             needs_backend ? "These lines" : "This line",
                             place ? ", put before " : "", place ? place : "", place ? "," : ""));
        (void)fputc('\n', out);
        if (needs_backend)
                (void)fprintf(out, "  backend " NEW_BACKEND " sasldb path=\"%s\"\n", account->path);
        put_line(backend ? backend : &stand_in, wish, account, out);
}

static void put_realm(const Account *account, FILE *out)
{
        if (strcmp(account->realm, account_host()) == 0)
                put_text(out, output_format("It counts where no realm is sent, as by Postfix and "
                                            "Cyrus IMAP, and at a console only if a rule has no "
                                            "as-realm=; --vm NAME tells what counts there."));
        else
                put_text(out, output_format("It counts where %s is the realm: by a rule's "
                                            "as-realm=, or if the user types %s@%s; --vm NAME "
                                            "tells what counts at a console.",
                                      account->realm, account->login, account->realm));
}

void account_advise(
        const Config *config, const AccountWish *wish, const Account *account, FILE *out)
{
        if (!wish->vm)
                put_realm(account, out);
        else if (account->rule)
                put_rule_found(config, wish, account, out);
        else
                put_missing_rule(config, wish, account, out);
}
