/* SPDX-License-Identifier: BSD-2-Clause */
#include "penalties.h"

#include "daemon/ruling.h"

/* Directories take EVE, fullwidth ｅｖｅ, "e  ve" and much else for one name (RFC 4518), and others
 * cut what stands behind an @: each spelling would be good for more passwords of the same user. How
 * a backend folds what is not ASCII we do not know, so all such names are one. */
static Bytes strip(Bytes name, uint8_t buffer[RULING_NAME_SIZE])
{
        size_t size = 0;

        for (size_t i = 0; i < name.size && i < RULING_NAME_SIZE && name.data[i] != '@'; i++) {
                if (name.data[i] >= 0x80)
                        return BYTES_EMPTY;
                if (name.data[i] != ' ' && name.data[i] != '\t')
                        buffer[size++] = name.data[i];
        }
        return (Bytes){buffer, size};
}

static void add_user(Digester *digester, const Login *login)
{
        uint8_t buffer[RULING_NAME_SIZE];
        Bytes name = login_name(login);

        if (login_is_realm_keyed(login)) {
                digester_add_folded(digester, name);
                digester_add(digester, login_realm(login));
        } else {
                digester_add_folded(digester, strip(name, buffer));
        }
}

/* Who tries, as whom, from where. */
static bool digest_key(Digester *digester, const Login *login, Digest *key)
{
        Network network;

        digester_begin(digester);
        digester_add(digester, bytes_from_string(login->charge.asker->name));
        add_user(digester, login);
        if (network_of_client(login->request.client, &network))
                digester_add(digester, (Bytes){network.address, sizeof(network.address)});
        return digester_end(digester, key);
}

static bool digest_name(Digester *digester, const Login *login, Digest *name)
{
        digester_begin(digester);
        digester_add(digester, login_name(login));
        digester_add(digester, login_realm(login));
        return digester_end(digester, name);
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
                !digest_name(memory->digester, login, &attempt->name) ||
                !digest_password(memory->digester, login, &attempt->password)) {
                login->limits = NULL; /* libcrypto fails: nothing can be told apart */
                return true;
        }
        return penalty_table_admit(memory->penalties, attempt, login->limits, now);
}

void penalties_settle(const FrontMemory *memory, const Login *login, Result result)
{
        if (!login->limits)
                return;
        if (result == RESULT_OK)
                penalty_table_clear(memory->penalties, &login->attempt);
        else if (!login->is_missed && result != RESULT_UNKNOWN)
                penalty_table_withdraw(memory->penalties, &login->attempt);
}
