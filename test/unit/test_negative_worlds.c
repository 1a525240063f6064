/* sources: sim keeper */
/* flags: -lm -Itest/sim -include test/sim/sim_cpu.h */
/* The negative worlds, some minutes of each: a short run of what `make sim NEGATIVE=1` does. */
#include <math.h>
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

/* E is Dmax T^2 / 8; where a host may slew R by 500 ppm, up and back, it is that times T / 4. */
static void test_the_resolution_has_a_hosts_slew(void **state)
{
    struct scene scene = negative_scene(&negative_rows[0], 0, 1, 2 * SECOND);
    struct negative_tally t = {0};

    (void)state;
    assert_true(negative_run(&scene, &t));
    assert_true(fabsl(told_resolution_ns(0) - keeper.assumptions.page.resolution_ns - 8) <= 1);
    scene.hypervisor = true;
    assert_true(negative_run(&scene, &t));
    assert_true(fabsl(told_resolution_ns(0) - keeper.assumptions.page.resolution_ns - 31250) <= 1);
}

/* What several processes wrote comes to the same table; a seed that comes twice, or half a line, does not. */
static void test_parts_add_up(void **state)
{
    static struct negative_tally merged[ROWS_MOST][NEGATIVE_READINGS];
    struct negative_tally one = {.runs = 2, .broken = 1};
    char text[8192];
    FILE *file = tmpfile();
    size_t length;

    (void)state;
    one.all.simulated_ns = 1.1L;
    one.all.reads = 7;
    one.all.worst_ns = 5;
    one.late.unknown_ns = 1e9L / 3;
    one.late.tellings = 3;
    negative_part_write(file, 2, 1, 100, &one);
    fputs("told beside it\n", file);
    negative_part_write(file, 2, 1, 102, &one);
    negative_part_write(file, 2, 0, 102, &one);
    rewind(file);
    assert_true(negative_parts_merge(file, merged));
    assert_true(merged[2][1].runs == 4 && merged[2][1].broken == 2 && merged[2][0].runs == 2);
    assert_true(merged[2][1].all.reads == 14 && merged[2][1].all.simulated_ns == 2.2L);
    assert_true(merged[2][1].all.worst_ns == 5 && merged[2][1].late.unknown_ns == 1e9L / 3);
    assert_true(merged[2][1].late.tellings == 6 && merged[1][1].runs == 0);

    negative_part_write(file, 2, 1, 103, &one);
    rewind(file);
    assert_false(negative_parts_merge(file, merged));

    rewind(file);
    length = fread(text, 1, sizeof text, file);
    file = tmpfile();
    fwrite(text, 1, length / 9, file);
    rewind(file);
    assert_false(negative_parts_merge(file, merged));
}

int main(void)
{
    struct CMUnitTest tests[ROWS_MOST + 8] = {
        cmocka_unit_test(test_wander_beyond_a_fixed_d_is_seen),
        cmocka_unit_test(test_steps_are_seen),
        cmocka_unit_test(test_quiet_is_quiet),
        cmocka_unit_test(test_the_resolution_has_a_hosts_slew),
        cmocka_unit_test(test_parts_add_up),
    };
    unsigned count = 5;
    int failed;

    for (unsigned i = 0; i < negative_row_count; i++)
        tests[count++] =
            (struct CMUnitTest){negative_rows[i].name, test_row, NULL, NULL, (void *)&negative_rows[i]};
    failed = _cmocka_run_group_tests("negative worlds", tests, count, NULL, NULL);
    negative_print(tallies);
    return failed;
}
