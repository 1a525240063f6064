/* sources: hv/time/gaps.c hv/time/train.c */
/*
 * Gaps between readings: each is in its decade, the largest is known, and a period is told with the longest
 * gaps that have it. Beside a plain model that keeps all gaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "time/gaps.h"

#define GHZ 1000000000ull
#define US  1000u
#define S   1000000000ull

static struct random r = {7};
static struct gaps gaps;
static uint64_t now;

static uint64_t below(uint64_t n)
{
    return random_next(&r) % n;
}

static void begin(uint64_t hz, uint64_t tsc)
{
    now = tsc;
    gaps_begin(&gaps, hz);
    gaps_first(&gaps, now);
}

static void pass(uint64_t ticks)
{
    now += ticks;
    gaps_add(&gaps, now);
}

/* A gap of so many ticks that begins then, since the first reading; 100 ns a reading until then. */
static void gap_at(uint64_t from, uint64_t ticks)
{
    while (now - gaps.first + 500 < from)
        pass(from - (now - gaps.first) > 20000 ? 900 : 100);
    pass(ticks);
}

static void find(void)
{
    for (unsigned ring = GAPS_DECADES - 1; ring-- > 0;)
        gaps_find_periods(&gaps, ring);
}

static bool near(uint64_t a, uint64_t b, uint64_t part)
{
    return (a > b ? a - b : b - a) <= b / part;
}

static void a_gap_is_in_its_decade(void **state)
{
    static const struct {
        uint64_t ticks;
        unsigned decade;
    } cases[] = {{1000, 0},      {9999, 0},      {10000, 1},      {99999, 1},
                 {100000, 2},    {149999, 2},    {150000, 2},     {999999, 2},
                 {1000000, 3},   {9999999, 3},   {10000000, 4},   {99999999, 4},
                 {100000000, 5}, {999999999, 5}, {1000000000, 6}, {90000000000, 6}};

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(GHZ, 77);
        pass(999);
        assert_int_equal(gaps.decades[0], 0);
        pass(cases[i].ticks);
        for (unsigned d = 0; d < GAPS_DECADES; d++)
            assert_int_equal(gaps.decades[d], d == cases[i].decade);
        assert_int_equal(gaps.longs, cases[i].ticks >= 150000);
        assert_int_equal(gaps_count(&gaps), cases[i].decade > 0);
        assert_true(gaps.largest == cases[i].ticks);
    }
}

static void other_rates_have_other_ticks(void **state)
{
    (void)state;
    begin(2596122000, 0);
    pass(25961);
    pass(25960);
    assert_int_equal(gaps.decades[1], 1);
    assert_int_equal(gaps.decades[0], 1);
    assert_true(gaps_ns(2596122000, 2596122000) == S);
    assert_true(gaps_ns(2596122, 2596122000) == 1000000);
    assert_true(gaps_ns(UINT64_MAX, 9999999999) ==
                UINT64_MAX / 9999999999 * S + UINT64_MAX % 9999999999 * S / 9999999999);
    assert_true(gaps_ns(5, 0) == 0);
    begin(9999999999, 0);
    assert_int_equal(gaps.long_ticks, 1499999);
    begin(0, 0); /* no rate at all */
    pass(1);
    assert_true(gaps.least[0] == 1 && gaps.least[6] == 1 && gaps.decades[6] == 1);
    begin(1000, 0);
    assert_true(gaps.least[0] == 1 && gaps.least[3] == 1 && gaps.least[4] == 10);
    begin(50000000, 0); /* Bochs' */
    pass(50);
    pass(49);
    assert_int_equal(gaps.decades[0], 1);
}

static void a_tsc_may_pass_2_to_the_64(void **state)
{
    (void)state;
    begin(GHZ, UINT64_MAX - 5000);
    pass(100);
    pass(200000);
    assert_int_equal(gaps.decades[2], 1);
    assert_int_equal(gaps.back, 0);
    assert_true(gaps.rings[1].at[0] == 200100);
}

static void a_step_back_is_no_gap(void **state)
{
    (void)state;
    begin(GHZ, 1000000);
    gaps_add(&gaps, 900000);
    assert_int_equal(gaps.back, 1);
    assert_true(gaps.largest == 0);
    gaps_add(&gaps, 900100);
    gaps_add(&gaps, 1050100);
    assert_true(gaps.largest == 150000 && gaps.longs == 1);
    gaps_add(&gaps, 1050100 + (1ull << 62));
    assert_true(gaps.largest == 1ull << 62 && gaps.back == 1);
}

static void an_smi_each_second(void **state)
{
    (void)state;
    begin(GHZ, 123456);
    for (unsigned i = 0; i < 60; i++)
        gap_at(S / 2 + i * S / 50, 150 * US); /* fifty a second: fewer readings */
    find();
    assert_int_equal(gaps.longs, 60);
    assert_true(near(gaps.periods[0].train.period, S / 50, 1000));
    assert_int_equal(gaps.periods[0].train.hits, 60);
    assert_true(gaps.periods[0].least == 100 * US);
    assert_true(gaps.periods[1].least == 0);
}

/* The longer gaps are told first; those of the other period stand in the lower ring with them. */
static void two_periods(void **state)
{
    (void)state;
    begin(GHZ, 0);
    for (unsigned i = 0; i < 60; i++) {
        gap_at(i * 7000 * US, 40 * US);
        if (i % 3 == 0)
            gap_at(i * 7000 * US + 2500 * US, 150 * US);
    }
    find();
    assert_true(near(gaps.periods[0].train.period, 21000 * US, 500));
    assert_true(gaps.periods[0].least == 100 * US);
    assert_true(near(gaps.periods[1].train.period, 7000 * US, 500));
    assert_true(gaps.periods[1].least == 10 * US);
}

static void a_loop_of_gaps_has_no_period(void **state)
{
    (void)state;
    begin(GHZ, 0);
    for (unsigned i = 0; i < 1000; i++)
        pass(12 * US + below(3));
    find();
    assert_int_equal(gaps.decades[1], 1000);
    assert_true(gaps.periods[0].least == 0);
}

/* Ten times their length apart they are gaps, and below that a loop. */
static void apart_by_ten_lengths(void **state)
{
    (void)state;
    for (unsigned less = 0; less < 2; less++) {
        begin(GHZ, 0);
        for (unsigned i = 0; i < 21; i++) {
            now += 88 * US - (less && i == 20);
            gaps.last = now;
            pass(12 * US);
        }
        find();
        assert_int_equal(gaps.periods[0].least > 0, !less);
    }
}

/* There is room for two. */
static void a_third_period_is_not_told(void **state)
{
    (void)state;
    begin(GHZ, 0);
    for (unsigned i = 0; i < 148; i++) {
        now += i < 20 ? 10000 * US : i < 84 ? 10000 * US : 1000 * US;
        gaps.last = now;
        pass(i < 20 ? 20000 * US : i < 84 ? 200 * US : 20 * US);
    }
    find();
    assert_true(near(gaps.periods[0].train.period, 30000 * US, 500));
    assert_true(near(gaps.periods[1].train.period, 10200 * US, 500));
}

/* Gaps as a Poisson process has them, for each ring anew. */
static void chance_has_no_period(void **state)
{
    unsigned found = 0;

    (void)state;
    for (unsigned run = 0; run < 300; run++) {
        begin(GHZ, below(1ull << 60));
        for (unsigned i = 0; i < 200; i++) {
            now += below(2000000 * US) * below(4) / 3 + 1000;
            gaps_first(&gaps, now); /* what lies between is not read */
            gaps.first = 0;
            pass(10 * US * (1 + below(30)));
        }
        find();
        found += gaps.periods[0].least > 0;
    }
    assert_true(found <= 1);
}

/* A model that keeps every gap and counts at the end. */
static void it_agrees_with_a_plain_model(void **state)
{
    static uint64_t all[2000];

    (void)state;
    for (unsigned run = 0; run < 200; run++) {
        uint64_t hz = 1000000 + below(9000000000u), decades[GAPS_DECADES] = {0}, longs = 0, largest = 0;

        begin(hz, random_next(&r));
        for (unsigned i = 0; i < 2000; i++) {
            all[i] = random_next(&r) >> (24 + below(40));
            pass(all[i]);
        }
        for (unsigned i = 0; i < 2000; i++) {
            for (unsigned d = GAPS_DECADES; d-- > 0;) {
                static const uint64_t parts[GAPS_DECADES] = {1000000, 100000, 10000, 1000, 100, 10, 1};

                if (all[i] >= hz / parts[d]) {
                    decades[d]++;
                    break;
                }
            }
            longs += all[i] >= hz * 150 / 1000000;
            if (all[i] >= hz / 1000000 && all[i] > largest)
                largest = all[i];
        }
        assert_memory_equal(decades, gaps.decades, sizeof decades);
        assert_true(longs == gaps.longs && largest == gaps.largest);
        for (unsigned ring = 0; ring < GAPS_DECADES - 1; ring++) {
            uint64_t want = 0, count = gaps.rings[ring].count;

            for (unsigned d = ring + 1; d < GAPS_DECADES; d++)
                want += decades[d];
            assert_true(count == want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_is_in_its_decade),       cmocka_unit_test(other_rates_have_other_ticks),
        cmocka_unit_test(a_tsc_may_pass_2_to_the_64),   cmocka_unit_test(a_step_back_is_no_gap),
        cmocka_unit_test(an_smi_each_second),           cmocka_unit_test(two_periods),
        cmocka_unit_test(a_loop_of_gaps_has_no_period), cmocka_unit_test(apart_by_ten_lengths),
        cmocka_unit_test(a_third_period_is_not_told),   cmocka_unit_test(chance_has_no_period),
        cmocka_unit_test(it_agrees_with_a_plain_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
