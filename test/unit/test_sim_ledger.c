/* sources: test/sim/ledger.c test/sim/told.c */
/* flags: -lm -Itest/sim */
/*
 * The negative worlds' ledger: what was outside, what of it was told, and what a breach's figures are worth.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "constant.h"
#include "kept.h"
#include "ledger.h"

struct world world;
struct kept kept;
static struct meridian_assumed assumed;
static struct outcome all, late;

const struct meridian_assumed *keeper_assumed(void);
const struct meridian_assumed *keeper_assumed(void)
{
    return &assumed;
}

/* The bound is 100 ns; S is the truth, and so much off. */
static long double missed_ns(const struct sim_read *r)
{
    return fabsl((long double)r->ns - r->ref) - 100;
}

long double constant_miss_ns(const struct sim_read *r, long double spare_ns)
{
    return missed_ns(r) - spare_ns;
}

long double constant_peek_ns(const struct sim_read *r)
{
    return missed_ns(r);
}

long double constant_room_ns(const struct sim_read *r)
{
    (void)r;
    return 0;
}

void trace(const char *format, ...)
{
    (void)format;
}

static struct sim_read read_off(long double at_ns, long double off_ns)
{
    return (struct sim_read){.at_ns = at_ns, .ref = at_ns, .ns = (uint64_t)(at_ns + off_ns), .bound_ns = 100};
}

static void reads(long double from_ns, long double to_ns, long double off_ns)
{
    for (long double ns = from_ns; ns < to_ns; ns += 5e6L) {
        struct sim_read r = read_off(ns, off_ns);

        world.now_ns = ns;
        ledger_read(&r, 50);
    }
}

static int begin(void **state)
{
    (void)state;
    all = late = (struct outcome){0};
    world.m.ref = (struct counter){10, 1, 64};
    world.now_ns = 1e9L;
    kept.cpus[0].width_ns = 90;
    assumed = (struct meridian_assumed){.resolution_ns = 100, .excursion_ns = 8};
    ledger_begin(&all, &late);
    return 0;
}

/* Long after all of it: what was to be told has been. */
static void end(void)
{
    world.now_ns += 1e9L;
    ledger_end();
}

static void test_what_is_inside_is_not_noted(void **state)
{
    (void)state;
    reads(1e9L, 2e9L, 99);
    end();
    assert_true(all.known == all.reads && all.reads > 190);
    assert_true(all.outside == 0 && all.beyond == 0);
    assert_true(all.bound_ns == 2 * all.oracle_ns);
}

static void test_silence_below_the_resolution_is_forgiven(void **state)
{
    (void)state;
    reads(1e9L, 2e9L, 205);
    end();
    assert_true(all.outside == all.known && all.told == 0 && all.beyond == 0);
    assert_true(all.worst_ns > 104 && all.worst_ns < 106);
}

static void test_silence_beyond_it_is_not(void **state)
{
    (void)state;
    reads(1e9L, 2e9L, 215);
    end();
    assert_true(all.outside == all.known && all.beyond == all.known);
}

/* The resolution of the look after counts too, but none of long after. */
static void test_the_next_look_may_have_less_resolution(void **state)
{
    (void)state;
    reads(1e9L, 1.2e9L, 215);
    assumed.resolution_ns = 120;
    ledger_looked(0, 0);
    reads(2e9L, 2.2e9L, 205);
    end();
    assert_true(all.beyond == 0);

    begin(NULL);
    reads(1e9L, 1.2e9L, 215);
    world.now_ns = 1.5e9L;
    assumed.resolution_ns = 120;
    ledger_looked(0, 0);
    end();
    assert_true(all.beyond == all.outside);
}

static void test_what_is_told_is_not_silent(void **state)
{
    (void)state;
    reads(1e9L, 1.5e9L, 400);
    world.now_ns = 1.5e9L;
    ledger_heard("@breach n=0 cpu=0 from_ns=1000000000 to_ns=1500000000 at_least_ns=250 at_most_ns=310 "
                 "told_ns=1500000000\n");
    end();
    assert_true(all.told == all.outside && all.outside > 90 && all.beyond == 0);
    assert_true(all.tellings == 1 && all.false_tellings == 0);
    assert_true(all.least_too_much == 0 && all.most_too_little == 0 && all.most_too_much == 0);
    assert_true(all.slowest_ns > 4.9e8L && all.slowest_ns < 5.1e8L);
}

/* Told too low, or of another time, is not told. */
static void test_half_a_confession_is_none(void **state)
{
    (void)state;
    reads(1e9L, 1.5e9L, 400);
    ledger_heard(
        "@breach n=0 cpu=0 from_ns=1000000000 to_ns=1500000000 at_least_ns=100 at_most_ns=290 told_ns=1\n");
    ledger_heard(
        "@breach n=1 cpu=0 from_ns=1000000000 to_ns=1200000000 at_least_ns=100 at_most_ns=310 told_ns=1\n");
    end();
    assert_true(all.told >= 39 && all.told <= 44);
    assert_true(all.beyond == all.outside - all.told);
    assert_true(all.most_too_little == 1);
}

static void test_figures_must_be_true(void **state)
{
    (void)state;
    reads(1e9L, 1.5e9L, 400);
    ledger_heard(
        "@breach n=0 cpu=0 from_ns=1000000000 to_ns=1500000000 at_least_ns=310 at_most_ns=520 told_ns=1\n");
    assert_true(all.least_too_much == 1 && all.most_too_much == 1 && all.most_too_little == 0);
}

static void test_a_breach_where_none_was_is_false(void **state)
{
    (void)state;
    reads(1e9L, 1.5e9L, 50);
    ledger_heard(
        "@breach n=0 cpu=0 from_ns=1000000000 to_ns=1500000000 at_least_ns=1 at_most_ns=5 told_ns=1\n");
    end();
    assert_true(all.tellings == 1 && all.false_tellings == 1);
}

/* A disruption says that nothing was true since the look before it. */
static void test_a_disruption_tells_the_last_look(void **state)
{
    (void)state;
    reads(1e9L, 1.5e9L, 400);
    ledger_heard("@disruption cpu=0 what=tsc-set-back off_ns=1 at_ns=1\n");
    reads(1.5e9L, 2.5e9L, 400);
    end();
    assert_true(all.disruptions == 1);
    assert_true(all.told >= 105 && all.told <= 115);
    assert_true(all.outside - all.told == all.beyond);
}

/* A reading that failed in between: then the last one that came is the look before it. */
static void test_a_disruption_tells_since_the_last_reading(void **state)
{
    (void)state;
    world.cpus[0].reading = (struct true_reading){.taken = true, .from_ns = 1e9L};
    ledger_looked(0, 0);
    world.cpus[0].reading.taken = false;
    reads(1.05e9L, 1.25e9L, 400);
    ledger_looked(0, 0);
    reads(1.25e9L, 1.5e9L, 400);
    ledger_heard("@disruption cpu=0 what=tsc-set-back off_ns=1 at_ns=1\n");
    end();
    assert_true(all.told == all.outside && all.beyond == 0);
    world.cpus[0].reading = (struct true_reading){.taken = false};
}

/* The run ends before the look at which it would be told. */
static void test_what_could_not_be_told_is_not_silent(void **state)
{
    (void)state;
    reads(1e9L, 1.25e9L, 400);
    ledger_end();
    assert_true(all.outside > 40 && all.beyond == 0);
}

/* What the bound grew by until the next look is to spare, twice; and a moment between looks is no read. */
static void test_what_grew_is_to_spare(void **state)
{
    struct sim_read r = read_off(1.1e9L, 300);

    (void)state;
    world.now_ns = 1.2e9L;
    ledger_looked(0, 400); /* 110 ns in 275 ms */
    ledger_glance(&r);
    ledger_heard(
        "@breach n=0 cpu=0 from_ns=1000000000 to_ns=1500000000 at_least_ns=199 at_most_ns=630 told_ns=1\n");
    assert_true(all.most_too_much == 0 && all.least_too_much == 0 && all.false_tellings == 0);
    ledger_heard(
        "@breach n=1 cpu=0 from_ns=1000000000 to_ns=1500000000 at_least_ns=205 at_most_ns=640 told_ns=1\n");
    assert_true(all.most_too_much == 1 && all.least_too_much == 1);
    assert_true(all.outside == 0 && all.known == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_is_inside_is_not_noted, begin),
        cmocka_unit_test_setup(test_silence_below_the_resolution_is_forgiven, begin),
        cmocka_unit_test_setup(test_silence_beyond_it_is_not, begin),
        cmocka_unit_test_setup(test_the_next_look_may_have_less_resolution, begin),
        cmocka_unit_test_setup(test_what_is_told_is_not_silent, begin),
        cmocka_unit_test_setup(test_half_a_confession_is_none, begin),
        cmocka_unit_test_setup(test_figures_must_be_true, begin),
        cmocka_unit_test_setup(test_a_breach_where_none_was_is_false, begin),
        cmocka_unit_test_setup(test_a_disruption_tells_the_last_look, begin),
        cmocka_unit_test_setup(test_a_disruption_tells_since_the_last_reading, begin),
        cmocka_unit_test_setup(test_what_could_not_be_told_is_not_silent, begin),
        cmocka_unit_test_setup(test_what_grew_is_to_spare, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
