/* sources: hv/keeper/tie.c hv/time/bracket.c */
/* flags: -pthread */
/* R by the count of its reference: true of every count, and whole in every copy while the tie changes. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keeper/clocks.h"
#include "random.h"

struct keeper keeper;
static struct random r = {5};

static uint64_t below(uint64_t n)
{
    return random_next(&r) % n;
}

static struct tie some_tie(void)
{
    static const struct counter counters[] = {
        {10000000, 1000000, 64}, {69841279, 1000000, 32}, {88000, 315, 24}, {88000, 105, 16}};

    return (struct tie){
        .counter = counters[below(4)], .origin = below(1u << 30), .base_ns = (int64_t)below(1ull << 50)};
}

/* The first tie has no slack: it is the bracket of the count, and nothing else. */
static void the_first_tie_is_the_count(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct tie tie = some_tie();
        uint64_t gone = below(1ull << 40),
                 mask = tie.counter.bits < 64 ? (1ull << tie.counter.bits) - 1 : ~0ull;
        struct reference_reading reading = {5, 9, (tie.origin + gone) & mask, below(2)};

        tie.base_ns = 0;
        struct bracket plain =
            bracket_from_count(&tie.counter, tie.origin, tie.origin + gone, reading.edge, 5, 9);
        struct bracket ours = tie_bracket(&tie, counter_ns(&tie.counter, gone), &reading);

        assert_memory_equal(&plain, &ours, sizeof plain);
    }
}

/* R by 128 bits: base, and so many counts at their length; and slack for so many seconds. */
static void a_later_tie_has_base_and_slack(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct tie tie = some_tie();
        uint64_t gone = below(1ull << 40),
                 mask = tie.counter.bits < 64 ? (1ull << tie.counter.bits) - 1 : ~0ull;
        struct reference_reading reading = {5, 9, (tie.origin + gone) & mask, false};

        tie.slack_ns = (int64_t)below(5000);
        tie.slack_ppb = (uint32_t)below(100000);
        unsigned __int128 ns = (unsigned __int128)gone * tie.counter.num / tie.counter.den;
        int64_t ref = tie.base_ns + (int64_t)ns;
        int64_t slack = tie.slack_ns + (int64_t)(ns * tie.slack_ppb / 1000000000);
        struct bracket b = tie_bracket(&tie, ref, &reading);

        assert_in_range(ref - slack - b.ref_lo_ns, 0, 202);
        assert_in_range(b.ref_hi_ns - ref - slack, counter_ns(&tie.counter, 1),
                        counter_ns(&tie.counter, 1) + 204);
    }
}

/* Whatever a register shows: the sanitizers look on. */
static void any_count_may_come(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct tie tie = some_tie();
        struct reference_reading reading = {5, 9, random_next(&r) >> below(64), below(2)};

        tie.slack_ns = (int64_t)below(1u << 30);
        tie.slack_ppb = (uint32_t)below(1000000);
        if (tie.counter.bits < 64)
            reading.count &= (1ull << tie.counter.bits) - 1;
        tie_bracket(&tie, (int64_t)below(1ull << 60), &reading);
    }
}

#define COPIES 20000u

static volatile bool enough;

/* Every part of a tie has the number of its change in it. */
static void *changes(void *arg)
{
    (void)arg;
    for (unsigned i = 1; !enough; i++)
        tie_change(
            &(struct tie){.origin = i, .base_ns = i, .slack_ns = i, .slack_ppb = i, .counter = {i, i, i}});
    return NULL;
}

static void a_copy_is_whole(void **state)
{
    (void)state;
    pthread_t thread;
    struct tie tie;
    uint64_t last = 0, whole = 0;

    assert_int_equal(pthread_create(&thread, NULL, changes, NULL), 0);
    while (whole < COPIES || last < COPIES) {
        if (!tie_read(&tie))
            continue;
        assert_int_equal(tie.changes, (uint32_t)(2 * tie.origin));
        assert_true(tie.base_ns == (int64_t)tie.origin && tie.slack_ns == (int64_t)tie.origin &&
                    tie.slack_ppb == tie.origin && tie.counter.num == tie.origin &&
                    tie.counter.bits == tie.origin);
        assert_true(tie.origin >= last);
        last = tie.origin;
        whole++;
    }
    enough = true;
    pthread_join(thread, NULL);
}

/* A change that never ends holds no look up. */
static void a_change_that_does_not_end(void **state)
{
    (void)state;
    struct tie tie;

    keeper.tie.changes = 7;
    assert_false(tie_read(&tie));
    keeper.tie.changes = 8;
    assert_true(tie_read(&tie));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_tie_is_the_count), cmocka_unit_test(a_later_tie_has_base_and_slack),
        cmocka_unit_test(any_count_may_come),         cmocka_unit_test(a_copy_is_whole),
        cmocka_unit_test(a_change_that_does_not_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
