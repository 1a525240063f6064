/* sources: hv/time/publish.c hv/time/line.c hv/time/wallclock.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/window.c guest/arithmetic.c */
/*
 * What the patch of 2005 did wrong in its arithmetic (docs/mutation.md has the list), tried on ours: the
 * reader and the files of the time core that it rests on.
 */
#include "clock_fixture.h"

#include "../../guest/arithmetic.h"
#include "time/line.h"
#include "time/wallclock.h"
#include "time/window.h"

/*
 * 10,000,000 us off for a second, and only when there was more than one: +3,436 s every quarter second from
 * 1.25 s on. Every quarter second of a quarter of an hour, and the ns about it, through both of our carries.
 */
static void seed_wall_carry(void **state)
{
    struct utc base = {1120824000, 999999999};

    (void)state;
    write_whole(slot_of(0), line(0, 0)); /* the same at system time 0 */
    for (uint64_t i = 1; i < 4 * 900 * 3; i++) {
        uint64_t ns = i / 3 * 250000000 + i % 3;
        struct utc at = wallclock_at(base, ns);
        struct meridian_utc read;

        assert_int_equal(at.s, 1120824000 + (ns + 999999999) / 1000000000);
        assert_int_equal(at.ns, (ns + 999999999) % 1000000000);
        tsc_now = ns;
        read = meridian_wall(&clock_here, &counts).now;
        assert_int_equal(read.sec, at.s);
        assert_int_equal(read.nsec, at.ns);
    }
}

/* Every CPU's ticks by CPU 0's rate, in 10 bits: -977 ppm at 3 GHz. Ours each by its own, to 1 ppb. */
static void seed_rate_of_cpu_0_in_10_bits(void **state)
{
    static const uint64_t hz[] = {3000000000, 2999400000, 2261000000, 1000000000};
    struct tsc_scale scale;
    struct published p = line(0, 0);

    (void)state;
    for (unsigned vcpu = 0; vcpu < 4; vcpu++) {
        assert_true(scale_from_hz(hz[vcpu], &scale));
        p.line.scale = scale;
        write_whole(slot_of(vcpu), p);
    }
    for (here = 0; here < 4; here++) {
        last_ns = 0;
        tsc_now = hz[here] * 1000; /* 1000 s */
        assert_in_range(meridian_now_ns(&clock_here, &counts), 1000000000000 - 1000, 1000000000000 + 1000);
    }
}

/* And no sawtooth of 244 us where lines follow one another: a ns at most, and not back. */
static void seed_sawtooth_between_updates(void **state)
{
    struct tsc_scale scale;
    struct line own = {.tsc = 0, .ns = 0};

    (void)state;
    assert_true(scale_from_hz(3000000000, &scale));
    own.scale = scale;
    for (unsigned quarter = 1; quarter <= 4000; quarter++) {
        struct published p = line(0, 0);
        uint64_t before, after;

        p.line = own;
        write_whole(slot_of(0), p);
        tsc_now = quarter * 750000000ull;
        before = meridian_now_ns(&clock_here, &counts);
        own = line_follow(&own, tsc_now, scale, 0);
        p.line = own;
        write_whole(slot_of(0), p);
        after = meridian_now_ns(&clock_here, &counts);
        assert_in_range(after, before, before + 1);
        assert_in_range(after, quarter * 250000000ull - 1000, quarter * 250000000ull + 1000);
    }
}

/* Unsigned `tsc - stamp`: a tick too early was 208 days too late. In the line and in the reader. */
static void seed_tsc_before_the_stamp(void **state)
{
    static const uint64_t early[] = {1, 2, 1000, 3000000000, 1ull << 62};

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct published p = line(1ull << 63, 777);
        struct meridian_sample sample;

        write_whole(slot_of(0), p);
        last_ns = 0;
        tsc_now = (1ull << 63) - early[i];
        assert_int_equal(meridian_now_ns(&clock_here, &counts), 777);
        assert_int_equal(counts.early, i + 1);
        assert_int_equal(line_read(&p.line, tsc_now), 777);
        meridian_read(&clock_here, &counts, &sample);
        assert_int_equal(meridian_line_ns(&sample, tsc_now), 777);
        counts.early = i + 1;
    }
}

/* Wall time was VCPU 0's to move: here its record is being written for ever, and VCPU 1's clock goes on. */
static void seed_wall_without_vcpu_0(void **state)
{
    (void)state;
    write_whole(slot_of(0), line(0, 0));
    record_begin(slot_of(0), 2);
    here = 1;
    for (uint64_t s = 0; s < 100; s++) {
        struct published p = line(s * 1000000000, s * 1000000000);

        p.wall.s += (int64_t)s;
        write_whole(slot_of(1), p);
        tsc_now = s * 1000000000 + 1;
        assert_int_equal(meridian_wall(&clock_here, &counts).now.sec, 1120824001 + s);
        assert_int_equal(meridian_wall(&clock_here, &counts).now.nsec, 0);
    }
    assert_int_equal(counts.retries, 0);
}

/* `quarter = 0`: percpu_ticks never ended. Nobody here takes such a frequency, and every loop ends. */
static void seed_frequency_0(void **state)
{
    struct tsc_scale scale;
    struct window window;
    struct estimate estimate;
    struct outlook outlook;
    struct meridian_sample first = {.tsc = 1}, last = {.tsc = 2};
    static const struct counter hpet = {10000000, 1000000, 64};

    (void)state;
    assert_false(scale_from_hz(0, &scale));
    assert_false(scale_from_hz(1, &scale));
    window_init(&window, &hpet);
    for (unsigned i = 0; i < 5; i++) /* 10 ms each, and a TSC that stands */
        assert_true(window_add(&window, i * 1000000, false, 777, 777));
    assert_int_equal(bracket_hz(&window.bracket[0], &window.bracket[4]), 0);
    assert_false(window_close(&window, (struct crystal){10, 0}, &estimate, &outlook));
    assert_int_equal(rate_ppb(&first, &last), RATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(seed_wall_carry),
        TEST(seed_rate_of_cpu_0_in_10_bits),
        TEST(seed_sawtooth_between_updates),
        TEST(seed_tsc_before_the_stamp),
        TEST(seed_wall_without_vcpu_0),
        TEST(seed_frequency_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
