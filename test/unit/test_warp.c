/* sources: test/faults/warp.c test/faults/words.c */
/* flags: -Itest/faults */
/* The test images' own arithmetic: a TSC put out of step, and the words that ask for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "warp.h"
#include "words.h"

#define SECOND 1000000000ull

static void plain_offset(void **state)
{
    struct warp warp;
    int64_t offset;

    (void)state;
    warp_start(&warp, -5, 0);
    assert_int_equal(warp_tsc(&warp, 12), 7);
    assert_true(warp_is_offset(&warp, &offset));
    assert_int_equal(offset, -5);
    warp_start(&warp, 7, 1);
    assert_false(warp_is_offset(&warp, &offset));
}

static void rates(void **state)
{
    struct warp warp;

    (void)state;
    warp_start(&warp, 100, 200);
    assert_int_equal(warp_tsc(&warp, SECOND), 100 + SECOND + 200000);
    warp_start(&warp, 0, -200);
    assert_int_equal(warp_tsc(&warp, 3600 * SECOND), 3600 * (SECOND - 200000));
}

/* At the instant itself, and a tick to either side of it. */
static void changes(void **state)
{
    struct warp warp;

    (void)state;
    warp_start(&warp, 0, 0);
    assert_true(warp_jump(&warp, SECOND, -300));
    assert_true(warp_freeze(&warp, 2 * SECOND, 1000));
    assert_true(warp_rate(&warp, 3 * SECOND, 100));
    assert_int_equal(warp_tsc(&warp, SECOND - 1), SECOND - 1);
    assert_int_equal(warp_tsc(&warp, SECOND), SECOND - 300);
    assert_int_equal(warp_tsc(&warp, 2 * SECOND), 2 * SECOND - 300);
    assert_int_equal(warp_tsc(&warp, 2 * SECOND + 999), 2 * SECOND - 300);
    assert_int_equal(warp_tsc(&warp, 2 * SECOND + 1001), 2 * SECOND - 299);
    assert_int_equal(warp_tsc(&warp, 4 * SECOND), 4 * SECOND - 1300 + 100000);
}

/* But for a jump back it never goes back, at any rate. */
static void steady(void **state)
{
    static const int32_t ppm[] = {-200, 333, WARP_FROZEN, -999999};

    (void)state;
    for (unsigned i = 0; i < sizeof ppm / sizeof *ppm; i++) {
        struct warp warp;
        uint64_t last;

        warp_start(&warp, 0, ppm[i]);
        assert_true(warp_rate(&warp, 5000, -ppm[i] > WARP_MOST_PPM ? 0 : -ppm[i]));
        last = warp_tsc(&warp, 0);
        for (uint64_t real = 1; real < 3000000; real += 7) {
            uint64_t now = warp_tsc(&warp, real);

            assert_true(now >= last);
            last = now;
        }
    }
}

static void room(void **state)
{
    struct warp warp;
    unsigned taken = 0;

    (void)state;
    warp_start(&warp, 0, 0);
    while (taken < 100 && warp_jump(&warp, taken, 1))
        taken++;
    assert_int_equal(taken, WARP_PIECES - 1);
}

static void lists(void **state)
{
    const char *at = words_find("rate=1 skew=-3,+4,x -- skew=9", "skew");
    int64_t value;

    (void)state;
    assert_non_null(at);
    assert_true(words_number(&at, &value) && value == -3 && words_skip(&at, ','));
    assert_true(words_number(&at, &value) && value == 4 && words_skip(&at, ','));
    assert_false(words_number(&at, &value));
    assert_true(words_take(&at, "x"));
    assert_null(words_find("rate=1 -- skew=9", "skew"));
    assert_null(words_find("myskew=1 skewed=2", "skew"));
    assert_int_equal(words_value("a=1 b=22", "b"), 22);
    assert_int_equal(words_value("a=1", "b"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_offset), cmocka_unit_test(rates), cmocka_unit_test(changes),
        cmocka_unit_test(steady),       cmocka_unit_test(room),  cmocka_unit_test(lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
