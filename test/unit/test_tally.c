/* sources: test/sim/tally.c */
/* flags: -Itest/sim */
/* What machines were, added up in any order and portions, and written down for another computer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "tally.h"

#define MACHINES 64u

static struct random luck = {.state = 7};

static uint64_t any_whole(void)
{
    return random_next(&luck) >> 8; /* 64 of them fit into 64 bits */
}

/* With all 64 bits of a long double's mantissa in use. */
static long double any_real(void)
{
    return (long double)random_next(&luck) / 1e9L * (random_next(&luck) % 2 ? 1 : -1);
}

#define FILL_WHOLE(name) t.name = any_whole();
#define FILL_REAL(name)  t.name = any_real();
#define FILL_MANY(name, count)             \
    for (unsigned i = 0; i < (count); i++) \
        t.name[i] = any_whole();

static struct tally any_tally(void)
{
    struct tally t;

    TALLY_FIGURES(FILL_WHOLE, FILL_MANY, FILL_REAL, FILL_REAL)
    return t;
}

/* As it is written down; to be freed. */
static char *text_of(const struct tally *t)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    tally_write(file, t);
    fclose(file);
    return text;
}

static void assert_same(const struct tally *one, const struct tally *other)
{
    char *text = text_of(one), *other_text = text_of(other);

    assert_string_equal(text, other_text);
    free(text);
    free(other_text);
}

static void test_merges_as_each_figure_says(void **state)
{
    struct tally all = TALLY_NOTHING, one = TALLY_NOTHING, other = TALLY_NOTHING;

    (void)state;
    one.reads = 3;
    one.struck[FAULTS - 1] = 1;
    one.worst_rate = 0.5L;
    one.least_room_ns = 7;
    other.reads = 4;
    other.struck[FAULTS - 1] = 2;
    other.worst_rate = 0.25L;
    other.least_room_ns = 5;
    tally_add(&all, &one);
    tally_add(&all, &other);
    assert_int_equal(all.reads, 7);
    assert_int_equal(all.struck[FAULTS - 1], 3);
    assert_true(all.worst_rate == 0.5L);
    assert_true(all.least_room_ns == 5);
}

static void test_any_order_and_portions(void **state)
{
    struct tally machine[MACHINES], all = TALLY_NOTHING, other = TALLY_NOTHING;

    (void)state;
    for (unsigned i = 0; i < MACHINES; i++)
        machine[i] = any_tally();
    for (unsigned i = 0; i < MACHINES; i++)
        tally_add(&all, &machine[i]);
    for (unsigned first = 0; first < 7; first++) {
        struct tally portion = TALLY_NOTHING;

        for (unsigned i = first; i < MACHINES; i += 7)
            tally_add(&portion, &machine[i]);
        tally_add(&other, &portion);
    }
    assert_same(&all, &other);
}

static unsigned take_all(struct tally *t, char *text)
{
    unsigned taken = 0;

    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        char copy[4096];

        memcpy(copy, line, (size_t)(end - line) + 1);
        copy[end - line + 1] = 0;
        assert_int_equal(tally_take(t, copy), taken);
        taken++;
    }
    return taken;
}

static void test_written_and_taken_is_the_same(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct tally t = any_tally(), taken = TALLY_NOTHING;
        char *text = text_of(&t);

        assert_int_equal(take_all(&taken, text), TALLY_COUNT);
        assert_same(&t, &taken);
        assert_true(t.worst_gap_ns == taken.worst_gap_ns);
        free(text);
    }
}

static void test_other_lines_are_none(void **state)
{
    static const char *const lines[] = {"",           "\n",         "reads 1\n",   "=reads\n",
                                        "=reads 1",   "=read 1\n",  "=readss 1\n", "=reads 1 2\n",
                                        "=reads x\n", "=struck 1\n"};
    struct tally t = TALLY_NOTHING;

    (void)state;
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(tally_take(&t, lines[i]), TALLY_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merges_as_each_figure_says),
        cmocka_unit_test(test_any_order_and_portions),
        cmocka_unit_test(test_written_and_taken_is_the_same),
        cmocka_unit_test(test_other_lines_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
