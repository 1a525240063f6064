/* sources: hv/time/train.c */
/*
 * Periods in events: found where there are some, with events that are missing, late, or of another; and not
 * found where events come at random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "time/train.h"

#define SECOND 1000000000ull

static struct random r = {1};
static uint64_t at[TRAIN_MOST], gone;
static unsigned count;
static struct train train;

static uint64_t below(uint64_t n)
{
    return random_next(&r) % n;
}

static int by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void empty(void)
{
    count = 0;
    gone = 0;
}

/* Each is up to `late` late; one in `missing` is missing, 0: none. */
static void add_train(uint64_t period, unsigned events, uint64_t late, unsigned missing)
{
    uint64_t first = below(period);

    for (unsigned i = 0; i < events && count < TRAIN_MOST; i++) {
        if (missing && i % missing == missing - 1)
            continue;
        at[count++] = first + i * period + (late ? below(late) : 0);
    }
    qsort(at, count, sizeof at[0], by_time);
}

static void add_random(unsigned events, uint64_t span)
{
    for (unsigned i = 0; i < events && count < TRAIN_MOST; i++)
        at[count++] = below(span);
    qsort(at, count, sizeof at[0], by_time);
}

static bool find(void)
{
    return train_find(at, count, &gone, &train);
}

static bool near(uint64_t a, uint64_t b, uint64_t part)
{
    return (a > b ? a - b : b - a) <= b / part;
}

static void a_train_is_found(void **state)
{
    (void)state;
    for (unsigned events = TRAIN_LEAST; events <= TRAIN_MOST; events++) {
        empty();
        add_train(SECOND, events, 0, 0);
        assert_true(find());
        assert_true(train.period == SECOND && train.hits == events);
        assert_true(gone == (events == 64 ? UINT64_MAX : (1ull << events) - 1));
        assert_false(find());
    }
    empty();
    add_train(SECOND, TRAIN_LEAST - 1, 0, 0);
    assert_false(find());
}

static void one_in_four_may_be_missing(void **state)
{
    (void)state;
    for (unsigned missing = 5; missing < 20; missing++) {
        empty();
        add_train(SECOND, 40, 0, missing);
        assert_true(find());
        assert_true(train.period == SECOND && train.hits == count);
    }
    empty();
    add_train(SECOND, 40, 0, 3); /* one in three: what is left is no row of seconds, but two of three each */
    assert_false(find() && train.period == SECOND);
}

/* Within a hundredth they are a train; by a third of the period they are none. */
static void a_late_one_is_one_of_them(void **state)
{
    unsigned found = 0, wild = 0;

    (void)state;
    for (unsigned run = 0; run < 200; run++) {
        empty();
        add_train(SECOND, 30, SECOND / 100, 0);
        if (find() && train.hits == 30 && near(train.period, SECOND, 1000))
            found++;
        empty();
        add_train(SECOND, 30, SECOND / 3, 0);
        wild += find();
    }
    assert_int_equal(found, 200);
    assert_true(wild <= 1);
}

static void two_trains_are_two(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 200; run++) {
        uint64_t one = SECOND, other = SECOND / 10 * (2 + below(5)) + SECOND / 37;

        empty();
        add_train(one, 12, 0, 0);
        add_train(other, (unsigned)(11 * one / other), 0, 0);
        assert_true(find());
        assert_true(near(train.period, other, 200));
        assert_true(find());
        assert_true(near(train.period, one, 200) && train.hits >= 10);
    }
}

static void a_train_is_found_among_others(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 200; run++) {
        empty();
        add_train(SECOND, 30, 0, 0);
        add_random(20, 30 * SECOND);
        assert_true(find());
        assert_true(near(train.period, SECOND, 500) && train.hits >= 29);
    }
}

/* By a quarter of all: 12 of 44 are a train, 12 of 60 are none. */
static void too_many_others_hide_it(void **state)
{
    unsigned few = 0, many = 0;

    (void)state;
    for (unsigned run = 0; run < 200; run++) {
        empty();
        add_train(SECOND, 12, 0, 0);
        add_random(32, 12 * SECOND);
        few += find();
        empty();
        add_train(SECOND, 12, 0, 0);
        add_random(48, 12 * SECOND);
        many += find();
    }
    assert_true(few >= 195 && many <= 5);
}

static void the_nearest_one_is_its_event(void **state)
{
    (void)state;
    empty();
    for (unsigned i = 0; i < 12; i++) {
        if (i == 5)
            at[count++] = i * SECOND - SECOND / 200;
        at[count++] = i * SECOND;
    }
    assert_true(find() && train.hits == 12 && gone == (0x1fff & ~(1ull << 5)));
}

static void one_out_of_order_is_left_out(void **state)
{
    (void)state;
    for (unsigned wrong = 1; wrong < 20; wrong++) {
        empty();
        for (; count < 20; count++)
            at[count] = SECOND + count * SECOND;
        at[wrong] = 3;
        assert_true(find() && train.hits == 19 && gone == (0xfffff & ~(1ull << wrong)));
        assert_true(train.period == SECOND);
    }
}

/* Events at random have no period: of 20,000 rows at most a few look so. */
static void chance_is_no_train(void **state)
{
    unsigned found = 0;

    (void)state;
    for (unsigned run = 0; run < 20000; run++) {
        empty();
        add_random(TRAIN_LEAST + (unsigned)below(TRAIN_MOST - TRAIN_LEAST + 1), 60 * SECOND);
        found += find();
    }
    print_message("%u of 20000 random rows have a period\n", found);
    assert_true(found <= 4);
}

/* What a hostile list may hold: all the same, out of order, none. */
static void odd_lists_are_taken(void **state)
{
    (void)state;
    empty();
    assert_false(find());
    for (count = 0; count < TRAIN_MOST; count++)
        at[count] = 5;
    assert_false(find());
    for (count = 0; count < 60; count++)
        at[count] = count / 5 * SECOND; /* five at a time: a fifth of all */
    assert_false(find());
    for (count = 0; count < 40; count++)
        at[count] = count / 4 * SECOND;
    assert_true(find() && train.hits == 10);
    gone = 0;
    count = 2 * TRAIN_MOST; /* more than there can be */
    assert_false(find());
    for (unsigned run = 0; run < 2000; run++) {
        gone = random_next(&r);
        for (count = 0; count < TRAIN_MOST; count++)
            at[count] = random_next(&r) >> (2 + below(60));
        find();
    }
}

static void periods_are_the_same_to_a_50th(void **state)
{
    (void)state;
    assert_true(train_same(1000, 1020) && train_same(1020, 1000) && train_same(5, 5));
    assert_false(train_same(100000, 102001) || train_same(102001, 100000));
}

/* The rule once more, as plainly as can be: all pairs, and each place asks all events. */
static unsigned plain_hits(int64_t period, unsigned first, int64_t mean)
{
    int64_t step = period < 0 ? -period : period, tolerance = (step < mean ? step : mean) / TRAIN_FINE;
    int64_t place = (int64_t)at[first];
    unsigned hits = 0, last = first;

    for (;;) {
        int64_t best = INT64_MAX;
        unsigned which = 0;

        place += period;
        if (place > (int64_t)at[count - 1] + tolerance || place < (int64_t)at[0] - tolerance)
            return hits;
        for (unsigned i = 0; i < count; i++) {
            int64_t off = (int64_t)at[i] > place ? (int64_t)at[i] - place : place - (int64_t)at[i];

            if (off <= tolerance && off < best && (period > 0 ? i > last : i < last)) {
                best = off;
                which = i;
            }
        }
        if (best == INT64_MAX)
            continue;
        hits++;
        last = which;
        place = (int64_t)at[which];
    }
}

static unsigned plain_best(void)
{
    uint64_t span = count > 1 ? at[count - 1] - at[0] : 0, mean = count > 1 ? span / (count - 1) : 0;
    unsigned best = 0;

    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = i + 1; j < count; j++) {
            uint64_t period = at[j] - at[i], places = period ? span / period + 1 : 0;
            unsigned hits;

            if (!period || places > 85)
                continue;
            hits = 1 + plain_hits((int64_t)period, i, (int64_t)mean) +
                   plain_hits(-(int64_t)period, i, (int64_t)mean);
            if (hits >= 8 && hits * 4 >= count && hits * 4 >= places * 3 && hits > best)
                best = hits;
        }
    }
    return best;
}

static void it_finds_the_longest(void **state)
{
    unsigned found = 0;

    (void)state;
    for (unsigned run = 0; run < 400; run++) {
        unsigned best;

        empty();
        add_train(SECOND / (1 + below(4)), 8 + (unsigned)below(20), below(SECOND / 60), (unsigned)below(8));
        add_random((unsigned)below(12), 12 * SECOND);
        best = plain_best();
        assert_int_equal(find() ? train.hits : 0, best);
        found += best > 0;
    }
    assert_in_range(found, 100, 399);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_train_is_found),
        cmocka_unit_test(one_in_four_may_be_missing),
        cmocka_unit_test(a_late_one_is_one_of_them),
        cmocka_unit_test(two_trains_are_two),
        cmocka_unit_test(a_train_is_found_among_others),
        cmocka_unit_test(too_many_others_hide_it),
        cmocka_unit_test(the_nearest_one_is_its_event),
        cmocka_unit_test(one_out_of_order_is_left_out),
        cmocka_unit_test(chance_is_no_train),
        cmocka_unit_test(odd_lists_are_taken),
        cmocka_unit_test(periods_are_the_same_to_a_50th),
        cmocka_unit_test(it_finds_the_longest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
