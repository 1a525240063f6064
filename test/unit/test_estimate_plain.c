/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c */
/*
 * The estimate against its plain form, on readings of every kind: tight and wide, close and years apart, TSCs
 * that slip, jump and stand. Equal in every field after every reading, and at every TSC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "estimate_plain.h"
#include "random.h"
#include "time/fixed.h"

static struct random r;
static unsigned agreed, disrupted, slipped, full, aged;

static uint64_t below(uint64_t n)
{
    return random_next(&r) % n;
}

/* Of any size up to 2^bits. */
static uint64_t sized(unsigned bits)
{
    return below(1ull << (1 + below(bits)));
}

static void assert_same_outlook(const struct outlook *a, const struct outlook *b)
{
    assert_int_equal(a->tsc, b->tsc);
    assert_int_equal(a->lo_ns, b->lo_ns);
    assert_int_equal(a->hi_ns, b->hi_ns);
    assert_int_equal(a->rate_lo, b->rate_lo);
    assert_int_equal(a->rate_hi, b->rate_hi);
    assert_int_equal(a->nominal.mul, b->nominal.mul);
    assert_int_equal(a->nominal.shift, b->nominal.shift);
    assert_int_equal(a->wander_ppb_s, b->wander_ppb_s);
}

static void assert_same_range(struct range a, struct range b)
{
    assert_int_equal(a.lo, b.lo);
    assert_int_equal(a.hi, b.hi);
}

static void assert_same(const struct estimate *e, const struct plain *p)
{
    assert_int_equal(e->count, p->count);
    assert_int_equal(e->slips, p->slips);
    for (unsigned i = 0; i < p->count; i++) {
        assert_int_equal(e->bracket[i].tsc_lo, p->bracket[i].tsc_lo);
        assert_int_equal(e->bracket[i].tsc_hi, p->bracket[i].tsc_hi);
        assert_int_equal(e->bracket[i].ref_lo_ns, p->bracket[i].ref_lo_ns);
        assert_int_equal(e->bracket[i].ref_hi_ns, p->bracket[i].ref_hi_ns);
    }
}

struct clocks {
    struct estimate e;
    struct plain p;
    uint64_t tsc;
    int64_t ref_ns, off_ppb; /* R, and how much faster it goes than the nominal scale says */
};

static void start(struct clocks *c, uint64_t hz, uint32_t wander, uint32_t slip)
{
    struct tsc_scale nominal;

    assert_true(scale_from_hz(hz, &nominal));
    memset(c, 0xa5, sizeof *c); /* nothing may be left over */
    estimate_init(&c->e, nominal, (struct crystal){wander, slip});
    c->p = (struct plain){.nominal = nominal,
                          .wander_ppb_s = wander,
                          .slip_ns = slip,
                          .limit_lo = -PLAIN_RATE,
                          .limit_hi = PLAIN_RATE};
    c->tsc = (1ull << 41) + sized(62);
    c->ref_ns = (int64_t)sized(50);
    c->off_ppb = (int64_t)below(2 * 420000) - 420000;
}

static void go_on(struct clocks *c, uint64_t ticks)
{
    wide ns = plain_ns(c->p.nominal, 0, ticks);

    c->tsc += ticks;
    c->ref_ns += (int64_t)(ns + ns * c->off_ppb / 1000000000);
}

/* One reading, `width` ticks wide at most, and what follows from it in both forms. */
static void take(struct clocks *c, uint64_t width)
{
    uint64_t before = sized(1 + (unsigned)below(10)) % (width + 1);
    struct bracket b = {c->tsc - before, c->tsc + below(width + 1), c->ref_ns - (int64_t)below(20),
                        c->ref_ns + 1 + (int64_t)below(20)};
    struct outlook ours, plain;
    bool good, expected;

    memset(&ours, 0, sizeof ours);
    full += c->p.count == PLAIN_KEPT;
    expected = plain_add(&c->p, &b, &plain);
    good = estimate_add(&c->e, &b, &ours);
    assert_int_equal(good, expected);
    assert_same(&c->e, &c->p);
    assert_same_outlook(&ours, &plain);
    for (int i = 0; i < 4; i++) {
        uint64_t at = below(2) ? c->tsc + sized(58) : c->tsc - sized(30);

        assert_same_range(outlook_at(&ours, at), plain_at(&plain, at));
        assert_same_range(outlook_rate_at(&ours, at), plain_rate_at(&plain, at));
    }
    assert_same_range(outlook_at(&ours, ours.tsc), plain_at(&plain, plain.tsc));
    agreed += good;
    disrupted += !good;
}

static void run(uint64_t hz, uint32_t wander, uint32_t slip, unsigned step_bits, unsigned length)
{
    struct clocks c;

    start(&c, hz, wander, slip);
    for (unsigned i = 0; i < length; i++) {
        unsigned before = c.p.slips, kept = c.p.count;

        take(&c, below(20) ? 200 : sized(30));
        slipped += c.p.slips - before;
        aged += c.p.count < kept && c.p.count > 1;
        go_on(&c, below(30) ? sized(step_bits) : below(3));
        if (slip && below(12) == 0)
            c.tsc += (uint64_t)((wide)below(slip * 5 / 4 + 1) * (wide)hz / 1000000000);
        if (below(90) == 0)
            c.ref_ns += (int64_t)sized(33) * (below(2) ? 1 : -1);
        if (below(250) == 0)
            c.tsc += below(2) ? sized(62) : -sized(40);
        if (c.tsc < 1ull << 41 || c.tsc > 3ull << 62) /* a 64-bit TSC does not wrap */
            c.tsc = 1ull << 42;
        if (below(40) == 0)
            c.off_ppb += (int64_t)below(2 * wander + 2) - wander - 1;
    }
}

static void every_field_is_that_of_the_plain_form(void **state)
{
    static const uint64_t hz[] = {1000000, 999999937, 2596122000, 3000000000, 15999999999};
    static const uint32_t wander[] = {0, 10, 1000, 1000000};

    (void)state;
    r.state = 1;
    agreed = disrupted = slipped = full = aged = 0;
    for (unsigned i = 0; i < 60; i++)
        run(hz[i % 5], wander[i % 4], i % 3 ? 0 : 1000u << i % 7, 20 + i % 20, 250);
    /* Each case was met many times, or this shows nothing. */
    assert_true(agreed > 5000 && disrupted > 300 && slipped > 100 && full > 1000 && aged > 20);
}

/* From nothing: what one reading alone says, with the rate anything within 500 ppm. */
static void one_reading_says_this(void **state)
{
    struct tsc_scale ghz = {1u << 31, 1};
    struct bracket b = {1000, 1100, 5000, 5010};
    struct estimate e;
    struct outlook o;

    (void)state;
    memset(&e, 0xff, sizeof e);
    estimate_init(&e, ghz, (struct crystal){0, 0});
    assert_int_equal(e.slips, 0);
    assert_true(estimate_add(&e, &b, &o));
    assert_int_equal(o.tsc, 1101);
    assert_int_equal(o.lo_ns, 5000 - 1);
    assert_int_equal(o.hi_ns, 5010 + 1 + 101 + 1); /* R at 1000 at most 5010; 101 ns on at 500 ppm more */
    assert_int_equal(o.rate_hi, 2147483);
    assert_int_equal(o.rate_lo, -2147483);
    assert_same_range(outlook_at(&o, 1101 + 2000000),
                      (struct range){4999 + 2000000 - 1000 - 1, 5113 + 2000000 + 1000 + 1});
}

/* A reading may overlap the last one; one that ends before it began is a TSC that went back. */
static void readings_come_in_order(void **state)
{
    for (unsigned off = 0; off < 2; off++) {
        struct tsc_scale ghz = {1u << 31, 1};
        struct bracket first = {1000, 1100, 5000, 5200}, second = {900, 1000 - off, 5000, 5200};
        struct estimate e;
        struct outlook o;

        (void)state;
        estimate_init(&e, ghz, (struct crystal){10, 0});
        assert_true(estimate_add(&e, &first, &o));
        assert_int_equal(estimate_add(&e, &second, &o), !off);
        assert_int_equal(e.count, off ? 1 : 2);
        assert_int_equal(o.tsc, off ? 1000 : 1101);
    }
}

/* No reading for hours: two seconds of residual are believed to be the rate's, more is a disruption. */
static void hours_between_readings(void **state)
{
    (void)state;
    for (int64_t off_ppb = -100000; off_ppb <= 100000; off_ppb += 200000) {
        for (uint64_t hours = 1; hours < 10; hours++) {
            struct clocks c;

            r.state = hours;
            agreed = 0;
            start(&c, 1000000000, 0, 0);
            c.off_ppb = off_ppb;
            take(&c, 200);
            go_on(&c, hours * 3600 * 1000000000);
            take(&c, 200);
            assert_int_equal(agreed, hours < 6 ? 2 : 1); /* 360 ms an hour */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_that_of_the_plain_form),
        cmocka_unit_test(hours_between_readings),
        cmocka_unit_test(one_reading_says_this),
        cmocka_unit_test(readings_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
