/* sources: hv/time/ratio.c hv/time/blame.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/line.c */
/* flags: -lm */
/*
 * Timers beside the reference, in worlds whose truth is known: crystals off by up to 400 ppm that wander,
 * readings of some width, wide and narrow counters. What is said of R, of rates and of the one that is to
 * blame is held against that truth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "random.h"
#include "time/blame.h"

#define WORLDS   400u
#define READINGS 60u
#define WANDER   10u /* ppb/s */

static const struct counter counters[] = {
    {10000000, 1000000, 64}, /* HPET */
    {69841279, 1000000, 32},
    {88000, 315, 24},
    {88000, 105, 16},
};

/* R is the truth, in ns. The timer's own count is a little faster or slower. */
static struct world {
    struct random r;
    struct counter counter;
    long double now_ns, rate, wander, phase; /* rate: of the timer on R, its mean's deviation */
    long double leapt_ns, bent;              /* what went wrong with it, and from when on */
    long double bent_from;
    uint64_t first;
} w;

static long double part(long double most)
{
    return most * (long double)(random_next(&w.r) >> 11) / 9007199254740992.0L;
}

static uint64_t below(uint64_t n)
{
    return random_next(&w.r) % n;
}

/* The rate is a sine of 200 s whose slope is at most WANDER. */
static long double timer_ns(long double t)
{
    long double omega = 2 * 3.14159265358979L / 200e9L, slope = w.wander * 1e-9L * 1e-9L;

    return t * (1 + w.rate) + slope / omega / omega * (sinl(w.phase + omega * t) - sinl(w.phase)) +
           w.leapt_ns + (w.bent != 0 && t > w.bent_from ? (t - w.bent_from) * w.bent : 0);
}

static uint64_t timer_count(long double t)
{
    uint64_t count = w.first + (uint64_t)(timer_ns(t) * w.counter.den / w.counter.num);

    return w.counter.bits < 64 ? count & ((1ull << w.counter.bits) - 1) : count;
}

/* R is known to within some width around the truth. */
static struct sighting look(void)
{
    long double width = 1 + part(400);
    int64_t lo = (int64_t)floorl(w.now_ns - part(width));

    return (struct sighting){timer_count(w.now_ns), false, {lo, lo + (int64_t)width + 1}};
}

static void world_begins(uint64_t seed)
{
    w = (struct world){.r = {seed}};
    w.counter = counters[below(4)];
    w.rate = part(8e-4L) - 4e-4L;
    w.wander = part(WANDER * 0.9L);
    w.phase = part(6);
    w.first = random_next(&w.r) >> 8;
    w.now_ns = 1e6L + part(1e9L);
}

static bool learn(struct ratio *ratio, unsigned readings, long double gap_ns)
{
    bool all = true;

    for (unsigned i = 0; i < readings; i++) {
        struct sighting seen = look();

        all = ratio_add(ratio, &seen) && all;
        w.now_ns += gap_ns / 2 + part(gap_ns);
    }
    return all;
}

static void what_is_said_of_R_is_true(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct ratio ratio;
        struct range own, ref, ppb;
        long double rate, age = 0;

        world_begins(seed);
        ratio_init(&ratio, &w.counter, WANDER);
        assert_true(learn(&ratio, 1, 1e8L));
        for (unsigned i = 1; i < READINGS; i++) {
            struct sighting seen = look();

            assert_true(ratio_fits(&ratio, &seen));
            assert_true(ratio_place(&ratio, &seen, &own));
            ref = ratio_ref_ns(&ratio, own);
            assert_true((long double)ref.lo <= w.now_ns && w.now_ns <= (long double)ref.hi);
            assert_true(ratio_add(&ratio, &seen));
            ppb = ratio_ppb(&ratio);
            rate = timer_ns(w.now_ns + 5e5L) - timer_ns(w.now_ns - 5e5L);
            rate = (rate / 1e6L - 1) * 1e9L;
            assert_true((long double)ppb.lo - 1 <= rate && rate <= (long double)ppb.hi + 1);
            age += 1;
            w.now_ns += 5e8L + part(1e9L);
        }
        /* A minute of readings of a microsecond or so, and what wander leaves. */
        assert_true(ppb.hi - ppb.lo < 1500);
    }
}

/* A sighting of a quarter wrap's width or more tells nothing. */
static void a_wrap_that_is_not_sure(void **state)
{
    (void)state;
    struct ratio ratio;
    struct sighting seen;
    struct range own;

    world_begins(7);
    w.counter = counters[3];
    ratio_init(&ratio, &w.counter, WANDER);
    assert_true(learn(&ratio, 1, 1e8L));
    w.now_ns += 60e9L; /* 500 ppm of it are 30 ms: half a wrap */
    seen = look();
    assert_false(ratio_place(&ratio, &seen, &own));
    assert_false(ratio_fits(&ratio, &seen));
    assert_false(ratio_add(&ratio, &seen));
    assert_int_equal(ratio.estimate.count, 1);
}

/* A leap, a stop or a new rate is seen once it is larger than what both readings and the wander leave. */
static void a_timer_that_leaves_R_is_seen(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct ratio ratio;
        struct sighting seen;
        struct range own, ref;

        world_begins(seed);
        ratio_init(&ratio, &w.counter, WANDER);
        assert_true(learn(&ratio, 10, 1e9L));
        seen = look();
        assert_true(ratio_place(&ratio, &seen, &own));
        ref = ratio_ref_ns(&ratio, own);
        w.leapt_ns = (long double)(ref.hi - ref.lo) * 2 + 2000 + part(1e6L);
        if (below(2))
            w.leapt_ns = -w.leapt_ns;
        seen = look();
        assert_false(ratio_fits(&ratio, &seen));
        assert_false(ratio_add(&ratio, &seen));
        w.now_ns += 1e9L;
        assert_true(learn(&ratio, 5, 1e9L)); /* and from there on it is learned anew */
    }
}

/* The timer takes the reference's place, and R goes on within what the relay says. */
static void a_relay_goes_on_as_R_did(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct ratio ratio;
        struct relay relay;
        struct sighting seen;
        struct range own;
        uint64_t origin, count;
        long double began;

        world_begins(seed);
        ratio_init(&ratio, &w.counter, WANDER);
        assert_true(learn(&ratio, 20, 1e9L));
        seen = look();
        assert_true(ratio_place(&ratio, &seen, &own));
        relay = ratio_relay(&ratio, own);
        origin = seen.count;
        began = w.now_ns;
        for (unsigned i = 0; i < 20; i++) {
            w.now_ns += 1e7L; /* well within the narrowest wrap */
            count = counter_unwrap(&w.counter, origin, timer_count(w.now_ns));
            int64_t from = relay.base_ns + counter_ns(&relay.counter, count - seen.count);
            int64_t to = relay.base_ns + counter_ns(&relay.counter, count + 1 - seen.count) + 1;
            int64_t slack = relay.slack_ns + (int64_t)(relay.slack_ppb * (w.now_ns - began) * 1e-9L) + 1;

            assert_true((long double)(from - slack) <= w.now_ns && w.now_ns <= (long double)(to + slack));
            origin = count;
        }
        assert_true(relay.slack_ns < 1500 && relay.slack_ppb < 1000);
    }
}

/* By what the TSC and the reference are off in a world, R as each has it. */
static struct range off_by(long double ns)
{
    int64_t lo = (int64_t)floorl(w.now_ns + ns - part(300));

    return (struct range){lo, lo + 301};
}

/* Eight brackets are kept. Where every second reading is wide, the tight ones are. */
static void tight_readings_are_kept(void **state)
{
    (void)state;
    struct ratio ratio;
    unsigned wide = 0;

    world_begins(5);
    w.counter = counters[0];
    ratio_init(&ratio, &w.counter, WANDER);
    for (unsigned i = 0; i < 100; i++) {
        struct sighting seen = look();

        seen.ref_ns.lo -= i % 2 ? 3000 : 0;
        seen.ref_ns.hi += i % 2 ? 3000 : 0;
        assert_true(ratio_add(&ratio, &seen));
        w.now_ns += 1e9L;
    }
    for (unsigned i = 0; i < ratio.estimate.count; i++)
        wide += ratio.estimate.bracket[i].ref_hi_ns - ratio.estimate.bracket[i].ref_lo_ns > 3000;
    assert_int_equal(ratio.estimate.count, RATIO_BRACKETS);
    assert_in_range(wide, 1, 2); /* the last, and one that is to go */
}

/* Where one of the two leaves open which wrap was seen, nothing is said: not for the other either. */
static void a_wrap_that_is_not_sure_says_nothing(void **state)
{
    (void)state;
    struct ratio ratio;
    struct range sure, wide;

    world_begins(3);
    w.counter = counters[3];
    ratio_init(&ratio, &w.counter, WANDER);
    assert_true(learn(&ratio, 20, 1e9L));
    sure = off_by(0);
    wide = off_by(3e6L);
    assert_int_equal(testify(&ratio, timer_count(w.now_ns), false, sure, wide), SAYS_TSC);
    assert_int_equal(testify(&ratio, timer_count(w.now_ns), false, wide, sure), SAYS_REFERENCE);
    wide.hi += 20000000; /* a third of a wrap */
    assert_int_equal(testify(&ratio, timer_count(w.now_ns), false, sure, wide), SAYS_NOTHING);
    assert_int_equal(testify(&ratio, timer_count(w.now_ns), false, wide, sure), SAYS_NOTHING);
}

/*
 * One of the two is right. No timer ever says the opposite of the truth. Where they are far apart, and the
 * timer itself is sound, it says the truth.
 */
static void the_one_that_is_wrong_is_named(void **state)
{
    (void)state;
    unsigned told = 0, asked = 0;

    for (uint64_t seed = 1; seed <= 4 * WORLDS; seed++) {
        struct ratio ratio;
        enum testimony said;
        bool tsc_wrong, far;
        long double off;
        struct range by_tsc, by_reference;
        uint64_t count;

        world_begins(seed);
        ratio_init(&ratio, &w.counter, WANDER);
        assert_true(learn(&ratio, 2 + (unsigned)below(30), 1e9L));
        off = 400 * expl(part(logl(1e9L / 400)));
        off = below(2) ? off : -off;
        tsc_wrong = below(2);
        count = timer_count(w.now_ns);
        by_tsc = off_by(tsc_wrong ? off : 0);
        by_reference = off_by(tsc_wrong ? 0 : off);
        if (by_tsc.lo <= by_reference.hi && by_reference.lo <= by_tsc.hi)
            continue;
        said = testify(&ratio, count, false, by_tsc, by_reference);
        assert_int_not_equal(said, tsc_wrong ? SAYS_TSC : SAYS_REFERENCE);
        assert_int_not_equal(said, SAYS_NEITHER);
        far = fabsl(off) > 20000 && fabsl(off) < 1e7L; /* beyond a wrap a PIT cannot tell */
        asked += far;
        told += far && said == (tsc_wrong ? SAYS_REFERENCE : SAYS_TSC);
        if (far)
            assert_int_not_equal(said, SAYS_NOTHING);
        if (!tsc_wrong) {
            said = testify(&ratio, count, false, by_tsc, NOWHERE);
            assert_int_equal(said, SAYS_TSC);
            by_reference = (struct range){INT64_MAX - 1, INT64_MAX};
            assert_int_equal(testify(&ratio, count, false, by_tsc, by_reference), SAYS_TSC);
            by_reference = (struct range){INT64_MIN, INT64_MIN + 1};
            assert_int_equal(testify(&ratio, count, false, by_tsc, by_reference), SAYS_TSC);
        }
    }
    assert_int_equal(told, asked);
    assert_true(asked > WORLDS);
}

/* One that is itself wrong says neither, and one that was read once says nothing. */
static void who_cannot_testify(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct ratio ratio;

        world_begins(seed);
        ratio_init(&ratio, &w.counter, WANDER);
        assert_true(learn(&ratio, 1, 1e9L));
        assert_int_equal(testify(&ratio, timer_count(w.now_ns), false, off_by(0), off_by(1e6L)),
                         SAYS_NOTHING);
        assert_true(learn(&ratio, 10, 1e9L));
        w.leapt_ns = 3e6L;
        assert_int_equal(testify(&ratio, timer_count(w.now_ns), false, off_by(0), off_by(-1e6L)),
                         SAYS_NEITHER);
    }
}

/* All that up to four can say, counted in another way: the sign of a sum. */
static void the_majority_decides(void **state)
{
    (void)state;
    for (unsigned count = 0; count <= 4; count++) {
        for (unsigned all = 0; all < 1u << 2 * count; all++) {
            enum testimony said[4];
            int sum = 0;

            for (unsigned i = 0; i < count; i++) {
                said[i] = (enum testimony)(all >> 2 * i & 3);
                sum += said[i] == SAYS_TSC ? 1 : said[i] == SAYS_REFERENCE ? -1 : 0;
            }
            assert_int_equal(blame(said, count), sum > 0   ? BLAME_REFERENCE
                                                 : sum < 0 ? BLAME_TSC
                                                           : BLAME_UNKNOWN);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_of_R_is_true),
        cmocka_unit_test(a_wrap_that_is_not_sure),
        cmocka_unit_test(a_timer_that_leaves_R_is_seen),
        cmocka_unit_test(a_relay_goes_on_as_R_did),
        cmocka_unit_test(tight_readings_are_kept),
        cmocka_unit_test(a_wrap_that_is_not_sure_says_nothing),
        cmocka_unit_test(the_one_that_is_wrong_is_named),
        cmocka_unit_test(who_cannot_testify),
        cmocka_unit_test(the_majority_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
