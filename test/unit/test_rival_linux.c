/* sources: test/sim/rival.c test/sim/rival_kvm.c test/sim/rival_linux.c test/sim/rival_seed.c test/sim/rival_seed_parts.c test/sim/rival_xen.c test/sim/rival_plain.c test/sim/rival_score.c */
/* flags: -lm */
/*
 * A Linux host disciplined to the reference, by ntpd's loop and by chrony's line through its samples; and a
 * guest's clamp. In a world without luck each finds the rate that whole kHz lack, by its own law.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../sim/rival_linux.h"
#include "../sim/rival_plain.h"
#include "../sim/rival_score.h"

#define KHZ_LESS 2599999999ull /* nearly a whole kHz is cut off: 0.385 ppm */
#define MINUTE   (60 * SECOND_NS)

static struct plain p;

static int64_t error_ns(const struct rival *r)
{
    return (int64_t)(rival_read(r, 0) - p.now_ns);
}

/* The largest error from one time to another, looked at every second. */
static int64_t worst(struct rival *r, uint64_t from_ns, uint64_t until_ns)
{
    int64_t most = 0;

    plain_run(&p, r, from_ns);
    while (p.now_ns < until_ns) {
        int64_t off = error_ns(r) < 0 ? -error_ns(r) : error_ns(r);

        most = off > most ? off : most;
        plain_run(&p, r, p.now_ns + SECOND_NS);
    }
    return most;
}

/* The rate changes by so many Hz, and the TSC does not jump. */
static void change_rate(int64_t hz)
{
    uint64_t before = p.world.tsc(p.world.self, 0);

    p.hz[0] += (uint64_t)hz;
    p.offset[0] += before - p.world.tsc(p.world.self, 0);
}

/* Two samples give the line: the first one is off by 6 us, and from the third on nothing is. */
static void chrony_finds_a_rate_within_a_minute(void **state)
{
    struct rival *r;

    (void)state;
    plain_init(&p, KHZ_LESS);
    r = rival_new(&rival_linux_chrony, &p.world, 1);
    assert_in_range(worst(r, 10 * SECOND_NS, 16 * SECOND_NS), 3000, 6500);
    assert_in_range(worst(r, MINUTE, 10 * MINUTE), 0, 100);
    rival_free(r);
}

/* A loop has a time of its own: minutes until the rate is right, with an overshoot. */
static void ntpd_finds_it_within_an_hour(void **state)
{
    struct rival *r;

    (void)state;
    plain_init(&p, KHZ_LESS);
    r = rival_new(&rival_linux_ntpd, &p.world, 1);
    assert_in_range(worst(r, MINUTE, 10 * MINUTE), 5000, 50000);
    assert_in_range(worst(r, 60 * MINUTE, 70 * MINUTE), 0, 500);
    rival_free(r);
}

/* While nothing changes all samples count. A change of rate leaves the old ones out, soon. */
static void chrony_leaves_out_what_no_longer_fits(void **state)
{
    struct rival *r;

    (void)state;
    plain_init(&p, KHZ_LESS);
    for (unsigned i = 0; i < PLAIN_READS; i++)
        p.read_ns[i] = 50 + i * 37 % 100;
    p.reads_set = PLAIN_READS;
    r = rival_new(&rival_linux_chrony, &p.world, 1);
    plain_run(&p, r, 20 * MINUTE);
    assert_in_range(rival_linux_samples(r), 16, 64);
    change_rate(26000); /* 10 ppm */
    assert_in_range(worst(r, 20 * MINUTE, 21 * MINUTE), 100000, 400000);
    assert_in_range(rival_linux_samples(r), 3, 12);
    assert_in_range(worst(r, 30 * MINUTE, 40 * MINUTE), 0, 2000);
    rival_free(r);
}

/* A change of rate is no step: a ns before it and at it, and on all CPUs, it is the same line. */
static void all_cpus_have_one_line_without_a_step(void **state)
{
    static const struct rival_kind *const kinds[] = {&rival_linux_ntpd, &rival_linux_chrony};

    (void)state;
    for (unsigned kind = 0; kind < 2; kind++) {
        struct rival *r;
        uint64_t at_ns, before;
        unsigned cpu;

        plain_init(&p, KHZ_LESS);
        p.offset[2] = 1ull << 40;
        r = rival_new(kinds[kind], &p.world, 3);
        plain_run(&p, r, 2 * SECOND_NS);
        while ((at_ns = rival_next_ns(r, &cpu)) < 10 * MINUTE) {
            if (at_ns > p.now_ns + 1)
                plain_run(&p, r, at_ns - 1);
            before = rival_read(r, 0);
            plain_run(&p, r, at_ns);
            assert_in_range(rival_read(r, 0) - before, 0, 2);
            assert_int_equal(rival_read(r, 2), rival_read(r, 0));
        }
        rival_free(r);
    }
}

/* Of the same clocks, Xen's stepped ones: some reads are behind others'. With the guest's clamp none is. */
static void a_clamp_hides_what_is_apart(void **state)
{
    static const struct rival_kind *const kinds[] = {&rival_xen_stepped, &rival_xen_clamped};
    uint64_t behind[2];

    (void)state;
    for (unsigned kind = 0; kind < 2; kind++) {
        struct score *s = calloc(1, sizeof(*s));
        struct rival *r;

        plain_init(&p, 2600000000ull);
        p.delay_ns[RIVAL_DELAY_RELEASE] = 5000;
        r = rival_new(kinds[kind], &p.world, 2);
        plain_run(&p, r, 20 * SECOND_NS);
        for (unsigned i = 0; i < 20000; i++) {
            plain_run(&p, r, p.now_ns + 1000);
            score_read(s, i % 2, rival_read(r, i % 2), (int64_t)p.now_ns);
        }
        behind[kind] = s->behind;
        rival_free(r);
        free(s);
    }
    assert_true(behind[0] > 5000);
    assert_int_equal(behind[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chrony_finds_a_rate_within_a_minute),
        cmocka_unit_test(ntpd_finds_it_within_an_hour),
        cmocka_unit_test(chrony_leaves_out_what_no_longer_fits),
        cmocka_unit_test(all_cpus_have_one_line_without_a_step),
        cmocka_unit_test(a_clamp_hides_what_is_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
