/* sources: hv/log/format.c */
/* format_va against libc's vsnprintf, over many random directives; and what we do on our own account. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log/format.h"
#include "random.h"

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-overflow"

#define CASES 300000

/* The same directive through both, into a buffer of `size` bytes that ends where the allocation does. */
static void both(size_t size, const char *directive, ...)
{
    char wanted[1024], *got = malloc(size ? size : 1);
    va_list args, copy;
    int wanted_length, got_length;

    memset(got, 'Z', size);
    va_start(args, directive);
    va_copy(copy, args);
    wanted_length = vsnprintf(wanted, size, directive, args);
    got_length = format_va(got, size, directive, copy);
    va_end(copy);
    va_end(args);
    if (wanted_length != got_length || (size && strcmp(wanted, got)))
        fail_msg("\"%s\" into %zu: libc says \"%s\" (%d), we say \"%s\" (%d)", directive, size,
                 size ? wanted : "", wanted_length, size ? got : "", got_length);
    free(got);
}

static const char *pick(struct random *random, const char *const *list, unsigned count)
{
    return list[random_next(random) % count];
}

/* Values near the ends of every width, and anything in between. */
static uint64_t value(struct random *random)
{
    static const uint64_t special[] = {0,          1,          9,         10,         127,       128,
                                       255,        256,        32767,     32768,      65535,     INT32_MAX,
                                       1ull << 31, UINT32_MAX, INT64_MAX, 1ull << 63, UINT64_MAX};
    uint64_t any = random_next(random);

    if (any % 4 == 0)
        return special[random_next(random) % (sizeof(special) / sizeof(special[0]))];
    return random_next(random) >> any % 64;
}

static void start_directive(struct random *random, char *out)
{
    static const char *const flags[] = {"", "", "-", "0", "+", " ", "-0", "0+", "- ", "+ ", "-+0 "};
    static const char *const precisions[] = {"", "", "", ".", ".0", ".1", ".7", ".25"};

    strcpy(out, "<%");
    strcat(out, pick(random, flags, 11));
    if (random_next(random) % 2)
        sprintf(out + strlen(out), "%u", (unsigned)(random_next(random) % 40));
    strcat(out, pick(random, precisions, 8));
}

static void numbers_are_libcs(void **state)
{
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z", "j"};
    static const char *const kinds[] = {"d", "i", "u", "x", "X"};
    struct random random = {1};
    char directive[64];

    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        const char *length = pick(&random, lengths, 7);

        start_directive(&random, directive);
        strcat(directive, length);
        strcat(directive, pick(&random, kinds, 5));
        strcat(directive, "> %%");
        if (length[0] == 0 || length[0] == 'h') /* an int */
            both(random_next(&random) % 60, directive, (int)value(&random));
        else
            both(random_next(&random) % 60, directive, value(&random));
    }
}

static void strings_are_libcs(void **state)
{
    static const char *const words[] = {"", "a", "clock", "a longer text than any field is wide, by far"};
    struct random random = {2};
    char directive[64];

    (void)state;
    for (unsigned i = 0; i < CASES / 3; i++) {
        start_directive(&random, directive);
        if (random_next(&random) % 3 == 0) {
            strcat(directive, "c>");
            both(random_next(&random) % 60, directive, (int)('a' + random_next(&random) % 26));
        } else {
            strcat(directive, "s>");
            both(random_next(&random) % 60, directive, pick(&random, words, 4));
        }
    }
}

static void stars_are_libcs(void **state)
{
    struct random random = {3};

    (void)state;
    for (unsigned i = 0; i < CASES / 3; i++) {
        int width = (int)(random_next(&random) % 60) - 30, precision = (int)(random_next(&random) % 40) - 10;

        both(80, "%*d|", width, (int)value(&random));
        both(80, "%-*.*lx|", width, precision, value(&random));
        both(80, "%0*ld|%s", width, (long)value(&random), "end");
        both(80, "%.*s|", precision, "some text that may be cut");
    }
}

static void pointers_are_libcs(void **state)
{
    struct random random = {4};

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t pointer = value(&random);

        both(40, "%p", (void *)(uintptr_t)(pointer ? pointer : 1));
        both(40, "%20p", (void *)(uintptr_t)(pointer ? pointer : 1));
        both(40, "%-24p|", (void *)(uintptr_t)(pointer ? pointer : 1));
    }
}

static void many_arguments_keep_their_order(void **state)
{
    (void)state;
    both(200, "%d %s %lu %c %x %s %ld %hhd %hu %zu %p", 1, "two", 3ul, '4', 5, "six", -7l, 8, 9, (size_t)10,
         (void *)11);
}

/* Not libc's words: null pointers, unknown directives, a lone percent sign, absurd fields. */
static void our_own_rules(void **state)
{
    char out[64];

    (void)state;
    format(out, sizeof(out), "%p %s", (void *)0, (char *)0);
    assert_string_equal(out, "0x0 (null)");
    format(out, sizeof(out), "%q %5k %lv|%d", 7);
    assert_string_equal(out, "%q %5k %lv|7");
    assert_int_equal(format(out, sizeof(out), "100%"), 4);
    assert_string_equal(out, "100%");
    assert_int_equal(format(out, sizeof(out), "%999999999999d", 1), 4096);
    assert_int_equal(strlen(out), sizeof(out) - 1);
    assert_int_equal(format(out, sizeof(out), "%*d", INT32_MIN, 1), 4096);
    assert_int_equal(format(out, sizeof(out), "%.*d", INT32_MAX, 1), 4096);
}

static void nothing_is_written_without_room(void **state)
{
    char out[4] = "abc";

    (void)state;
    assert_int_equal(format(out, 0, "%d", 12345), 5);
    assert_string_equal(out, "abc");
    assert_int_equal(format(NULL, 0, "%s", "text"), 4);
    assert_int_equal(format(out, 1, "%s", "text"), 4);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_libcs),
        cmocka_unit_test(strings_are_libcs),
        cmocka_unit_test(stars_are_libcs),
        cmocka_unit_test(pointers_are_libcs),
        cmocka_unit_test(many_arguments_keep_their_order),
        cmocka_unit_test(our_own_rules),
        cmocka_unit_test(nothing_is_written_without_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
