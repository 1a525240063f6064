/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/timeline.c hv/time/wallclock.c */
/* flags: -lm */
/* The timeline steered after a reference whose truth is known: T1, T3, T5 and T6 at every read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random.h"
#include "time/fixed.h"
#include "time/timeline.h"
#include "time/wallclock.h"

#define HZ 3000000000ull

static const struct counter HPET = {10000000, 1000000, 64};

/* TSC and R in exact step but for `ppm`; R from 0. */
struct rig {
    struct random r;
    uint64_t tsc;
    long double ppm, jump_ns; /* jump: added to R for good */
    struct estimate estimate;
    struct outlook outlook;
    struct timeline timeline;
    struct bound bound;
};

static long double truth(const struct rig *rig)
{
    return (long double)rig->tsc / 3 * (1 + rig->ppm * 1e-6L) + rig->jump_ns;
}

static bool look(struct rig *rig)
{
    uint64_t lo = rig->tsc, noise = 100 + random_next(&rig->r) % 1000;

    rig->tsc += noise;
    uint64_t count = (uint64_t)(truth(rig) / 10);
    rig->tsc += noise;
    struct bracket b = bracket_from_count(&HPET, 0, count, false, lo, rig->tsc);
    return estimate_add(&rig->estimate, &b, &rig->outlook);
}

static struct consensus alone(const struct rig *rig)
{
    struct consensus all;

    consensus_start(&all);
    consensus_join(&all, &rig->outlook, rig->tsc, 0);
    return all;
}

static void start(struct rig *rig, uint64_t seed, long double ppm)
{
    struct tsc_scale nominal;

    *rig = (struct rig){.r = {seed}, .tsc = 3000000, .ppm = ppm};
    assert_true(scale_from_hz(HZ, &nominal));
    estimate_init(&rig->estimate, nominal, (struct crystal){10, 0});
    for (int i = 0; i < 4; i++) {
        assert_true(look(rig));
        rig->tsc += HZ / 100;
    }
    assert_true(look(rig));
    struct consensus all = alone(rig);
    timeline_start(&rig->timeline, rig->tsc, nominal, &all, 0);
}

static void assert_in_bound(const struct rig *rig)
{
    long double error = line_read(&rig->timeline.line, rig->tsc) - (truth(rig) + rig->timeline.anchor_ns);
    long double age = (rig->tsc - rig->timeline.line.tsc) / 3.0L;

    if (rig->bound.ns != UINT64_MAX)
        assert_true(fabsl(error) <= rig->bound.ns + rig->bound.ppb * 1e-9L * age + 1);
}

static void bound_holds_and_time_never_goes_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 30; seed++) {
        struct rig rig;
        uint64_t last = 0;

        start(&rig, seed, (long double)seed * 12 - 180);
        for (int i = 0; i < 400; i++) {
            assert_true(look(&rig));
            struct consensus all = alone(&rig);
            rig.bound = timeline_update(&rig.timeline, rig.tsc, &all);
            assert_true(rig.bound.ns != UINT64_MAX);
            for (int read = 0; read < 10; read++) {
                uint64_t now = line_read(&rig.timeline.line, rig.tsc);
                assert_true(now >= last);
                assert_in_bound(&rig);
                last = now;
                rig.tsc += HZ / 40;
            }
        }
        assert_true(rig.bound.ns < 3000 && rig.bound.ppb < 500);
        assert_int_equal(rig.timeline.disruptions, 0);
    }
}

static void corrections_slew_within_the_stated_limit(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 3, 0);
    rig.timeline.line.ns += 50000000; /* as if S had been 50 ms ahead */
    for (int i = 0; i < 100; i++) {
        assert_true(look(&rig));
        struct consensus all = alone(&rig);
        uint64_t before = line_read(&rig.timeline.line, rig.tsc);
        timeline_update(&rig.timeline, rig.tsc, &all);
        uint64_t after = line_read(&rig.timeline.line, rig.tsc);
        assert_true(after == before ||
                    after == before + 1); /* the fraction rounds up to the next ns at most */
        int64_t rate = ppb_from_q32_away(scale_deviation(rig.timeline.nominal, rig.timeline.line.scale));
        assert_true(rate >= -TIMELINE_SLEW_PPB - 2000 && rate <= TIMELINE_SLEW_PPB + 2000);
        rig.tsc += HZ / 4;
    }
}

/* T6: counted, S neither back nor stepped, the bound unknown until it is established, then true again. */
static void a_disruption_is_counted_and_survived(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct rig rig;
        int unknown = 0;

        start(&rig, 5, 20);
        for (int i = 0; i < 60; i++) {
            if (i == 30)
                rig.jump_ns = kind ? 1e9L : -2e7L;
            uint64_t before = line_read(&rig.timeline.line, rig.tsc);
            if (!look(&rig)) {
                assert_int_equal(i, 30);
                timeline_disrupt(&rig.timeline, rig.tsc, before);
            }
            struct consensus all = alone(&rig);
            rig.bound = timeline_update(&rig.timeline, rig.tsc, &all);
            assert_true(line_read(&rig.timeline.line, rig.tsc) >= before);
            unknown += rig.bound.ns == UINT64_MAX;
            rig.tsc += HZ / 4;
            assert_in_bound(&rig);
        }
        assert_int_equal(rig.timeline.disruptions, 1);
        assert_true(unknown > 0 && unknown <= (int)TIMELINE_SETTLING);
        assert_true(rig.bound.ns != UINT64_MAX);
    }
}

static void a_tsc_set_back_sends_time_forward_not_back(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 6, 0);
    rig.tsc += HZ;
    uint64_t seen = line_read(&rig.timeline.line, rig.tsc);
    rig.tsc = 50;
    timeline_disrupt(&rig.timeline, rig.tsc, seen);
    assert_true(line_read(&rig.timeline.line, rig.tsc) >= seen);
    assert_true(line_read(&rig.timeline.line, rig.tsc + 3000) >= seen + 990);
}

static void disagreement_leaves_the_bound_unknown(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 8, 0);
    struct consensus all = alone(&rig);
    all.agree = false;
    assert_true(timeline_update(&rig.timeline, rig.tsc, &all).ns == UINT64_MAX);
    assert_true(timeline_update(&rig.timeline, rig.tsc, &all).ppb == UINT32_MAX);
}

static void tolerance_of_the_reference_is_in_the_bound(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, 9, 0);
    rig.timeline.line.ns = 100000000000ull; /* 100 s since boot */
    rig.timeline.anchor_ns = (int64_t)rig.timeline.line.ns - (int64_t)truth(&rig);
    struct consensus all = alone(&rig);
    struct bound plain = timeline_update(&rig.timeline, rig.tsc, &all);
    rig.timeline.tolerance_ppb = 700;
    struct bound tolerant = timeline_update(&rig.timeline, rig.tsc, &all);
    assert_true(tolerant.ns >= plain.ns + 69000 && tolerant.ppb >= plain.ppb + 699);
}

/* The seed's carry took 10,000,000 us off for each second: an hour gained every quarter second. */
static void wall_clock_carries_one_second(void **state)
{
    struct utc base, at;

    (void)state;
    assert_true(wallclock_base((struct utc){1120824000, 900000000}, 5000000123ull, &base));
    for (uint64_t s = 0; s < 86400; s += 7) {
        at = wallclock_at(base, 5000000123ull + s * 1000000000ull + 250000000);
        assert_int_equal(at.s, 1120824000 + (int64_t)s + 1);
        assert_int_equal(at.ns, 150000000);
    }
    assert_true(wallclock_base((struct utc){0, 0}, 1500000000, &base));
    assert_int_equal(base.s, -2);
    assert_int_equal(base.ns, 500000000);
    assert_false(wallclock_base((struct utc){0, 1000000000}, 0, &base));
    assert_false(wallclock_base((struct utc){INT64_MAX, 0}, 0, &base));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bound_holds_and_time_never_goes_back),
        cmocka_unit_test(corrections_slew_within_the_stated_limit),
        cmocka_unit_test(a_disruption_is_counted_and_survived),
        cmocka_unit_test(a_tsc_set_back_sends_time_forward_not_back),
        cmocka_unit_test(disagreement_leaves_the_bound_unknown),
        cmocka_unit_test(tolerance_of_the_reference_is_in_the_bound),
        cmocka_unit_test(wall_clock_carries_one_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
