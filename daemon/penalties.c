/* SPDX-License-Identifier: BSD-2-Clause */
#include "penalties.h"

/* Whether every backend tells users of two realms apart, always. To others the realm is whatever
 * was typed, or one way among others to be found, as in the filter (|(uid=%u)(mail=%u@%r)): with it
 * each realm would be good for more passwords of the same user. */
static bool is_realm_keyed(const Login *login)
{
        for (size_t i = 0; i < login->rule->backend_count; i++)
                if (!login->config->backends[login->rule->backends[i]].mechanism->realm_keyed)
                        return false;
        return true;
}

/* Who tries, as whom, from where. Many write a name in capitals, and directories take EVE for eve.
 */
static bool digest_key(Digester *digester, const Login *login, Digest *key)
{
        Network network;

        digester_begin(digester);
        digester_add(digester, bytes_from_string(login->charge.asker->name));
        digester_add_folded(digester, login_name(login));
        digester_add(digester, is_realm_keyed(login) ? login_realm(login) : BYTES_EMPTY);
        if (network_of_client(login->request.client, &network))
                digester_add(digester, (Bytes){network.address, sizeof(network.address)});
        return digester_end(digester, key);
}

static bool digest_password(Digester *digester, const Login *login, Digest *password)
{
        digester_begin(digester);
        digester_add(digester, login->request.password);
        return digester_end(digester, password);
}

bool penalties_admit(const FrontMemory *memory, Login *login, uint64_t now)
{
        PenaltyAttempt *attempt = &login->attempt;

        if (!login->limits)
                return true;
        if (!digest_key(memory->digester, login, &attempt->key) ||
                !digest_password(memory->digester, login, &attempt->password)) {
                login->limits = NULL; /* libcrypto fails: nothing can be told apart */
                return true;
        }
        return penalty_table_admit(memory->penalties, attempt, login->limits, now);
}

void penalties_settle(const FrontMemory *memory, const Login *login, Result result)
{
        if (!login->limits || result == RESULT_MISMATCH || result == RESULT_UNKNOWN)
                return;
        if (result == RESULT_OK)
                penalty_table_clear(memory->penalties, &login->attempt);
        else
                penalty_table_withdraw(memory->penalties, &login->attempt);
}
