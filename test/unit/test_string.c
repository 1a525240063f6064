/* sources: test/unit/renamed_string.c */
/* hv/log/string.c, its functions renamed to our_*, against libc's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "renamed_string.h"

#define BYTES 96u

static void fill(struct random *random, uint8_t *bytes, unsigned kinds)
{
    for (unsigned i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)(random_next(random) % kinds);
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void copies_are_libcs(void **state)
{
    struct random random = {6};
    uint8_t from[BYTES], ours[BYTES], theirs[BYTES];

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        size_t count = random_next(&random) % 48, a = random_next(&random) % 48,
               b = random_next(&random) % 48;
        int byte = (int)random_next(&random);

        fill(&random, from, 256);
        fill(&random, ours, 256);
        memcpy(theirs, ours, BYTES);
        assert_ptr_equal(our_memcpy(ours + a, from + b, count), ours + a);
        memcpy(theirs + a, from + b, count);
        assert_memory_equal(ours, theirs, BYTES);
        assert_ptr_equal(our_memmove(ours + a, ours + b, count), ours + a); /* overlaps most of the time */
        memmove(theirs + a, theirs + b, count);
        assert_memory_equal(ours, theirs, BYTES);
        assert_ptr_equal(our_memset(ours + a, byte, count), ours + a);
        memset(theirs + a, byte, count);
        assert_memory_equal(ours, theirs, BYTES);
    }
}

static void comparisons_are_libcs(void **state)
{
    struct random random = {7};
    uint8_t a[BYTES], b[BYTES];

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        size_t count = random_next(&random) % BYTES;
        unsigned at = random_next(&random) % BYTES;

        fill(&random, a, 256);
        memcpy(b, a, BYTES);
        b[at] = (uint8_t)random_next(&random);
        assert_int_equal(sign(our_memcmp(a, b, count)), sign(memcmp(a, b, count)));
        assert_ptr_equal(our_memchr(a, b[at], count), memchr(a, b[at], count));
        a[BYTES - 1] = b[BYTES - 1] = 0;
        assert_int_equal(sign(our_strcmp((char *)a, (char *)b)), sign(strcmp((char *)a, (char *)b)));
        assert_int_equal(sign(our_strncmp((char *)a, (char *)b, count)),
                         sign(strncmp((char *)a, (char *)b, count)));
    }
}

/* Three letters only, so that there is something to find. */
static void searches_are_libcs(void **state)
{
    struct random random = {8};
    uint8_t text[BYTES];
    char part[4] = "";

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        size_t length = random_next(&random) % 4;

        fill(&random, text, 3);
        for (unsigned k = 0; k + 1 < BYTES; k++)
            text[k] = (uint8_t)(text[k] + 'a');
        text[random_next(&random) % BYTES] = 0;
        text[BYTES - 1] = 0;
        for (unsigned k = 0; k < length; k++)
            part[k] = (char)('a' + random_next(&random) % 3);
        part[length] = 0;
        assert_ptr_equal(our_strstr((char *)text, part), strstr((char *)text, part));
        assert_ptr_equal(our_strchr((char *)text, part[0]), strchr((char *)text, part[0]));
        assert_int_equal(our_strlen((char *)text), strlen((char *)text));
        assert_int_equal(our_strnlen((char *)text, i % BYTES), strnlen((char *)text, i % BYTES));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_are_libcs),
        cmocka_unit_test(comparisons_are_libcs),
        cmocka_unit_test(searches_are_libcs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
