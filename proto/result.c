/* SPDX-License-Identifier: BSD-2-Clause */
#include "result.h"

static const char *const result_words[] = {
        [RESULT_OK] = "OK",
        [RESULT_MISMATCH] = "MISMATCH",
        [RESULT_UNKNOWN] = "UNKNOWN",
        [RESULT_DENIED] = "DENIED",
        [RESULT_UNAVAILABLE] = "UNAVAILABLE",
};

const char *result_to_string(Result result)
{
        return result_words[result];
}

bool result_from_bytes(Bytes word, Result *result)
{
        for (size_t i = 0; i < sizeof(result_words) / sizeof(result_words[0]); i++)
                if (bytes_equal_string(word, result_words[i])) {
                        *result = (Result)i;
                        return true;
                }
        return false;
}
