/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_password.h"

#include "backends/crypt_method.h"
#include "proto/cleanup.h"
#include "proto/scan.h"
#include "proto/secret.h"

#include <crypt.h>
#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>

#define SCHEME_LENGTH_MAX 16u
#define STORED_MAX        1024u /* bytes of a hash in its text form */

typedef struct Scheme {
        const char *name;
        const EVP_MD *(*digest)(void);
        bool salted; /* salt behind the digest, and behind the password when it was made */
} Scheme;

static const Scheme schemes[] = {
        {"MD5", EVP_md5, false},
        {"SMD5", EVP_md5, true},
        {"SHA", EVP_sha1, false},
        {"SSHA", EVP_sha1, true},
        {"SHA256", EVP_sha256, false},
        {"SSHA256", EVP_sha256, true},
        {"SHA384", EVP_sha384, false},
        {"SSHA384", EVP_sha384, true},
        {"SHA512", EVP_sha512, false},
        {"SSHA512", EVP_sha512, true},
};

/* Takes "{NAME}" off *stored into name. Returns whether it was there; OpenLDAP, too, takes what is
 * not for clear text. */
static bool take_scheme(Bytes *stored, char name[SCHEME_LENGTH_MAX + 1])
{
        size_t size = 1;

        if (stored->size == 0 || stored->data[0] != '{')
                return false;
        while (size < stored->size && size <= SCHEME_LENGTH_MAX &&
                (isalnum(stored->data[size]) || strchr("-_/", stored->data[size])))
                size++;
        if (size == 1 || size >= stored->size || stored->data[size] != '}' ||
                !bytes_to_string((Bytes){stored->data + 1, size - 1}, name, SCHEME_LENGTH_MAX + 1))
                return false;
        scan_skip(stored, size + 1);
        return true;
}

static int base64_value(uint8_t byte)
{
        static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const char *digit = byte ? strchr(digits, byte) : NULL;

        return digit ? (int)(digit - digits) : -1;
}

/* Decodes base64 (RFC 4648, section 4) into out, which has room for it. Padding may be left out.
 * Returns the size, or -1 for anything else. */
static int decode(Bytes text, uint8_t *out)
{
        unsigned bits = 0, count = 0;
        int used = 0;

        for (unsigned i = 0; i < 2 && scan_ends_with(text, "="); i++)
                text.size--;
        for (size_t i = 0; i < text.size; i++) {
                int value = base64_value(text.data[i]);

                if (value < 0)
                        return -1;
                bits = (bits << 6 | (unsigned)value) & 0xffff;
                count += 6;
                if (count >= 8) {
                        count -= 8;
                        out[used++] = (uint8_t)(bits >> count);
                }
        }
        return count < 6 ? used : -1;
}

static bool compute(const EVP_MD *digest, Bytes password, Bytes salt, uint8_t *out)
{
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        bool good = context && EVP_DigestInit_ex(context, digest, NULL) == 1 &&
                    EVP_DigestUpdate(context, password.data, password.size) == 1 &&
                    EVP_DigestUpdate(context, salt.data, salt.size) == 1 &&
                    EVP_DigestFinal_ex(context, out, NULL) == 1;

        EVP_MD_CTX_free(context); /* wipes it */
        return good;
}

static LdapPasswordMatch match_digest(const Scheme *scheme, Bytes password, Bytes text)
{
        uint8_t decoded[STORED_MAX], computed[EVP_MAX_MD_SIZE];
        const EVP_MD *digest = scheme->digest();
        size_t size = (size_t)EVP_MD_get_size(digest);
        int have = text.size <= STORED_MAX ? decode(text, decoded) : -1;
        Bytes salt;

        if (have < (int)size || (!scheme->salted && have != (int)size))
                return LDAP_PASSWORD_SCHEME;
        salt = (Bytes){decoded + size, (size_t)have - size};
        if (!compute(digest, password, salt, computed))
                return LDAP_PASSWORD_SCHEME;
        return CRYPTO_memcmp(computed, decoded, size) == 0 ? LDAP_PASSWORD_SAME
                                                           : LDAP_PASSWORD_DIFFERENT;
}

/* The method of the last hash of crypt(3) that was compared; "" = none was. The other schemes take
 * no time to speak of. */
static char last_setting[CRYPT_METHOD_SIZE];

void ldap_password_match_nobody(Bytes password)
{
        static struct crypt_data data;

        if (!last_setting[0] || bytes_contain(password, 0))
                return;
        (void)crypt_r((const char *)password.data, last_setting, &data);
        explicit_bzero(&data, sizeof(data));
}

/* crypt() takes C strings: a NUL in a password must not end it. */
static LdapPasswordMatch match_crypt(Bytes password, Bytes text)
{
        static struct crypt_data data;
        char hash[CRYPT_OUTPUT_SIZE];
        const char *computed;
        bool same;

        if (text.size > 0 && (text.data[0] == '!' || text.data[0] == '*')) {
                ldap_password_match_nobody(password);
                return LDAP_PASSWORD_LOCKED;
        }
        if (!bytes_to_string(text, hash, sizeof(hash)) || hash[0] == '\0')
                return LDAP_PASSWORD_SCHEME;
        if (bytes_contain(password, 0))
                return LDAP_PASSWORD_DIFFERENT;
        computed = crypt_r((const char *)password.data, hash, &data);
        if (!computed || computed[0] == '*') {
                explicit_bzero(&data, sizeof(data));
                return LDAP_PASSWORD_SCHEME;
        }
        if (!crypt_method_setting(hash, last_setting))
                last_setting[0] = '\0';
        same = strlen(computed) == strlen(hash) && CRYPTO_memcmp(computed, hash, strlen(hash)) == 0;
        explicit_bzero(&data, sizeof(data));
        return same ? LDAP_PASSWORD_SAME : LDAP_PASSWORD_DIFFERENT;
}

/* Their digests are compared, so that time tells nothing of where they begin to differ. */
static LdapPasswordMatch match_clear(Bytes password, Bytes stored)
{
        uint8_t a[EVP_MAX_MD_SIZE], b[EVP_MAX_MD_SIZE];

        if (stored.size == 0 || !compute(EVP_sha256(), password, BYTES_EMPTY, a) ||
                !compute(EVP_sha256(), stored, BYTES_EMPTY, b))
                return LDAP_PASSWORD_DIFFERENT;
        return CRYPTO_memcmp(a, b, (size_t)EVP_MD_get_size(EVP_sha256())) == 0
                       ? LDAP_PASSWORD_SAME
                       : LDAP_PASSWORD_DIFFERENT;
}

LdapPasswordMatch ldap_password_match(Bytes password, Bytes stored)
{
        char name[SCHEME_LENGTH_MAX + 1];

        if (!take_scheme(&stored, name))
                return match_clear(password, stored);
        if (strcasecmp(name, "CRYPT") == 0)
                return match_crypt(password, stored);
        if (strcasecmp(name, "CLEARTEXT") == 0)
                return match_clear(password, stored);
        for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
                if (strcasecmp(name, schemes[i].name) == 0)
                        return match_digest(&schemes[i], password, stored);
        return LDAP_PASSWORD_SCHEME;
}

char *ldap_password_scheme(Bytes stored, char *out, size_t size)
{
        char name[SCHEME_LENGTH_MAX + 1];

        if (take_scheme(&stored, name))
                (void)snprintf(out, size, "{%s}", name);
        else
                (void)snprintf(out, size, "clear text");
        return out;
}
