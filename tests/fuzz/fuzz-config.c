/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a configuration. What is accepted prints as something that says the same. */

#include "tests/unit/config_equal.h"
#include "tests/unit/parsing.h"

#include "fuzz.h"

static void check_print(const Config *config)
{
        char *text = parsing_print(config), *again;
        const char *difference;
        Parsed second;

        parsed_init(&second, bytes_from_string(text));
        if (second.errors > 0)
                (void)fprintf(stderr, "%s%s", text, second.complaints);
        CHECK(second.errors == 0);
        difference = config_difference(config, &second.config);
        if (difference)
                (void)fprintf(stderr, "%sdiffers: %s\n", text, difference);
        CHECK(!difference);
        again = parsing_print(&second.config);
        CHECK(strcmp(text, again) == 0);
        free(again);
        free(text);
        parsed_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Parsed parsed;

        parsed_init(&parsed, (Bytes){data, size});
        CHECK((parsed.errors + parsed.warnings > 0) == (parsed.complaints[0] != '\0'));
        if (parsed.errors == 0)
                check_print(&parsed.config);
        parsed_deinit(&parsed);
        return 0;
}
