/* SPDX-License-Identifier: BSD-2-Clause */

/* Passwords as directories keep them. */

#include "backends/ldap_password.h"

#include "proto/cleanup.h"
#include "proto/secret.h"

#include "table.h"

typedef struct PasswordRow {
        const char *name;
        Bytes stored;
        Bytes password;
        LdapPasswordMatch match;
} PasswordRow;

static const PasswordRow rows[] = {
        {"MD5", LIT("{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ=="), LIT("secret"), LDAP_PASSWORD_SAME},
        {"SMD5", LIT("{SMD5}c7G0Nl6ylVxXllw3AyNwdXNhbHQxMjM0"), LIT("secret"), LDAP_PASSWORD_SAME},
        {"MD5, wrong", LIT("{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ=="), LIT("Secret"),
                LDAP_PASSWORD_DIFFERENT},
        {"SMD5, wrong", LIT("{SMD5}c7G0Nl6ylVxXllw3AyNwdXNhbHQxMjM0"), LIT("secre"),
                LDAP_PASSWORD_DIFFERENT},
        {"SHA", LIT("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), LIT("secret"), LDAP_PASSWORD_SAME},
        {"SSHA", LIT("{SSHA}Wcm1xEisNjqp921ALcHfuQ7avFdzYWx0MTIzNA=="), LIT("secret"),
                LDAP_PASSWORD_SAME},
        {"SHA, wrong", LIT("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), LIT("Secret"),
                LDAP_PASSWORD_DIFFERENT},
        {"SSHA, wrong", LIT("{SSHA}Wcm1xEisNjqp921ALcHfuQ7avFdzYWx0MTIzNA=="), LIT("secre"),
                LDAP_PASSWORD_DIFFERENT},
        {"SHA256", LIT("{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols="), LIT("secret"),
                LDAP_PASSWORD_SAME},
        {"SSHA256", LIT("{SSHA256}lXT7qF+fT7OVoVlwD0tMd02E1ak2dLDbk993wZxIM65zYWx0MTIzNA=="),
                LIT("secret"), LDAP_PASSWORD_SAME},
        {"SHA256, wrong", LIT("{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols="),
                LIT("Secret"), LDAP_PASSWORD_DIFFERENT},
        {"SSHA256, wrong", LIT("{SSHA256}lXT7qF+fT7OVoVlwD0tMd02E1ak2dLDbk993wZxIM65zYWx0MTIzNA=="),
                LIT("secre"), LDAP_PASSWORD_DIFFERENT},
        {"SHA384", LIT("{SHA384}WKd1ukESvjAFrkQHznV9iP2nHUBJe7gCbsrFTU4//HIyzo3jq1rLMK45dg/ufFPt"),
                LIT("secret"), LDAP_PASSWORD_SAME},
        {"SSHA384",
                LIT("{SSHA384}r4lLjowPktraVzWe/qam2MGuHjPkLg9jlYO8l4OR/"
                    "NqbJ74LB2b0cErw1dbDGvINc2FsdDEyMzQ="),
                LIT("secret"), LDAP_PASSWORD_SAME},
        {"SHA384, wrong",
                LIT("{SHA384}WKd1ukESvjAFrkQHznV9iP2nHUBJe7gCbsrFTU4//HIyzo3jq1rLMK45dg/ufFPt"),
                LIT("Secret"), LDAP_PASSWORD_DIFFERENT},
        {"SSHA384, wrong",
                LIT("{SSHA384}r4lLjowPktraVzWe/qam2MGuHjPkLg9jlYO8l4OR/"
                    "NqbJ74LB2b0cErw1dbDGvINc2FsdDEyMzQ="),
                LIT("secre"), LDAP_PASSWORD_DIFFERENT},
        {"SHA512",
                LIT("{SHA512}"
                    "vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRp"
                    "ayrW/isg=="),
                LIT("secret"), LDAP_PASSWORD_SAME},
        {"SSHA512",
                LIT("{SSHA512}Enu6C74BUnsH3FJ5DbcJeTfPKMqMpMZOm66wJaf/"
                    "iZqtrDfdcDyFhEmcwbcWyY5CUEDqbpdskEI2yPdeCZGVPXNhbHQxMjM0"),
                LIT("secret"), LDAP_PASSWORD_SAME},
        {"SHA512, wrong",
                LIT("{SHA512}"
                    "vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRp"
                    "ayrW/isg=="),
                LIT("Secret"), LDAP_PASSWORD_DIFFERENT},
        {"SSHA512, wrong",
                LIT("{SSHA512}Enu6C74BUnsH3FJ5DbcJeTfPKMqMpMZOm66wJaf/"
                    "iZqtrDfdcDyFhEmcwbcWyY5CUEDqbpdskEI2yPdeCZGVPXNhbHQxMjM0"),
                LIT("secre"), LDAP_PASSWORD_DIFFERENT},
        {"MD5 with a salt", LIT("{MD5}mc0uWpXVVe5747A4pKhGJXNhbHQ="), LIT("secret"),
                LDAP_PASSWORD_SCHEME},
        {"SSHA without a salt", LIT("{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), LIT("secret"),
                LDAP_PASSWORD_SAME},
        {"SSHA without padding", LIT("{SSHA}Wcm1xEisNjqp921ALcHfuQ7avFdzYWx0MTIzNA"), LIT("secret"),
                LDAP_PASSWORD_SAME},
        {"small letters", LIT("{ssha}fkSKOWesY1IwlfG5/6xSANa0NWt4"), LIT("secret"),
                LDAP_PASSWORD_SAME},
        {"SSHA cut", LIT("{SSHA}5en6G6MezRroT3XKqkdP"), LIT("secret"), LDAP_PASSWORD_SCHEME},
        {"no base64", LIT("{SHA}!!!!"), LIT("secret"), LDAP_PASSWORD_SCHEME},
        {"NUL in base64", LIT("{SHA}\0"), LIT("secret"), LDAP_PASSWORD_SCHEME},
        {"empty hash", LIT("{SHA}"), LIT("secret"), LDAP_PASSWORD_SCHEME},
        {"empty SMD5", LIT("{SMD5}"), LIT("secret"), LDAP_PASSWORD_SCHEME},
        {"CRYPT", LIT("{CRYPT}$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7"),
                LIT("secret"), LDAP_PASSWORD_SAME},
        {"CRYPT yescrypt",
                LIT("{CRYPT}$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2"),
                LIT("secret"), LDAP_PASSWORD_SAME},
        {"CRYPT, wrong",
                LIT("{crypt}$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7"),
                LIT("secret2"), LDAP_PASSWORD_DIFFERENT},
        {"CRYPT, a NUL",
                LIT("{CRYPT}$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7"),
                LIT("secret\0x"), LDAP_PASSWORD_DIFFERENT},
        {"CRYPT locked",
                LIT("{CRYPT}!$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7"),
                LIT("secret"), LDAP_PASSWORD_LOCKED},
        {"CRYPT *", LIT("{CRYPT}*"), LIT("secret"), LDAP_PASSWORD_LOCKED},
        {"CRYPT empty", LIT("{CRYPT}"), LIT("secret"), LDAP_PASSWORD_SCHEME},
        {"CRYPT of no method", LIT("{CRYPT}$zz$abc"), LIT("secret"), LDAP_PASSWORD_SCHEME},
        {"clear", LIT("secret"), LIT("secret"), LDAP_PASSWORD_SAME},
        {"clear, wrong", LIT("secret"), LIT("secre"), LDAP_PASSWORD_DIFFERENT},
        {"clear, longer", LIT("secret"), LIT("secretx"), LDAP_PASSWORD_DIFFERENT},
        {"clear, a NUL", LIT("secret"), LIT("secret\0"), LDAP_PASSWORD_DIFFERENT},
        {"clear with a NUL", LIT("se\0ret"), LIT("se\0ret"), LDAP_PASSWORD_SAME},
        {"CLEARTEXT", LIT("{CLEARTEXT}secret"), LIT("secret"), LDAP_PASSWORD_SAME},
        {"an unknown scheme", LIT("{PBKDF2}abc"), LIT("secret"), LDAP_PASSWORD_SCHEME},
        {"a scheme is no password", LIT("{PBKDF2}abc"), LIT("{PBKDF2}abc"), LDAP_PASSWORD_SCHEME},
        {"a brace alone", LIT("{"), LIT("{"), LDAP_PASSWORD_SAME},
        {"an open brace", LIT("{secret"), LIT("{secret"), LDAP_PASSWORD_SAME},
        {"no scheme in braces", LIT("{}x"), LIT("{}x"), LDAP_PASSWORD_SAME},
        {"a long scheme", LIT("{AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA}x"),
                LIT("{AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA}x"), LDAP_PASSWORD_SAME},
        {"nothing", LIT(""), LIT(""), LDAP_PASSWORD_DIFFERENT},
};

static void test_match(void **state)
{
        const PasswordRow *row = *state;
        _cleanup_(exact_free) Bytes stored = exact_copy(row->stored);
        _cleanup_(secret_freep) Secret *password = secret_new_string(row->password);

        assert_non_null(password);
        assert_int_equal(ldap_password_match(
                                 (Bytes){secret_bytes(password).data, row->password.size}, stored),
                row->match);
}

static void test_scheme(void **state)
{
        char out[32];

        (void)state;
        assert_string_equal(ldap_password_scheme(BYTES("{FOO}bar"), out, sizeof(out)), "{FOO}");
        assert_string_equal(ldap_password_scheme(BYTES("secret"), out, sizeof(out)), "clear text");
        assert_string_equal(ldap_password_scheme(BYTES(""), out, sizeof(out)), "clear text");
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_match, ROWS(rows));
        table_add(&table, "the scheme's name", test_scheme, NULL);
        return table_run(&table, "ldap-password");
}
