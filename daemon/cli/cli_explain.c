/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_explain.h"

#include "build-config.h"
#include "daemon/cli/command.h"
#include "daemon/cli/explanation.h"
#include "daemon/cli/json_input.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/output.h"
#include "daemon/cli/password.h"
#include "daemon/cli/past.h"
#include "daemon/cli/trial.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <string.h>

#define COMMAND "explain"

typedef struct ExplainOptions {
        const char *config;
        const char *number;    /* of a past decision, or NULL */
        const char *directory; /* of the control socket, or NULL */
        Description description;
        const char **members, **others; /* --member, --not-member */
        size_t member_count, other_count;
        bool asks_password;
        bool json;
        bool help;
} ExplainOptions;

enum {
        OPTION_SERVICE = 256,
        OPTION_USER,
        OPTION_REALM,
        OPTION_VM,
        OPTION_UUID,
        OPTION_FROM,
        OPTION_PEER_UID,
        OPTION_PID,
        OPTION_PEER_UNIT,
        OPTION_SOCKET,
        OPTION_MEMBER,
        OPTION_NOT_MEMBER,
        OPTION_CONFIG,
        OPTION_PASSWORD,
        OPTION_JSON,
};

static const struct option long_options[] = {
        {"service", required_argument, NULL, OPTION_SERVICE},
        {"user", required_argument, NULL, OPTION_USER},
        {"realm", required_argument, NULL, OPTION_REALM},
        {"vm", required_argument, NULL, OPTION_VM},
        {"uuid", required_argument, NULL, OPTION_UUID},
        {"from", required_argument, NULL, OPTION_FROM},
        {"peer-uid", required_argument, NULL, OPTION_PEER_UID},
        {"pid", required_argument, NULL, OPTION_PID},
        {"peer-unit", required_argument, NULL, OPTION_PEER_UNIT},
        {"socket", required_argument, NULL, OPTION_SOCKET},
        {"member", required_argument, NULL, OPTION_MEMBER},
        {"not-member", required_argument, NULL, OPTION_NOT_MEMBER},
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"password", no_argument, NULL, OPTION_PASSWORD},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {},
};

static int help(void)
{
        (void)printf(
                "usage: saslward explain --service SERVICE --user USER [options]\n"
                "       saslward explain NUMBER [--config FILE] [-m DIR] [--json]\n"
                "\n"
                "Says whether the rules would let a login in, which of them decides, and what\n"
                "the login lacks. Without --password no daemon has to run.\n"
                "With the number of a decision (saslward log): what was decided then and why, as\n"
                "the running daemon or the journal remembers it, and what the rules say today.\n"
                "\n"
                "  --service SERVICE   as spice, vnc, imap, smtp\n"
                "  --user USER         the login as it arrives\n"
                "  --realm REALM       the realm as it arrives (empty)\n"
                "  --vm NAME           the VM that asks (none)\n"
                "  --uuid UUID         its UUID, as virsh domuuid prints it\n"
                "  --pid PID           the process that asks, as a VM's QEMU: the VM, user and\n"
                "                      unit are then what the daemon would see; for root\n"
                "  --from ADDRESS      the client's address, for from=\n"
                "  --peer-uid USER     the user of the process that asks, for peer=\n"
                "  --peer-unit UNIT    its systemd unit; \"\" = none\n"
                "  --socket NAME       name= or path of the listen that is used\n"
                "  --member GROUP      the user is in that group, as @corp:console; groups of\n"
                "                      the system are looked up, those of a backend are not\n"
                "  --not-member GROUP  the user is not\n"
                "  --config FILE       the configuration (" CONFIG_FILE ")\n"
                "  --password          asks for the password (else it comes from standard input),\n"
                "                      and has the running daemon decide, with the real backends:\n"
                "                      what each of them said, and how long it took\n"
                "  -m DIR              the daemon's directory, if it was given one\n"
                "  --json              for programs\n"
                "\n"
                "Exit status: 0 would be let in with the right password, or was; 1 refused; 2\n"
                "wrong usage or configuration; 3 depends on what was not said.\n");
        return command_finish(CLI_YES);
}

static void set_option(ExplainOptions *options, int option)
{
        switch (option) {
        case OPTION_SERVICE: options->description.service = optarg; break;
        case OPTION_USER: options->description.login = optarg; break;
        case OPTION_REALM: options->description.realm = optarg; break;
        case OPTION_VM: options->description.vm = optarg; break;
        case OPTION_UUID: options->description.uuid = optarg; break;
        case OPTION_PID: options->description.pid = optarg; break;
        case OPTION_FROM: options->description.client = optarg; break;
        case OPTION_PEER_UID: options->description.peer_uid = optarg; break;
        case OPTION_PEER_UNIT: options->description.peer_unit = optarg; break;
        case OPTION_SOCKET: options->description.socket = optarg; break;
        case OPTION_MEMBER: options->members[options->member_count++] = optarg; break;
        case OPTION_NOT_MEMBER: options->others[options->other_count++] = optarg; break;
        case OPTION_CONFIG: options->config = optarg; break;
        case OPTION_PASSWORD: options->asks_password = true; break;
        case OPTION_JSON: options->json = true; break;
        case 'm': options->directory = optarg; break;
        case 'h': options->help = true; break;
        }
}

static bool is_number(const char *text)
{
        return text[0] && text[strspn(text, "0123456789")] == '\0';
}

static bool describes_process(const Description *description)
{
        return description->vm || description->uuid || description->peer_uid ||
               description->peer_unit;
}

static bool describes_asker(const Description *description)
{
        return description->uuid || description->pid || description->client ||
               description->peer_uid || description->peer_unit || description->socket;
}

/* Returns CLI_YES or CLI_ERROR. */
static int parse(int argc, char **argv, ExplainOptions *options)
{
        int option;

        while ((option = getopt_long(argc, argv, "m:h", long_options, NULL)) != -1) {
                if (option == '?')
                        return command_usage(COMMAND, "wrong usage");
                set_option(options, option);
        }
        if (options->help)
                return CLI_YES;
        if (optind < argc && is_number(argv[optind]))
                options->number = argv[optind++];
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        if (options->number)
                return CLI_YES;
        if (!options->description.service || !options->description.login)
                return command_usage(COMMAND, "give --service and --user");
        if (options->description.pid && describes_process(&options->description))
                return command_usage(
                        COMMAND, "--pid says what --vm, --uuid, --peer-uid and --peer-unit do");
        if (options->asks_password && describes_asker(&options->description))
                return command_usage(COMMAND,
                        "with --password the daemon sees who asks; of the options that say it, "
                        "only --vm can be given");
        return CLI_YES;
}

static struct json_object *ask_daemon(const ExplainOptions *options, const MuxRequest *request)
{
        _cleanup_(free_pointer) char *error = NULL;
        const TrialOptions trial = {options->directory, options->description.vm, request};
        struct json_object *decision = trial_make(&trial, &error);

        if (!decision)
                (void)fprintf(stderr, "saslward: %s\n", error);
        return decision;
}

/* Has the daemon decide. Returns the decision, for the caller, or NULL, which has been explained.
 */
static struct json_object *try_password(const ExplainOptions *options, const Asking *asking)
{
        _cleanup_(secret_freep) Secret *password =
                isatty(STDIN_FILENO) ? password_prompt("Password: ") : password_read(STDIN_FILENO);
        MuxRequest request = asking->request;

        if (!password) {
                (void)fprintf(stderr, "saslward: cannot get a password: %s\n", strerror(errno));
                return NULL;
        }
        request.password = secret_bytes(password);
        return ask_daemon(options, &request);
}

/* Returns the exit status. */
static int print_tried(
        const ExplainOptions *options, const Explanation *explanation, struct json_object *decision)
{
        int status = strcmp(json_text(decision, "result"), "OK") == 0 ? CLI_YES : CLI_NO;
        struct json_object *object;

        if (options->json) {
                object = explanation_to_json(explanation);
                (void)json_object_object_add(object, "decision", json_object_get(decision));
                json_write(object, stdout);
        } else {
                explanation_print(explanation, stdout);
                (void)printf("\nThe daemon, with that password:\n\n");
                past_print(decision, stdout);
        }
        (void)json_object_put(decision);
        return command_finish(status);
}

/* Returns the exit status. */
static int print(const ExplainOptions *options, const Explanation *explanation)
{
        static const int statuses[] = {
                [VERDICT_LET_IN] = CLI_YES,
                [VERDICT_REFUSED] = CLI_NO,
                [VERDICT_UNTOLD] = CLI_UNTOLD,
        };

        (options->json ? explanation_print_json : explanation_print)(explanation, stdout);
        return command_finish(statuses[explanation->verdict]);
}

static int explain(const ExplainOptions *options, const Config *config, Groups *groups)
{
        _cleanup_(free_pointer) char *wrong = NULL;
        _cleanup_(asking_deinit) Asking asking;
        _cleanup_(explanation_deinit) Explanation explanation = {};
        struct json_object *decision = NULL;
        Ruleset *ruleset;
        int status;

        if (!asking_init(&asking, config, &options->description, groups, &wrong))
                return command_usage(COMMAND, "%s", wrong);
        if (options->asks_password) {
                decision = try_password(options, &asking);
                if (!decision)
                        return CLI_ERROR;
        }
        ruleset = ruleset_new(config->rules, config->rule_count);
        if (!ruleset)
                output_no_memory();
        explanation_init(&explanation, config, ruleset, &asking, groups);
        status = decision ? print_tried(options, &explanation, decision)
                          : print(options, &explanation);
        (void)ruleset_free(ruleset);
        return status;
}

static int run(const ExplainOptions *options)
{
        _cleanup_(config_deinit) Config config;
        _cleanup_(groups_deinit) Groups groups;

        config_init(&config);
        groups_init(&groups, &config);
        if (!command_read_config(&config, options->config, false))
                return CLI_ERROR;
        for (size_t i = 0; i < options->member_count; i++)
                groups_say(&groups, options->members[i], true);
        for (size_t i = 0; i < options->other_count; i++)
                groups_say(&groups, options->others[i], false);
        return explain(options, &config, &groups);
}

int cli_explain(int argc, char **argv)
{
        _cleanup_(free_pointer) const char **members = calloc((size_t)argc, sizeof(char *));
        _cleanup_(free_pointer) const char **others = calloc((size_t)argc, sizeof(char *));
        ExplainOptions options = {.members = members, .others = others};
        int status;

        if (!members || !others)
                output_no_memory();
        status = parse(argc, argv, &options);
        if (status != CLI_YES)
                return status;
        if (options.help)
                return help();
        if (options.number)
                return past_explain(&(PastOptions){
                        options.number, options.config, options.directory, options.json});
        return run(&options);
}
