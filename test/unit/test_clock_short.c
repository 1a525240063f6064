/* sources: hv/time/publish.c */
/*
 * The reader's short way: on a STABLE record it must say what the long way says, to the ns for the point, and
 * for the bound no less than is promised and not wastefully more.
 */
#include "clock_fixture.h"
#include "random.h"

#define FRESH (uint64_t) MERIDIAN_FRESH_NS

static struct meridian_clock long_way;

/* One STABLE record for all, and the TSC so long after its stamp. */
static void publish(struct published data, uint64_t ticks)
{
    data.flags = MERIDIAN_FLAG_TSC_STABLE;
    write_whole(&page[0][0], data);
    tsc_now = data.line.tsc + ticks;
    counts.own = 0;
    long_way = clock_here;
    long_way.common = NULL;
}

static uint64_t random_size(struct random *r)
{
    return random_next(r) >> random_next(r) % 64;
}

static struct published random_line(struct random *r)
{
    struct published p = line(random_size(r), random_size(r));

    p.line.scale.mul = (uint32_t)random_next(r);
    p.line.scale.shift = (int8_t)((int)(random_next(r) % 64) - 32);
    p.bound.ns = random_size(r);
    p.bound.ppb = (uint32_t)random_size(r);
    return p;
}

/* As a publisher makes them: mul has its top bit, ages and bounds are small. */
static struct published usual_line(struct random *r)
{
    struct published p = line(random_size(r), 2 * FRESH + (random_size(r) >> 10));

    p.line.scale.mul = (uint32_t)random_next(r) | 0x80000000u;
    p.line.scale.shift = (int8_t)((int)(random_next(r) % 9) - 4);
    p.bound.ns = random_next(r) % FRESH >> random_next(r) % 30;
    p.bound.ppb = (uint32_t)(random_next(r) % 2000000);
    return p;
}

static uint64_t usual_ticks(const struct published *p, struct random *r)
{
    uint64_t shifted = random_next(r) % (4 * FRESH) >> random_next(r) % 32;

    return p->line.scale.shift < 0 ? shifted << -p->line.scale.shift : shifted >> p->line.scale.shift;
}

/* ---- The point ---- */

/* Also what it counts. */
static void same_point(void)
{
    uint64_t early = counts.early, ns = meridian_now_ns(&clock_here, &counts);

    early = counts.early - early;
    assert_int_equal(ns, meridian_now_ns(&long_way, &counts));
    assert_int_equal(early, tsc_now - page[0][0].tsc_timestamp > INT64_MAX);
}

static void the_point_is_the_same(void **state)
{
    struct random r = {11};
    (void)state;
    for (int i = 0; i < 300000; i++) {
        struct published p = i % 2 ? random_line(&r) : usual_line(&r);

        publish(p, i % 8 == 1 ? 0 - random_size(&r) : i % 2 ? random_size(&r) : usual_ticks(&p, &r));
        same_point();
    }
    assert_true(counts.early > 10000);
}

/* Where one product of 64 bits is no longer enough. */
static void the_point_does_not_end_at_2_to_32(void **state)
{
    (void)state;
    for (uint64_t ticks = UINT32_MAX - 2ull; ticks < UINT32_MAX + 4ull; ticks++) {
        struct published p = line(7, 1000);

        p.line.scale = (struct tsc_scale){UINT32_MAX, 0};
        publish(p, ticks);
        assert_int_equal(meridian_now_ns(&clock_here, &counts),
                         1000 + (uint64_t)((unsigned __int128)ticks * UINT32_MAX >> 32));
    }
}

/* ---- The point in per-CPU mode ---- */

/* This VCPU's own record, and the word that all share: below, between and above what is read. */
static void publish_own(struct published data, uint64_t ticks, uint64_t last)
{
    publish(data, ticks);
    page[0][0].flags = 0;
    data.flags = 0;
    write_whole(slot_of((unsigned)here), data);
    last_ns = last;
    counts.own = 1;
}

static void the_own_point_is_the_same(void **state)
{
    struct random r = {14};
    (void)state;
    for (int i = 0; i < 300000; i++) {
        struct published p = i % 2 ? random_line(&r) : usual_line(&r);
        uint64_t ticks = i % 8 == 1 ? 0 - random_size(&r) : i % 2 ? random_size(&r) : usual_ticks(&p, &r);
        uint64_t last = i % 3 ? random_size(&r) : 0, ns, seen = last;

        here = random_next(&r) % 200;
        publish_own(p, ticks, last);
        ns = meridian_now_ns(&clock_here, &counts);
        assert_int_equal(last_ns, ns);
        assert_true(ns >= seen);
        last_ns = last;
        assert_int_equal(ns, meridian_now_ns(&long_way, &counts));
    }
    assert_int_equal(counts.retries, 0);
    assert_in_range(counts.clamps, 1000, 2 * 300000);
    assert_true(counts.early > 10000);
}

/* Where 2^32 ticks end, on either side of a carry between the TSC's halves. */
static void a_record_is_young_up_to_2_to_32(void **state)
{
    static const uint64_t stamps[] = {0, 1, 0x80000000u, 0xffffffffu, 0x100000000u, 0x1fffffffeu};
    (void)state;
    for (unsigned i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
        for (int64_t off = -3; off < 4; off++) {
            for (uint64_t around = 0; around <= 3ull << 31; around += 1ull << 31) {
                struct published p = line(stamps[i], 1000);
                uint64_t ticks = around + (uint64_t)off;

                p.line.scale = (struct tsc_scale){0xc4ec4ec5u, -1};
                publish(p, ticks);
                same_point();
                publish_own(p, ticks, 0);
                assert_int_equal(meridian_now_ns(&clock_here, &counts),
                                 1000 + (ticks > INT64_MAX ? 0 : (ticks >> 1) * 0xc4ec4ec5u >> 32));
            }
        }
    }
}

/* ---- The interval ---- */

/* What is promised: err_ns, its growth with age, and 100 ppm more of what is beyond a second; rounded up. */
static uint64_t promised(const struct published *p, uint64_t age)
{
    unsigned __int128 growth = (unsigned __int128)age * p->bound.ppb;

    if (age > FRESH)
        growth += (unsigned __int128)(age - FRESH) * MERIDIAN_STALE_PPB;
    return p->bound.ns + (uint64_t)((growth + 999999999) / 1000000000);
}

static void the_bound_is_kept_and_close(void **state)
{
    struct random r = {12};
    unsigned stale = 0;
    (void)state;
    for (int i = 0; i < 500000; i++) {
        struct published p = usual_line(&r);

        publish(p, usual_ticks(&p, &r));
        struct meridian_interval now = meridian_now(&clock_here, &counts);
        uint64_t age = now.now_ns - p.line.ns, exact = promised(&p, age);
        stale += age > FRESH;
        assert_in_range(now.err_ns, exact, exact + (exact - p.bound.ns) / 1000 + 6);
        assert_int_equal(now.now_ns, meridian_now_ns(&long_way, &counts));
        assert_int_equal(now.now_ns - now.earliest_ns, now.err_ns);
        assert_int_equal(now.latest_ns - now.now_ns, now.err_ns);
    }
    assert_in_range(stale, 10000, 400000);
}

/* Any record: unknown bounds, times near 0 and near the end, rates of 1 and of 2^63. */
static void the_interval_is_never_smaller_and_never_wraps(void **state)
{
    struct random r = {13};
    (void)state;
    for (int i = 0; i < 500000; i++) {
        struct published p = i % 4 ? random_line(&r) : usual_line(&r);

        p.bound.ns = i % 16 == 3 ? UNKNOWN - i % 2 : p.bound.ns;
        p.line.ns = i % 16 == 6 ? p.bound.ns + random_size(&r) : p.line.ns;
        publish(p, i % 4 ? random_size(&r) : usual_ticks(&p, &r));
        struct meridian_interval a = meridian_now(&clock_here, &counts), b = meridian_now(&long_way, &counts);
        assert_int_equal(a.now_ns, b.now_ns);
        assert_true((a.err_ns == UNKNOWN) == (b.err_ns == UNKNOWN));
        if (p.bound.ns == UNKNOWN || p.bound.ppb > MERIDIAN_MAX_PPB)
            assert_int_equal(a.err_ns, UNKNOWN);
        else if (a.err_ns != UNKNOWN)
            assert_true(a.err_ns >= promised(&p, a.now_ns - p.line.ns));
        assert_int_equal(a.earliest_ns, a.err_ns > a.now_ns ? 0 : a.now_ns - a.err_ns);
        assert_int_equal(a.latest_ns, a.now_ns + a.err_ns < a.now_ns ? UNKNOWN : a.now_ns + a.err_ns);
    }
}

static void in_the_first_second_earliest_is_0(void **state)
{
    struct published p = line(7, 0);
    (void)state;
    for (uint64_t ns = 0; ns < 2 * FRESH; ns += FRESH / 16) {
        p.line.ns = ns;
        p.bound.ns = FRESH / 4;
        publish(p, 3);
        struct meridian_interval now = meridian_now(&clock_here, &counts);
        assert_int_equal(now.now_ns, ns + 3);
        assert_in_range(now.err_ns, FRESH / 4 + 1, FRESH / 4 + 4);
        assert_int_equal(now.earliest_ns, now.err_ns > ns + 3 ? 0 : ns + 3 - now.err_ns);
    }
}

/* ---- Tries ---- */

static void each_way_takes_one_look_at_the_tsc(void **state)
{
    (void)state;
    publish(line(1000, 5 * FRESH), 10);
    meridian_now_ns(&clock_here, &counts);
    assert_int_equal(tsc_reads, 1);
    meridian_now(&clock_here, &counts);
    assert_int_equal(tsc_reads, 2);
    assert_int_equal(counts.retries, 0);
}

static unsigned looks(uint64_t stamp, uint64_t ticks, bool interval)
{
    struct published p = line(stamp, 5 * FRESH);
    unsigned before = tsc_reads;

    p.line.scale.shift = 0;
    publish(p, ticks);
    if (interval)
        meridian_now(&clock_here, &counts);
    else
        meridian_now_ns(&clock_here, &counts);
    return tsc_reads - before;
}

/* What the short way cannot do is read once more: one look tells that it was enough. */
static void the_short_way_goes_to_its_edges(void **state)
{
    static const uint64_t stamps[] = {0, 1000, 0xffffffffu, 0x123456789abcdefu};
    (void)state;
    for (unsigned i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
        assert_int_equal(looks(stamps[i], 0, false), 1);
        assert_int_equal(looks(stamps[i], 1, false), 1);
        assert_int_equal(looks(stamps[i], UINT32_MAX, false), 1);
        assert_int_equal(looks(stamps[i], UINT32_MAX + 1ull, false), 2);
        assert_int_equal(looks(stamps[i], (uint64_t)-1, false), 2);
        assert_int_equal(looks(stamps[i], 0, true), 1);
        assert_int_equal(looks(stamps[i], FRESH, true), 1);
        assert_int_equal(looks(stamps[i], FRESH + 1, true), 2);
    }
}

static void a_tsc_before_the_stamp_is_counted_once(void **state)
{
    (void)state;
    publish(line(1000, 5 * FRESH), (uint64_t)-1);
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 5 * FRESH);
    assert_int_equal(counts.early, 1);
    assert_int_equal(meridian_now(&clock_here, &counts).now_ns, 5 * FRESH);
    assert_int_equal(counts.early, 2);
    publish(line(1000, 5), (uint64_t)-1); /* in the first second: the long way */
    assert_int_equal(meridian_now(&clock_here, &counts).now_ns, 5);
    assert_int_equal(counts.early, 3);
}

static unsigned written_for;

static void end_write(void)
{
    if (tsc_reads == written_for)
        page[0][0].version1 = page[0][0].version2 = 8;
}

static void begin_write(unsigned version1, unsigned version2, unsigned reads)
{
    publish(line(1000, 5 * FRESH), 10);
    page[0][0].version1 = version1;
    page[0][0].version2 = version2;
    written_for = tsc_reads + reads;
    on_tsc = end_write;
    memset(&counts, 0, sizeof(counts));
    yields = 0;
}

/* Each state of the writer; the write ends in the midst of the last try, which therefore fails too. */
static void a_write_is_waited_for(void **state)
{
    static const unsigned states[][2] = {{3, 2}, {3, 4}, {3, 3}, {2, 4}, {4, 2}};
    (void)state;
    for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        begin_write(states[i][0], states[i][1], 3);
        assert_int_equal(meridian_now_ns(&clock_here, &counts), 5 * FRESH + 10);
        assert_int_equal(counts.retries, 3);
        begin_write(states[i][0], states[i][1], 3);
        assert_int_equal(meridian_now(&clock_here, &counts).now_ns, 5 * FRESH + 10);
        assert_int_equal(counts.retries, 3);
    }
}

static void a_long_write_yields_after_as_many_turns(void **state)
{
    (void)state;
    for (unsigned less = 0; less < 2; less++) {
        begin_write(3, 2, 2 * MERIDIAN_YIELD_TRIES - less);
        meridian_now_ns(&clock_here, &counts);
        assert_int_equal(counts.retries, 2 * MERIDIAN_YIELD_TRIES - less);
        assert_int_equal(counts.stalls, 2 - less);
        begin_write(3, 2, 2 * MERIDIAN_YIELD_TRIES - less);
        meridian_now(&clock_here, &counts);
        assert_int_equal(counts.retries, 2 * MERIDIAN_YIELD_TRIES - less);
        assert_int_equal(counts.stalls, 2 - less);
        assert_int_equal(yields, 2 - less);
    }
}

static void lose_the_flag(void)
{
    on_tsc = NULL;
    page[0][0].flags = 0;
    write_whole(slot_of(0), line(4000, 70));
}

/* The copy is whole, but no longer says STABLE. */
static void a_flag_that_goes_in_the_midst_is_seen(void **state)
{
    (void)state;
    for (int interval = 0; interval < 2; interval++) {
        publish(line(1000, 5 * FRESH), 4000);
        on_tsc = lose_the_flag;
        counts.retries = last_ns = 0;
        uint64_t ns =
            interval ? meridian_now(&clock_here, &counts).now_ns : meridian_now_ns(&clock_here, &counts);
        assert_int_equal(ns, 1070);
        assert_int_equal(counts.retries, interval); /* the point's short way looks at the copy alone */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_point_is_the_same),
        TEST(the_point_does_not_end_at_2_to_32),
        TEST(the_own_point_is_the_same),
        TEST(a_record_is_young_up_to_2_to_32),
        TEST(the_bound_is_kept_and_close),
        TEST(the_interval_is_never_smaller_and_never_wraps),
        TEST(in_the_first_second_earliest_is_0),
        TEST(each_way_takes_one_look_at_the_tsc),
        TEST(the_short_way_goes_to_its_edges),
        TEST(a_tsc_before_the_stamp_is_counted_once),
        TEST(a_write_is_waited_for),
        TEST(a_long_write_yields_after_as_many_turns),
        TEST(a_flag_that_goes_in_the_midst_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
