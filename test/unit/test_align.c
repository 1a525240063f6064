/* sources: hv/time/align.c hv/time/line.c hv/time/timerq.c */
/* Offsets from exchanges, the tournament of pairs, and a CPU's timer queue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "time/align.h"
#include "time/timerq.h"

static struct offset exchanges(int64_t truth, uint64_t seed, int pings)
{
    struct random r = {seed};
    struct offset offset = OFFSET_UNKNOWN;

    for (int i = 0; i < pings; i++) {
        uint64_t sent = 1000000 + (uint64_t)i * 1000, there = sent + 40 + random_next(&r) % 500;
        uint64_t back = there + 40 + random_next(&r) % 500;
        struct ping ping = {sent, there + (uint64_t)truth, back};
        offset = offset_narrow(offset, &ping);
    }
    return offset;
}

static void offset_holds_the_truth(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 500; seed++) {
        int64_t truth = (int64_t)(seed * 7919 % 4000) - 2000;
        struct offset offset = exchanges(truth, seed, 16);

        assert_true(offset.lo <= truth && truth <= offset.hi);
        assert_true(offset.hi - offset.lo < 400);
        assert_int_equal(offset_judge(offset),
                         offset.lo <= 0 && offset.hi >= 0 ? ALIGNMENT_IN_STEP : ALIGNMENT_APART);
    }
}

static void three_outcomes(void **state)
{
    (void)state;
    assert_int_equal(offset_judge(exchanges(0, 3, 16)), ALIGNMENT_IN_STEP);
    assert_int_equal(offset_judge(exchanges(5000, 3, 16)), ALIGNMENT_APART);
    assert_int_equal(offset_judge(exchanges(-5000, 3, 16)), ALIGNMENT_APART);
    assert_int_equal(offset_judge(exchanges(0, 3, 0)), ALIGNMENT_UNKNOWN);
    assert_int_equal(alignment_join(ALIGNMENT_IN_STEP, ALIGNMENT_IN_STEP), ALIGNMENT_IN_STEP);
    assert_int_equal(alignment_join(ALIGNMENT_UNKNOWN, ALIGNMENT_IN_STEP), ALIGNMENT_UNKNOWN);
    assert_int_equal(alignment_join(ALIGNMENT_UNKNOWN, ALIGNMENT_APART), ALIGNMENT_APART);
    assert_int_equal(alignment_join(ALIGNMENT_APART, ALIGNMENT_IN_STEP), ALIGNMENT_APART);
}

static void every_pair_meets_exactly_once(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 256; n = n < 20 ? n + 1 : n + 59) {
        unsigned char *met = calloc(n, n);

        for (unsigned round = 0; round < align_rounds(n); round++) {
            for (unsigned me = 0; me < n; me++) {
                unsigned partner = align_partner(n, round, me);
                assert_true(partner <= n && partner != me);
                if (partner == n)
                    continue;
                assert_int_equal(align_partner(n, round, partner), me);
                met[me * n + partner]++;
            }
        }
        for (unsigned i = 0; i < n * n; i++)
            assert_int_equal(met[i], i / n == i % n ? 0 : 1);
        free(met);
    }
}

static void timers_come_out_in_order(void **state)
{
    static struct timer timers[200];
    struct timerq queue = {0};
    struct random r = {4};
    uint64_t last = 0;
    unsigned taken = 0;

    (void)state;
    for (int ping = 0; ping < 5; ping++) {
        for (unsigned i = 0; i < 200; i++)
            timerq_arm(&queue, &timers[i], random_next(&r) % 1000);
    }
    for (unsigned i = 0; i < 200; i += 10)
        timerq_cancel(&queue, &timers[i]);
    timerq_cancel(&queue, &timers[0]);
    assert_null(timerq_take_due(&queue, timerq_next_ns(&queue) - 1));
    for (struct timer *t; (t = timerq_take_due(&queue, 1000)); taken++) {
        assert_true(t->deadline_ns >= last);
        assert_false(t->armed);
        last = t->deadline_ns;
    }
    assert_int_equal(taken, 180);
    assert_true(timerq_next_ns(&queue) == TIMERQ_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offset_holds_the_truth),
        cmocka_unit_test(three_outcomes),
        cmocka_unit_test(every_pair_meets_exactly_once),
        cmocka_unit_test(timers_come_out_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
