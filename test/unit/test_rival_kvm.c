/* sources: test/sim/rival.c test/sim/rival_kvm.c test/sim/rival_linux.c test/sim/rival_seed.c test/sim/rival_seed_parts.c test/sim/rival_xen.c test/sim/rival_plain.c test/sim/rival_score.c */
/* flags: -lm */
/*
 * KVM's one master pair: order without a step, a rate in whole kHz for ever; and the score that all are
 * given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../sim/rival_kvm.h"
#include "../sim/rival_plain.h"
#include "../sim/rival_score.h"

#define HOUR_NS (3600 * SECOND_NS)

/* Just below a whole kHz the most is cut off: 1 kHz of 2.6 GHz. */
static void whole_khz_are_0_39_ppm_at_2_6_ghz(void **state)
{
    struct plain p;
    struct rival *r;
    int64_t error_ns;

    (void)state;
    plain_init(&p, 2599999999ull);
    r = rival_new(&rival_kvm, &p.world, 4);
    plain_run(&p, r, HOUR_NS);
    assert_int_equal(rival_kvm_host_khz(r), 2599999);
    error_ns = (int64_t)(rival_read(r, 0) - HOUR_NS);
    /* 0.384 ppm of an hour, but for the first second: 1.38 ms. */
    assert_in_range(error_ns, 1380000, 1386000);
    rival_free(r);
}

static void it_never_brings_its_rate_up_to_date(void **state)
{
    struct plain p;
    struct rival *r;
    struct kvm_pair first;

    (void)state;
    plain_init(&p, 2599999999ull);
    r = rival_new(&rival_kvm, &p.world, 2);
    plain_run(&p, r, 2 * SECOND_NS);
    first = rival_kvm_pair(r, 1);
    plain_run(&p, r, 10 * HOUR_NS);
    assert_int_equal(rival_kvm_pair(r, 1).tsc, first.tsc);
    assert_int_equal(rival_kvm_pair(r, 1).ns, first.ns);
    rival_free(r);
}

static void all_vcpus_read_the_same(void **state)
{
    struct plain p;
    struct rival *r;

    (void)state;
    plain_init(&p, 2600000000ull);
    r = rival_new(&rival_kvm, &p.world, 64);
    for (uint64_t second = 2; second < 100; second++) {
        plain_run(&p, r, second * SECOND_NS);
        for (unsigned cpu = 1; cpu < 64; cpu++)
            assert_int_equal(rival_read(r, cpu), rival_read(r, 0));
    }
    rival_free(r);
}

/*
 * Out of step at the start: brought in step once. Rates 20 ppm apart: 1.7 s a day between VCPUs, unnoticed.
 */
static void rates_20_ppm_apart_go_unnoticed(void **state)
{
    struct plain p;
    struct rival *r;
    uint64_t day_ns = 24 * HOUR_NS;

    (void)state;
    plain_init(&p, 2600000000ull);
    p.hz[1] += 52000;
    p.offset[1] = 1ull << 41;
    r = rival_new(&rival_kvm, &p.world, 2);
    plain_run(&p, r, SECOND_NS);
    assert_int_equal(rival_read(r, 1), rival_read(r, 0));
    plain_run(&p, r, day_ns + SECOND_NS);
    assert_true(rival_kvm_has_master(r));
    assert_in_range(rival_read(r, 1) - rival_read(r, 0), 1727900000ull, 1728100000ull);
    rival_free(r);
}

/* 1000 ppm are: then each VCPU has its pair, and is brought back every 300 s, by a step. */
static void a_tsc_1000_ppm_off_ends_the_master(void **state)
{
    struct plain p;
    struct rival *r;
    struct score *s = calloc(1, sizeof(*s));

    (void)state;
    plain_init(&p, 2600000000ull);
    p.hz[1] += 2600000;
    r = rival_new(&rival_kvm, &p.world, 2);
    plain_run(&p, r, SECOND_NS);
    assert_true(rival_kvm_has_master(r));
    while (p.now_ns < 700 * SECOND_NS) {
        plain_run(&p, r, p.now_ns + 10000000);
        score_read(s, 1, rival_read(r, 1), (int64_t)p.now_ns);
    }
    assert_false(rival_kvm_has_master(r));
    assert_int_equal(s->back_self, 2);
    assert_in_range(s->worst_self_ns, 289000000, 291000000); /* 300 ms, less the 10 since the last read */
    assert_in_range(s->worst_error_ns, 299000000, 301000000);
    rival_free(r);
    free(s);
}

/* ---- The score ---- */

static void the_score_counts_steps_and_drift(void **state)
{
    struct score *s = calloc(1, sizeof(*s));
    const uint64_t apart[] = {100, 170, 90};

    (void)state;
    score_read(s, 0, 1000, 1000);
    score_read(s, 1, 1500, 1500);
    score_read(s, 0, 1400, 1510); /* behind CPU 1 by 100, not behind itself */
    score_read(s, 0, 1350, 1520); /* behind itself by 50 */
    assert_int_equal(s->behind, 2);
    assert_int_equal(s->back_self, 1);
    assert_int_equal(s->worst_self_ns, 50);
    assert_int_equal(s->worst_across_ns, 150);
    assert_int_equal(s->worst_error_ns, 170);
    score_spread(s, apart, 3);
    assert_int_equal(s->worst_spread_ns, 80);
    score_settled(s);
    score_read(s, 0, 10000, 10000);
    score_read(s, 1, 10000, 10000);
    score_read(s, 0, 10000 + SECOND_NS - 20000, 10000 + (int64_t)SECOND_NS); /* 20 ppm */
    score_read(s, 1, 10000 + SECOND_NS + 1000, 10000 + (int64_t)SECOND_NS);
    score_end(s);
    assert_true(s->drift_ns_per_day < -1.7279e9 && s->drift_ns_per_day > -1.7281e9);
    free(s);
}

/* A clock that is off by up to 1 us, and by most of it at the last read, does not drift by 1 us an hour. */
static void noise_is_no_drift(void **state)
{
    struct score *s = calloc(1, sizeof(*s));

    (void)state;
    for (uint64_t i = 1; i <= 3600; i++)
        score_read(s, 0, i * SECOND_NS + i * 611 % 1000, (int64_t)(i * SECOND_NS));
    score_read(s, 0, 3600 * SECOND_NS + 1000, 3600 * (int64_t)SECOND_NS);
    score_end(s);
    assert_true(s->drift_ns_per_day < 1000 && s->drift_ns_per_day > -1000);
    free(s);
}

static void the_score_takes_the_wildest_clock(void **state)
{
    struct score *s = calloc(1, sizeof(*s));

    (void)state;
    score_read(s, 0, UINT64_MAX - 5, 7);
    assert_int_equal(s->worst_error_ns, INT64_MAX);
    score_read(s, 0, 0, INT64_MAX);
    assert_int_equal(s->worst_error_ns, INT64_MAX);
    assert_int_equal(s->worst_self_ns, UINT64_MAX - 5);
    free(s);
}

/* ---- What the models share ---- */

static void a_narrow_reference_loses_no_turn(void **state)
{
    struct plain p;
    struct rival *r;

    (void)state;
    plain_init(&p, 2600000000ull);
    p.world.ref_num = 88000; /* a PIT */
    p.world.ref_den = 105;
    p.world.ref_bits = 16;
    r = rival_new(&rival_kvm, &p.world, 1);
    for (uint64_t ns = 40000000; ns < 100 * SECOND_NS; ns = ns * 3 / 2) {
        p.now_ns = ns;
        assert_int_equal(rival_count(r), rival_muldiv(ns, 105, 88000));
    }
    rival_free(r);
}

static void muldiv_is_exact(void **state)
{
    uint64_t x = 88172645463325252ull;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t v[3];

        for (int k = 0; k < 3; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            v[k] = x >> (x & 31);
        }
        v[2] = (v[2] >> 2) + 1;
        unsigned __int128 whole = (unsigned __int128)v[0] * v[1] / v[2];
        if (whole < (unsigned __int128)1 << 63)
            assert_int_equal(rival_muldiv(v[0], v[1], v[2]), (uint64_t)whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_khz_are_0_39_ppm_at_2_6_ghz),
        cmocka_unit_test(it_never_brings_its_rate_up_to_date),
        cmocka_unit_test(all_vcpus_read_the_same),
        cmocka_unit_test(rates_20_ppm_apart_go_unnoticed),
        cmocka_unit_test(a_tsc_1000_ppm_off_ends_the_master),
        cmocka_unit_test(the_score_counts_steps_and_drift),
        cmocka_unit_test(noise_is_no_drift),
        cmocka_unit_test(the_score_takes_the_wildest_clock),
        cmocka_unit_test(a_narrow_reference_loses_no_turn),
        cmocka_unit_test(muldiv_is_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
