/* sources: hv/time/publish.c */
/* The reader's sums at their edges: how much more than the truth a bound is, what unknown looks like. */
#include "clock_fixture.h"
#include "random.h"

static uint64_t bound(uint64_t err_ns, uint32_t err_ppb, uint64_t age_ns)
{
    struct meridian_sample s = {.err_ns = err_ns, .err_ppb = err_ppb, .age_ns = age_ns};

    return meridian_bound_ns(&s);
}

/*
 * Never less than asked, and at most 0.03 % of the growth more, a quarter of a ns for each second of age, and
 * a ns or two for rounding.
 */
static void a_bound_is_tight_and_safe(void **state)
{
    struct random r = {1};

    (void)state;
    for (int i = 0; i < 300000; i++) {
        uint64_t err = random_next(&r) >> (24 + random_next(&r) % 40);
        uint64_t age = random_next(&r) >> (2 + random_next(&r) % 60) >> 26; /* up to 68 s */
        uint32_t ppb = (uint32_t)(random_next(&r) % 900000000 >> random_next(&r) % 30);
        unsigned __int128 growth = (unsigned __int128)age * ppb, most;

        if (age > 1000000000)
            growth += (unsigned __int128)(age - 1000000000) * 100000;
        most = growth / 1000000000 + growth / 1000000000 * 3 / 10000 + age / 4000000000u * 2 + 4;
        if (age > MERIDIAN_DEAD_NS) {
            assert_true(bound(err, ppb, age) == UNKNOWN);
            continue;
        }
        assert_true(bound(err, ppb, age) >= err + (growth + 999999999) / 1000000000);
        assert_true(bound(err, ppb, age) <= err + most);
    }
}

/* A record whose bound is unknown still has a point, and a time of day. */
static void an_unknown_bound_leaves_the_point(void **state)
{
    struct published p = line(4000, 70);

    (void)state;
    p.bound = (struct bound){UNKNOWN, UINT32_MAX};
    write_whole(slot_of(0), p);
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 1070);
    assert_true(meridian_now(&clock_here, &counts).err_ns == UNKNOWN);
    assert_int_equal(meridian_now(&clock_here, &counts).earliest_ns, 0);
    assert_true(meridian_now(&clock_here, &counts).latest_ns == UNKNOWN);
    assert_int_equal(meridian_wall(&clock_here, &counts).now.nsec, 999);
}

static void what_is_unknown_has_no_end(void **state)
{
    struct meridian_sample s = {.wall_sec = 1000, .wall_nsec = 5, .err_ns = UNKNOWN, .age_ns = 7};
    struct meridian_wall wall = meridian_wall_of(7, &s);

    (void)state;
    assert_true(wall.err_ns == UNKNOWN);
    assert_true(wall.earliest.sec == INT64_MIN && wall.earliest.nsec == 0);
    assert_true(wall.latest.sec == INT64_MAX && wall.latest.nsec == 999999999);
    assert_true(wall.now.sec == 1000 && wall.now.nsec == 12);
    /* So far that its sums would not fit, and the last that does. */
    s.err_ns = (uint64_t)INT64_MAX - 7 - 1;
    assert_true(meridian_wall_of(7, &s).latest.sec == INT64_MAX);
    s.err_ns = (uint64_t)INT64_MAX - 7 - 2;
    assert_true(meridian_wall_of(7, &s).latest.sec < INT64_MAX);
}

/* One STABLE record for all, on the short way and on the long one. */
static struct meridian_interval read_stable(struct published p, uint64_t ticks, bool short_way)
{
    struct meridian_clock clock = clock_here;

    if (!short_way)
        clock.common = NULL;
    p.flags = MERIDIAN_FLAG_TSC_STABLE;
    write_whole(&page[0][0], p);
    tsc_now = p.line.tsc + ticks;
    return meridian_now(&clock, &counts);
}

/* At the stamp the bound is the record's, and one ns for rounding. */
static void at_the_stamp_it_is_the_records_bound(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        struct meridian_interval i = read_stable(line(1000, 5000000000), 0, way);

        assert_int_equal(i.now_ns, 5000000000);
        assert_int_equal(i.err_ns, 100 + 1);
        assert_int_equal(i.earliest_ns, 5000000000 - 101);
        assert_int_equal(i.latest_ns, 5000000000 + 101);
    }
}

/* The first tick counts, and the one before the stamp does not. */
static void a_line_from_its_first_tick(void **state)
{
    const struct meridian_sample s = {
        .tsc_timestamp = 5000, .system_time = 70, .tsc_to_system_mul = 0x80000000u, .tsc_shift = 1};

    (void)state;
    for (int ticks = -1; ticks <= 2; ticks++)
        assert_int_equal(meridian_line_ns(&s, 5000 + (uint64_t)(int64_t)ticks), 70 + (ticks > 0 ? ticks : 0));
}

/* Across a second's edge, either way, to the ns. */
static void utc_across_the_edge_of_a_second(void **state)
{
    static const struct {
        int64_t ns, sec;
        uint32_t nsec;
    } cases[] = {{0, 1000, 10},
                 {-10, 1000, 0},
                 {-11, 999, 999999999},
                 {-1000000010, 999, 0},
                 {-1000000011, 998, 999999999},
                 {999999989, 1000, 999999999},
                 {999999990, 1001, 0},
                 {3999999990, 1004, 0}};
    const struct meridian_sample s = {.wall_sec = 1000, .wall_nsec = 10};

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct meridian_utc utc = meridian_utc_at(&s, cases[i].ns);

        assert_int_equal(utc.sec, cases[i].sec);
        assert_int_equal(utc.nsec, cases[i].nsec);
    }
}

/* 292 years after the boot with a bound as large: the later end is the last number, not a small one. */
static void the_later_end_does_not_wrap(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        struct published p = line(1000, (1ull << 63) + 1000000000);

        p.bound.ns = (1ull << 63) - 1;
        assert_true(read_stable(p, 400000000, way).latest_ns == UINT64_MAX);
        assert_int_equal(read_stable(p, 400000000, way).now_ns, (1ull << 63) + 1400000000);
    }
}

static unsigned odd_for;

static void end_write_later(void)
{
    if (tsc_reads == odd_for)
        slot_of(0)->version1 = slot_of(0)->version2 = 4;
}

/* The thousandth try in vain yields, and not the one before it: point, interval and raw read. */
static void the_thousandth_turn_yields(void **state)
{
    (void)state;
    on_tsc = end_write_later;
    for (unsigned form = 0; form < 3; form++) {
        for (odd_for = 999; odd_for <= 1000; odd_for++) {
            struct meridian_sample sample;

            write_whole(slot_of(0), line(4000, 70));
            slot_of(0)->version1 = 3;
            counts = (struct meridian_counts){.own = form == 1};
            tsc_reads = yields = 0;
            if (form == 0)
                meridian_read(&clock_here, &counts, &sample);
            else if (form == 1)
                meridian_now_ns(&clock_here, &counts);
            else
                meridian_now(&clock_here, &counts);
            assert_int_equal(counts.retries, odd_for);
            assert_int_equal(counts.stalls, odd_for == 1000);
            assert_int_equal(yields, odd_for == 1000);
        }
    }
}

/* A record older than a second may be a dead publisher's: at a second sharp it is not yet. */
static void stale_begins_after_a_second(void **state)
{
    (void)state;
    assert_int_equal(bound(0, 0, 1000000000), 1);
    assert_int_equal(bound(0, 0, 1000000001), 2);
    assert_int_equal(bound(0, 0, 1000009900), 2); /* 0.99 ns */
    assert_int_equal(bound(0, 0, 1000010001), 3);
    assert_int_equal(bound(0, 999000000, 0), 1);
    assert_true(bound(0, 999000001, 0) == UNKNOWN);
}

/* ---- A dead publisher ---- */

/* How far a rate that wanders by D from the stamp on has carried R away, rounded up. */
static uint64_t carried_ns(uint64_t wander_ppb_s, uint64_t age_ns)
{
    unsigned __int128 twice = (unsigned __int128)wander_ppb_s * age_ns * age_ns, unit = 2000000000000000000u;

    return (uint64_t)((twice + unit - 1) / unit);
}

static uint64_t most_carried_ns; /* beyond the bound, in the last call of holds_until() */

/* A record's growth contains half the wander of one second, and may contain nothing else. */
static bool holds_until(uint32_t wander_ppb_s, uint64_t last_ns, uint64_t step_ns)
{
    most_carried_ns = 0;
    for (uint64_t age = 0; age <= last_ns; age += step_ns) {
        uint64_t given = bound(0, (wander_ppb_s + 1) / 2, age), carried = carried_ns(wander_ppb_s, age);

        if (carried > given && carried - given > most_carried_ns)
            most_carried_ns = carried - given;
    }
    return most_carried_ns == 0;
}

/* Each rung of D and one beyond Dmax, by the ms; and every D there is, by the second. */
static void a_dead_publishers_bound_is_true_for_64_s(void **state)
{
    static const uint32_t rungs[] = {10, 22, 47, 100, 220, 470, 1000, 2200};

    (void)state;
    for (unsigned i = 0; i < sizeof rungs / sizeof rungs[0]; i++)
        assert_true(holds_until(rungs[i], MERIDIAN_DEAD_NS, 999983));
    for (uint32_t wander = 0; wander <= 3000; wander++)
        assert_true(holds_until(wander, MERIDIAN_DEAD_NS, 250000000));
}

/* What is added past a second covers Dmax too, where the D in force is the smallest. */
static void past_a_second_it_is_true_at_dmax(void **state)
{
    (void)state;
    for (uint64_t age = 1010000000; age <= MERIDIAN_DEAD_NS; age += 999983)
        assert_true(bound(0, 10, age) >= carried_ns(1000, age));
}

/* The limit is not without need: half as much wander again is more than it allows. */
static void beyond_3125_ppb_a_second_it_is_not(void **state)
{
    (void)state;
    assert_true(holds_until(3125, MERIDIAN_DEAD_NS, 999983));
    assert_false(holds_until(3130, MERIDIAN_DEAD_NS, 1000000000));
    assert_false(holds_until(3300, MERIDIAN_DEAD_NS, 1000000000));
}

/* Either way of reading, and the time of day; the point goes on. */
static void past_64_s_it_is_unknown(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        struct meridian_interval last = read_stable(line(1000, 5000000000), MERIDIAN_DEAD_NS, way);
        struct meridian_interval past = read_stable(line(1000, 5000000000), MERIDIAN_DEAD_NS + 1, way);

        assert_in_range(last.err_ns, 100 + 6364000, 100 + 6367000);
        assert_int_equal(last.now_ns, 5000000000 + MERIDIAN_DEAD_NS);
        assert_true(past.err_ns == UNKNOWN && past.latest_ns == UNKNOWN);
        assert_int_equal(past.earliest_ns, 0);
        assert_int_equal(past.now_ns, 5000000000 + MERIDIAN_DEAD_NS + 1);
    }
    assert_true(meridian_wall(&clock_here, &counts).err_ns == UNKNOWN);
    assert_true(meridian_wall(&clock_here, &counts).earliest.sec == INT64_MIN);
    /* Written anew, it is known again at once. */
    tsc_now += 1000;
    read_stable(line(tsc_now, 80000000000), 0, true);
    assert_int_equal(meridian_now(&clock_here, &counts).err_ns, 101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bound_is_tight_and_safe),
        TEST(a_dead_publishers_bound_is_true_for_64_s),
        TEST(past_a_second_it_is_true_at_dmax),
        TEST(beyond_3125_ppb_a_second_it_is_not),
        TEST(past_64_s_it_is_unknown),
        TEST(an_unknown_bound_leaves_the_point),
        TEST(what_is_unknown_has_no_end),
        TEST(the_thousandth_turn_yields),
        TEST(at_the_stamp_it_is_the_records_bound),
        TEST(the_later_end_does_not_wrap),
        TEST(a_line_from_its_first_tick),
        TEST(utc_across_the_edge_of_a_second),
        TEST(stale_begins_after_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
