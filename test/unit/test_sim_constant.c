/* sources: test/sim/constant.c */
/* flags: -lm -Itest/sim */
/* The simulator's judge: one constant for each count of disruptions, and for all CPUs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "constant.h"

struct world world;
static bool one_wrap = true;

bool promises_one_wrap(void)
{
    return one_wrap;
}

long double wrap_ns(void)
{
    return 1e6L;
}

/* A read at that time, of a record that was published a ms before. */
static long double read_at(unsigned cpu, long double at_ns, uint16_t count, long double error_ns,
                           uint64_t bound_ns)
{
    struct sim_read r = {.cpu = cpu,
                         .stable = cpu == WORLD_CPUS,
                         .disruptions = count,
                         .at_ns = at_ns,
                         .ref = at_ns,
                         .ns = (uint64_t)(at_ns + error_ns),
                         .age_ns = 1000000,
                         .bound_ns = bound_ns};

    return constant_miss_ns(&r, 0);
}

static int begin(void **state)
{
    (void)state;
    world.m.cpus = 3;
    one_wrap = true;
    constants_forget();
    return 0;
}

#define UNIFIED WORLD_CPUS

static void test_it_is_exact_before_any_disruption(void **state)
{
    struct sim_read r = {.cpu = 1};

    (void)state;
    assert_true(read_at(0, 1e9L, 0, 90, 100) == -10);
    assert_true(read_at(1, 1e9L, 0, -130, 100) == 30);
    assert_true(constant_is_exact(&r));
}

/* S creeps away from R by less than its bound at each read, as a keeper does that never steers. */
static void test_creep_is_seen_under_any_count(void **state)
{
    (void)state;
    for (uint16_t count = 0; count < 3; count++) {
        long double missed = 0;

        for (unsigned i = 0; i < 10 && missed <= 0; i++)
            missed = read_at(UNIFIED, 1e10L * (count + 1) + 1e9L * i, count, 5000 * count + 40 * i, 100);
        assert_true(missed > 0);
    }
}

static void test_a_new_count_may_have_another_constant(void **state)
{
    (void)state;
    assert_true(read_at(UNIFIED, 1e9L, 0, 0, 100) <= 0);
    assert_true(read_at(UNIFIED, 2e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(UNIFIED, 3e9L, 1, 70150, 100) <= 0);
    assert_true(read_at(UNIFIED, 4e9L, 1, 70350, 100) > 0);
}

/* Reads far apart in time, each CPU true to itself: but no one constant suits both. */
static void test_two_cpus_need_one_constant(void **state)
{
    (void)state;
    assert_true(read_at(0, 1e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(1, 2e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(0, 3e9L, 1, 70050, 100) <= 0);
    assert_true(read_at(1, 4e9L, 1, 70150, 100) <= 0);

    begin(NULL);
    assert_true(read_at(0, 1e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(1, 2e9L, 1, 71000, 100) <= 0); /* CPU 0 may be of before */
    assert_true(read_at(0, 3e9L, 1, 70000, 100) == 800);
}

/* A CPU that stood still has an old record, of an old constant, until it publishes. */
static void test_an_old_record_keeps_its_own(void **state)
{
    (void)state;
    assert_true(read_at(0, 1e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(1, 2e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(0, 3e9L, 2, 90000, 100) <= 0);
    assert_true(read_at(1, 3e9L - 5e8L, 1, 70000, 100) <= 0);
    assert_true(read_at(1, 4e9L, 2, 90000, 100) <= 0);
    assert_true(read_at(0, 5e9L, 2, 91000, 100) > 0);
}

/* A change of mode changes no constant. */
static void test_it_outlives_a_change_of_mode(void **state)
{
    (void)state;
    assert_true(read_at(UNIFIED, 1e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(0, 2e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(0, 3e9L, 1, 70500, 100) > 0);

    begin(NULL);
    assert_true(read_at(0, 1e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(1, 2e9L, 2, 70000, 100) <= 0);
    assert_true(read_at(0, 3e9L, 1, 70000, 100) <= 0);
    assert_true(read_at(UNIFIED, 4e9L, 2, 70500, 100) > 0);
}

static void test_whole_wraps_count_for_nothing_after_a_fault(void **state)
{
    (void)state;
    assert_true(read_at(0, 1e10L, 0, 3e6L + 20, 100) > 0);
    one_wrap = false;
    assert_true(read_at(0, 1e10L, 0, 3e6L + 20, 100) == -80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_it_is_exact_before_any_disruption, begin),
        cmocka_unit_test_setup(test_creep_is_seen_under_any_count, begin),
        cmocka_unit_test_setup(test_a_new_count_may_have_another_constant, begin),
        cmocka_unit_test_setup(test_two_cpus_need_one_constant, begin),
        cmocka_unit_test_setup(test_an_old_record_keeps_its_own, begin),
        cmocka_unit_test_setup(test_it_outlives_a_change_of_mode, begin),
        cmocka_unit_test_setup(test_whole_wraps_count_for_nothing_after_a_fault, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
