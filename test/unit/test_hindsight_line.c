/* sources: hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/hindsight.c hv/time/timeline.c */
/* Hindsight of a line that was told once and was right to the ns: what its bound said is held to the ns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "time/hindsight.h"

#define HZ 2000000000ull

static struct estimate estimate;
static struct told_history history;
static struct timeline timeline;
static const struct crystal LOOSE = {1000, 0, 60};

static void begin(void)
{
    memset(&history, 0, sizeof history);
    assert_true(scale_from_hz(HZ, &estimate.nominal));
    estimate_init(&estimate, estimate.nominal, LOOSE);
}

static void look_exactly(long double second, int64_t off_ns)
{
    struct bracket b = {(uint64_t)(second * HZ), (uint64_t)(second * HZ) + 2,
                        (int64_t)(second * 1e9L) + off_ns, (int64_t)(second * 1e9L) + off_ns + 2};

    estimate_append(&estimate, &b);
}

/* A line, told once, at 10 s, and right to the ns. */
static void tell_once(int64_t anchor_ns)
{
    begin();
    look_exactly(9.9L, 0);
    look_exactly(10, 0);
    timeline = (struct timeline){.line = {.tsc = 10 * HZ, .ns = 10000000000 + (uint64_t)anchor_ns},
                                 .anchor_ns = anchor_ns,
                                 .bound = {100, 1000}};
    timeline.line.scale = estimate.nominal;
    told_add(&history, &timeline);
}

/* Its publisher dies; R is off by so much at a later look. Is what readers made of the line called wrong? */
static bool wrong_after(long double second, int64_t off_ns, int64_t anchor_ns)
{
    struct excess earlier, fresh;

    tell_once(anchor_ns);
    look_exactly(second, off_ns);
    hindsight(&estimate, LOOSE, false, &history, 0, &earlier, &fresh);
    assert_false(earlier.any);
    return fresh.any;
}

/* One look at which all was right, or two, do not end it: it goes back to the look before the first. */
static void test_it_goes_on_over_looks_that_were_right(void **state)
{
    static const int64_t offs[] = {0, 900, 0, 0, 5000};
    struct excess earlier, fresh;

    (void)state;
    tell_once(0);
    for (unsigned i = 0; i < 5; i++)
        look_exactly(10.1L + i * 0.1L, offs[i]);
    hindsight(&estimate, LOOSE, false, &history, 0, &earlier, &fresh);
    assert_in_range(fresh.from_ns, 10099999990, 10100000010);
    assert_in_range(fresh.to_ns, 10499999990, 10500000010);
}

/* What the bound said then: it grows, after a second by 100 ppm more, and after 64 s it says nothing. */
static void test_a_bound_is_held_to_what_it_said(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int64_t anchor_ns = 0; anchor_ns <= 7000000; anchor_ns += 7000000) {
            assert_false(wrong_after(10.9L, sign * 950, anchor_ns)); /* 100 and 900 ns */
            assert_true(wrong_after(10.9L, sign * 1100, anchor_ns));
            assert_false(wrong_after(12, sign * 102000, anchor_ns)); /* 100 and 2,000 and 100,000 */
            assert_true(wrong_after(12, sign * 103000, anchor_ns));
            assert_false(wrong_after(70, sign * 5900000, anchor_ns));
            assert_true(wrong_after(70, sign * 6100000, anchor_ns));
            assert_false(wrong_after(75, sign * 50000000, anchor_ns));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_goes_on_over_looks_that_were_right),
        cmocka_unit_test(test_a_bound_is_held_to_what_it_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
