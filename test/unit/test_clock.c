/* sources: hv/time/publish.c */
/* The reader's arithmetic: what it makes of a whole record, with others' first mistakes each as a test. */
#include "clock_fixture.h"
#include "random.h"

/* ---- Arithmetic ---- */

static uint64_t exact(uint64_t ticks, uint32_t mul, int8_t shift)
{
    ticks = shift < 0 ? ticks >> -shift : ticks << shift;
    return (uint64_t)((unsigned __int128)ticks * mul >> 32);
}

static void scale_is_the_whole_product(void **state)
{
    struct random r = {1};
    (void)state;
    for (int i = 0; i < 1000000; i++) {
        uint64_t ticks = random_next(&r) >> random_next(&r) % 64;
        uint32_t mul = (uint32_t)random_next(&r);
        int8_t shift = (int8_t)(random_next(&r) % 64) - 32;
        assert_int_equal(meridian_scale(ticks, mul, shift), exact(ticks, mul, shift));
    }
    assert_int_equal(meridian_scale(UINT64_MAX, UINT32_MAX, 0), exact(UINT64_MAX, UINT32_MAX, 0));
}

/* ticks * mul in 64 bits is over after 2^32 ticks, 1.6 s at 2.6 GHz: an update that comes late ends time. */
static void scale_does_not_overflow_when_an_update_is_late(void **state)
{
    uint32_t mul = 0xc4ec4ec5u; /* 2.6 GHz, shift -1 */
    (void)state;
    for (uint64_t hour = 1; hour < 24 * 365 * 50; hour = hour * 2 + 1) {
        uint64_t ns = meridian_scale(hour * 3600 * 2600000000u, mul, -1);
        assert_true(llabs((long long)(ns - hour * 3600 * 1000000000)) <=
                    (long long)(hour * 3600)); /* a ppb */
    }
}

/* The 2005 guest kept 10 bits of the rate: 977 ppm off at 3 GHz, 3.5 s an hour. */
static void rate_is_kept_to_a_ppb(void **state)
{
    (void)state;
    for (uint64_t hz = 1000000001; hz < 5000000000; hz += 123456789) {
        uint32_t mul;
        int8_t shift = 0;
        while (hz >> -shift > 2000000000)
            shift--;
        mul = (uint32_t)(((unsigned __int128)1000000000 << (32 - shift)) / hz);
        assert_in_range(meridian_scale(hz, mul, shift), 1000000000 - 2, 1000000000);
    }
}

/* ---- The TSC and the stamp ---- */

/* Unsigned, a TSC one tick early is 208 days late (at 1 GHz, 584 years). */
static void tsc_before_the_stamp_reads_as_the_stamp(void **state)
{
    (void)state;
    write_whole(slot_of(0), line(5001, 777));
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 777);
    assert_int_equal(counts.early, 1);
    tsc_now = 5001;
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 777);
    tsc_now = 5002;
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 778);
    assert_int_equal(counts.early, 1);
    assert_int_equal(counts.clamps, 0);
}

static void line_alone_does_the_same(void **state)
{
    struct meridian_sample s = {
        .tsc_timestamp = 100, .system_time = 7, .tsc_to_system_mul = 0x80000000u, .tsc_shift = 1};
    (void)state;
    assert_int_equal(meridian_line_ns(&s, 0), 7);
    assert_int_equal(meridian_line_ns(&s, 100), 7);
    assert_int_equal(meridian_line_ns(&s, 150), 57);
}

static void publish_at_third_tsc(void)
{
    tsc_now += 10;
    if (tsc_reads == 3)
        write_whole(slot_of(0), line(tsc_now, 100000));
}

/* A TSC taken before the loop would belong to no line: each try takes its own. */
static void tsc_is_read_anew_in_each_try(void **state)
{
    struct meridian_sample sample;
    (void)state;
    write_whole(slot_of(0), line(0, 0));
    record_begin(slot_of(0), 2);
    on_tsc = publish_at_third_tsc; /* ends the write in the middle of the third try; the fourth holds */
    meridian_read(&clock_here, &counts, &sample);
    assert_int_equal(tsc_reads, 4);
    assert_int_equal(counts.retries, 3);
    assert_int_equal(sample.tsc, 5000 + 10 * tsc_reads);
    assert_int_equal(meridian_raw_ns(&sample), 100000 + (sample.tsc - sample.tsc_timestamp));
}

/* ---- The bound ---- */

static uint64_t bound(uint64_t err_ns, uint32_t err_ppb, uint64_t age_ns)
{
    struct meridian_sample s = {.err_ns = err_ns, .err_ppb = err_ppb, .age_ns = age_ns};
    return meridian_bound_ns(&s);
}

/* Never below the exact value, and not wastefully above it. */
static void the_bound_grows_with_age(void **state)
{
    struct random r = {2};
    (void)state;
    for (int i = 0; i < 1000000; i++) {
        uint64_t err = random_next(&r) >> (24 + random_next(&r) % 40);
        uint64_t age = random_next(&r) >> (29 + random_next(&r) % 31); /* up to 34 s */
        uint32_t ppb = (uint32_t)(random_next(&r) % 1000000);
        unsigned __int128 growth = (unsigned __int128)age * ppb;
        if (age > 1000000000)
            growth += (unsigned __int128)(age - 1000000000) * 100000;
        uint64_t exact_ns = err + (uint64_t)(growth / 1000000000) + (growth % 1000000000 != 0);
        uint64_t most = exact_ns + (uint64_t)(growth / 1000000000) / 1000 + age / 1000000000 + 4;
        assert_in_range(bound(err, ppb, age), exact_ns, most);
    }
}

static void a_dead_publisher_costs_100_ppm(void **state)
{
    (void)state;
    assert_in_range(bound(100, 0, 1000000000), 100, 104);
    assert_in_range(bound(100, 0, 2000000000), 100100, 100140);
    assert_in_range(bound(100, 0, 11000000000), 1000100, 1000400);
}

static void unknown_stays_unknown(void **state)
{
    (void)state;
    assert_int_equal(bound(UNKNOWN, 0, 0), UNKNOWN);
    assert_int_equal(bound(0, MERIDIAN_UNKNOWN_PPB, 0), UNKNOWN);
    assert_int_equal(bound(UNKNOWN - 1, 0, 0),
                     UNKNOWN); /* one more would be all ones, a sum beyond it less */
    assert_int_equal(bound(UNKNOWN - 1, 1000000, 500000000), UNKNOWN);
    assert_int_equal(bound(0, 0, UINT64_MAX), UNKNOWN);
    assert_int_equal(bound(0, MERIDIAN_MAX_PPB, INT64_MAX), UNKNOWN);
    assert_int_equal(bound(0, 0, MERIDIAN_DEAD_NS + 1), UNKNOWN);
    assert_true(bound(0, MERIDIAN_MAX_PPB, MERIDIAN_DEAD_NS) < INT64_MAX);
}

static void an_interval_does_not_wrap(void **state)
{
    struct meridian_sample s = {.system_time = 50, .err_ns = 1000};
    struct meridian_interval i = meridian_interval(50, &s);
    (void)state;
    assert_int_equal(i.earliest_ns, 0);
    assert_in_range(i.latest_ns, 1050, 1054);
    s.system_time = UINT64_MAX - 10;
    assert_int_equal(meridian_interval(0, &s).latest_ns, UINT64_MAX);
    s.err_ns = UNKNOWN;
    i = meridian_interval(0, &s);
    assert_int_equal(i.earliest_ns, 0);
    assert_int_equal(i.latest_ns, UINT64_MAX);
    assert_int_equal(i.err_ns, UNKNOWN);
}

/* ---- UTC ---- */

/* The patch of 2005 took 10,000,000 us off for a second: its clock gained 3,436 s each quarter second. */
static void wall_carries_a_second_as_a_second(void **state)
{
    (void)state;
    write_whole(slot_of(0), line(0, 0));
    for (uint64_t quarter = 0; quarter < 4 * 3600; quarter++) {
        tsc_now = quarter * 250000000 + 1;
        struct meridian_utc now = meridian_wall(&clock_here, &counts).now;
        assert_int_equal(now.sec, 1120824001 + quarter / 4);
        assert_int_equal(now.nsec, quarter % 4 * 250000000);
    }
}

static void wall_has_the_same_bound(void **state)
{
    (void)state;
    write_whole(slot_of(0), line(5000, 0));
    struct meridian_wall wall = meridian_wall(&clock_here, &counts);
    assert_in_range(wall.err_ns, 100, 104);
    assert_int_equal(wall.earliest.sec, 1120824000);
    assert_int_equal(wall.earliest.nsec, 999999999 - wall.err_ns);
    assert_int_equal(wall.latest.sec, 1120824001);
    assert_int_equal(wall.latest.nsec, wall.err_ns - 1);
}

static void wall_is_right_before_1970_and_without_a_bound(void **state)
{
    struct meridian_sample s = {.wall_sec = -1, .wall_nsec = 10, .err_ns = 20, .age_ns = 5};
    struct meridian_wall wall = meridian_wall_of(5, &s);
    (void)state;
    assert_int_equal(wall.now.sec, -1);
    assert_int_equal(wall.now.nsec, 15);
    assert_int_equal(wall.earliest.sec, -2);
    assert_in_range(wall.earliest.nsec, 999999990, 999999995);
    s.err_ns = UNKNOWN;
    wall = meridian_wall_of(5, &s);
    assert_true(wall.earliest.sec == INT64_MIN && wall.latest.sec == INT64_MAX);
    assert_int_equal(wall.now.sec, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(scale_is_the_whole_product),
        TEST(scale_does_not_overflow_when_an_update_is_late),
        TEST(rate_is_kept_to_a_ppb),
        TEST(tsc_before_the_stamp_reads_as_the_stamp),
        TEST(line_alone_does_the_same),
        TEST(tsc_is_read_anew_in_each_try),
        TEST(the_bound_grows_with_age),
        TEST(a_dead_publisher_costs_100_ppm),
        TEST(unknown_stays_unknown),
        TEST(an_interval_does_not_wrap),
        TEST(wall_carries_a_second_as_a_second),
        TEST(wall_has_the_same_bound),
        TEST(wall_is_right_before_1970_and_without_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
