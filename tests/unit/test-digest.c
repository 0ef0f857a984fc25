/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/digest.h"

#include "table.h"

static Digest digest_of(Digester *digester, Bytes a, Bytes b, uint64_t number)
{
        Digest digest;

        digester_begin(digester);
        digester_add(digester, a);
        digester_add(digester, b);
        digester_add_number(digester, number);
        assert_true(digester_end(digester, &digest));
        return digest;
}

static bool is_same(Digest a, Digest b)
{
        return memcmp(&a, &b, sizeof(a)) == 0;
}

static void test_same_input(void **state)
{
        Digester *digester = digester_new();

        (void)state;
        assert_non_null(digester);
        assert_true(is_same(digest_of(digester, bytes_from_string("a"), bytes_from_string("b"), 1),
                digest_of(digester, bytes_from_string("a"), bytes_from_string("b"), 1)));
        assert_null(digester_free(digester));
}

static void test_other_input(void **state)
{
        Digester *digester = digester_new();
        Digest digest;

        (void)state;
        assert_non_null(digester);
        digest = digest_of(digester, bytes_from_string("ab"), bytes_from_string("c"), 1);
        assert_false(is_same(
                digest, digest_of(digester, bytes_from_string("a"), bytes_from_string("bc"), 1)));
        assert_false(
                is_same(digest, digest_of(digester, bytes_from_string("abc"), BYTES_EMPTY, 1)));
        assert_false(is_same(
                digest, digest_of(digester, bytes_from_string("ab"), bytes_from_string("c"), 2)));
        assert_false(is_same(
                digest, digest_of(digester, bytes_from_string("ab"), bytes_from_string("d"), 1)));
        (void)digester_free(digester);
}

static void test_other_key(void **state)
{
        Digester *one = digester_new(), *other = digester_new();

        (void)state;
        assert_non_null(one);
        assert_non_null(other);
        assert_false(is_same(digest_of(one, bytes_from_string("a"), bytes_from_string("b"), 1),
                digest_of(other, bytes_from_string("a"), bytes_from_string("b"), 1)));
        (void)digester_free(one);
        (void)digester_free(other);
}

static Digest folded(Digester *digester, const char *text)
{
        Digest digest;

        digester_begin(digester);
        digester_add_folded(digester, bytes_from_string(text));
        assert_true(digester_end(digester, &digest));
        return digest;
}

static void test_folded(void **state)
{
        Digester *digester = digester_new();
        Digest digest;

        (void)state;
        assert_non_null(digester);
        digest = folded(digester, "alice@[z]`{Ã");
        assert_true(is_same(digest, folded(digester, "AlicE@[Z]`{Ã")));
        assert_false(is_same(digest, folded(digester, "alice@[z]@{Ã")));
        assert_false(is_same(digest, folded(digester, "alice@{z}`[Ã")));
        assert_false(is_same(digest, folded(digester, "alice@[z]`{Ã¤")));
        (void)digester_free(digester);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_same_input),
                cmocka_unit_test(test_other_input),
                cmocka_unit_test(test_other_key),
                cmocka_unit_test(test_folded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
