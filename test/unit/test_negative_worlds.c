/* sources: sim keeper */
/* flags: -lm -Itest/sim -include test/sim/sim_cpu.h */
/* The negative worlds, some minutes of each: a short run of what `make sim NEGATIVE=1` does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "negative.h"
#include "told.h"

#define ROWS_MOST 64u
#define RUN_NS    (480 * SECOND)

static struct negative_tally tallies[ROWS_MOST][NEGATIVE_READINGS];

/* A keeper that tells nothing cannot be as stated; that it goes back nowhere is asked of any. */
static void test_row(void **state)
{
    const struct row *row = *state;
    struct negative_tally *t;

    for (unsigned j = 0; j < NEGATIVE_READINGS; j++) {
        struct scene scene = negative_scene(row, j, 1, RUN_NS);

        t = &tallies[row - negative_rows][j];
        assert_true(negative_run(&scene, t));
        assert_true(t->all.known > RUN_NS * 1e-9L * 20);
        assert_true(t->all.compared > t->all.known / 2);
        assert_true(t->all.oracle_ns > 0);
        if (told_at_all())
            assert_string_equal(negative_failed(row, j, t), "");
    }
}

static struct negative_tally of_row(const char *name, bool learns)
{
    struct negative_tally t = {0};

    for (unsigned i = 0; i < negative_row_count; i++) {
        struct scene scene = negative_scene(&negative_rows[i], 0, 1, RUN_NS);

        scene.learns = learns;
        if (strcmp(negative_rows[i].name, name) == 0)
            negative_run(&scene, &t);
    }
    assert_true(t.runs == 1);
    return t;
}

/* Negative controls: with D fixed at 10 ppb a second these break the bound, and the judge must see it. */
static void test_wander_beyond_a_fixed_d_is_seen(void **state)
{
    struct negative_tally t = of_row("wander 3 D", false);

    (void)state;
    assert_true(t.all.outside > t.all.known / 1000);
    assert_true(t.all.worst_times > 1.2L);
    assert_true(t.all.tellings + t.all.disruptions > 0);
}

static void test_steps_are_seen(void **state)
{
    struct negative_tally t = of_row("steps of 2 us", false);

    (void)state;
    assert_true(t.all.worst_ns > 1500 && t.all.worst_ns < 2000);
    assert_true(t.all.outside > 10);
}

static void test_quiet_is_quiet(void **state)
{
    struct negative_tally t = of_row("quiet: wander D", false);

    (void)state;
    assert_true(t.all.outside == 0 && t.all.disruptions == 0 && t.all.tellings == 0);
    assert_true(t.all.unknown_ns <= 0);
}

int main(void)
{
    struct CMUnitTest tests[ROWS_MOST + 8] = {
        cmocka_unit_test(test_wander_beyond_a_fixed_d_is_seen),
        cmocka_unit_test(test_steps_are_seen),
        cmocka_unit_test(test_quiet_is_quiet),
    };
    unsigned count = 3;
    int failed;

    for (unsigned i = 0; i < negative_row_count; i++)
        tests[count++] =
            (struct CMUnitTest){negative_rows[i].name, test_row, NULL, NULL, (void *)&negative_rows[i]};
    failed = _cmocka_run_group_tests("negative worlds", tests, count, NULL, NULL);
    negative_print(tallies);
    return failed;
}
