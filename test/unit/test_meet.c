/* sources: hv/time/align.c hv/time/line.c hv/time/timerq.c hv/time/publish.c hv/time/wallclock.c */
/* Offsets, pairs, timers, records, dates at their edges: equal values, first and last ones, nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "time/align.h"
#include "time/publish.h"
#include "time/timerq.h"
#include "time/wallclock.h"

/* ---- Offsets ---- */

static void a_turn_bounds_the_offset_on_both_sides(void **state)
{
    const struct ping ping = {.sent = 1000, .answered = 5100, .received = 1300}, wider = {900, 5100, 1400};
    struct offset o = offset_narrow(OFFSET_UNKNOWN, &ping);

    (void)state;
    assert_int_equal(o.lo, 3800);
    assert_int_equal(o.hi, 4100);
    o = offset_narrow(o, &wider);
    assert_int_equal(o.lo, 3800);
    assert_int_equal(o.hi, 4100);
    o = offset_join(o, (struct offset){3900, 5000});
    assert_int_equal(o.lo, 3900);
    assert_int_equal(o.hi, 4100);
    o = offset_join((struct offset){0, 4000}, o);
    assert_int_equal(o.lo, 3900);
    assert_int_equal(o.hi, 4000);
}

static void in_step_while_0_is_possible(void **state)
{
    (void)state;
    assert_int_equal(offset_judge((struct offset){0, 5}), ALIGNMENT_IN_STEP);
    assert_int_equal(offset_judge((struct offset){-5, 0}), ALIGNMENT_IN_STEP);
    assert_int_equal(offset_judge((struct offset){0, 0}), ALIGNMENT_IN_STEP);
    assert_int_equal(offset_judge((struct offset){1, 5}), ALIGNMENT_APART);
    assert_int_equal(offset_judge((struct offset){-5, -1}), ALIGNMENT_APART);
    assert_int_equal(offset_judge((struct offset){5, -5}), ALIGNMENT_APART);
    assert_int_equal(offset_judge(OFFSET_UNKNOWN), ALIGNMENT_UNKNOWN);
    assert_int_equal(offset_judge((struct offset){OFFSET_UNKNOWN.lo, 5}), ALIGNMENT_UNKNOWN);
    assert_int_equal(offset_judge((struct offset){-5, OFFSET_UNKNOWN.hi}), ALIGNMENT_UNKNOWN);
}

static void the_extent_is_the_farther_end(void **state)
{
    (void)state;
    assert_int_equal(offset_extent((struct offset){-7, 3}), 7);
    assert_int_equal(offset_extent((struct offset){-3, 7}), 7);
    assert_int_equal(offset_extent((struct offset){0, 0}), 0);
}

/* Of three, each has two verdicts: every pair of verdicts, either way round. */
static void one_verdict_of_two(void **state)
{
    static const enum alignment u = ALIGNMENT_UNKNOWN, s = ALIGNMENT_IN_STEP, a = ALIGNMENT_APART;

    (void)state;
    assert_int_equal(alignment_join(s, s), s);
    assert_int_equal(alignment_join(s, u), u);
    assert_int_equal(alignment_join(u, s), u);
    assert_int_equal(alignment_join(u, u), u);
    assert_int_equal(alignment_join(a, u), a);
    assert_int_equal(alignment_join(u, a), a);
    assert_int_equal(alignment_join(s, a), a);
    assert_int_equal(alignment_join(a, s), a);
}

static void as_many_rounds_as_it_takes(void **state)
{
    static const unsigned rounds[] = {0, 0, 1, 3, 3, 5, 5, 7, 7};

    (void)state;
    for (unsigned n = 0; n < 9; n++)
        assert_int_equal(align_rounds(n), rounds[n]);
    assert_int_equal(align_rounds(255), 255);
    assert_int_equal(align_rounds(256), 255);
    assert_int_equal(align_partner(1, 0, 0), 1);
}

/* ---- Pairs ---- */

static const struct offset IN_STEP = {-5, 5}, APART = {2, 5};

static void a_pair_is_believed_after_four_meetings(void **state)
{
    struct pair table[9];
    struct pairs pairs;

    (void)state;
    memset(table, 0, sizeof table);
    pairs_start(&pairs, 3, table);
    for (unsigned met = 0; met < 6; met++) {
        assert_int_equal(pairs_in_step(&pairs, 1, 2), met >= 4);
        assert_true(pairs_note(&pairs, 1, 2, OFFSET_UNKNOWN)); /* says nothing */
        assert_int_equal(pairs_in_step(&pairs, 1, 2), met >= 4);
        assert_true(pairs_note(&pairs, 1, 2, IN_STEP));
    }
    assert_false(pairs_in_step(&pairs, 0, 1));
    assert_false(pairs_in_step(&pairs, 0, 2));
}

/* One meeting apart, anywhere: all begin again, and none is believed for what it was before. */
static void one_apart_sends_all_back(void **state)
{
    struct pair table[9];
    struct pairs pairs;

    (void)state;
    memset(table, 0, sizeof table);
    pairs_start(&pairs, 3, table);
    for (unsigned met = 0; met < 4; met++)
        assert_true(pairs_note(&pairs, 0, 1, IN_STEP));
    assert_true(pairs_in_step(&pairs, 0, 1));
    assert_false(pairs_note(&pairs, 1, 2, APART));
    for (unsigned met = 0; met < 4; met++) {
        assert_false(pairs_in_step(&pairs, 0, 1));
        assert_true(pairs_note(&pairs, 0, 1, IN_STEP));
    }
    assert_true(pairs_in_step(&pairs, 0, 1));
    pairs_forget(&pairs);
    assert_false(pairs_in_step(&pairs, 0, 1));
}

/* The tightest meeting since all began again says how far apart a pair may be. */
static void the_tightest_meeting_counts(void **state)
{
    struct pair table[9];
    struct pairs pairs;

    (void)state;
    memset(table, 0, sizeof table);
    pairs_start(&pairs, 3, table);
    assert_true(pairs_extent(&pairs, 0, 1) == INT64_MAX);
    pairs_note(&pairs, 0, 1, OFFSET_UNKNOWN);
    assert_true(pairs_extent(&pairs, 0, 1) == INT64_MAX);
    pairs_note(&pairs, 0, 1, (struct offset){-90, 10});
    assert_int_equal(pairs_extent(&pairs, 0, 1), 90);
    pairs_note(&pairs, 0, 1, (struct offset){-20, 40});
    pairs_note(&pairs, 0, 1, (struct offset){-50, 60});
    assert_int_equal(pairs_extent(&pairs, 0, 1), 40);
    pairs_forget(&pairs);
    assert_true(pairs_extent(&pairs, 0, 1) == INT64_MAX);
    pairs_note(&pairs, 0, 1, (struct offset){-70, 70});
    assert_int_equal(pairs_extent(&pairs, 0, 1), 70);
}

/* 1 us, or 32 ticks where a tick is that long. */
static void a_resolution_in_ticks(void **state)
{
    static const struct {
        uint64_t hz;
        int64_t ticks;
    } want[] = {{1000000, 32}, {31000000, 32}, {32000000, 32}, {50000000, 50}, {4000000000, 4000}};
    struct tsc_scale scale;

    (void)state;
    for (unsigned i = 0; i < sizeof want / sizeof *want; i++) {
        assert_true(scale_from_hz(want[i].hz, &scale));
        assert_in_range(align_resolution_ticks(scale), want[i].ticks, want[i].ticks + 4);
    }
}

/* ---- Timers ---- */

static void equal_deadlines_come_in_their_order(void **state)
{
    struct timer a = {0}, b = {0}, c = {0};
    struct timerq queue = {0};

    (void)state;
    assert_true(timerq_next_ns(&queue) == TIMERQ_NEVER);
    assert_null(timerq_take_due(&queue, UINT64_MAX));
    timerq_arm(&queue, &a, 100);
    timerq_arm(&queue, &b, 100);
    timerq_arm(&queue, &c, 99);
    assert_int_equal(timerq_next_ns(&queue), 99);
    assert_null(timerq_take_due(&queue, 98));
    assert_ptr_equal(timerq_take_due(&queue, 99), &c);
    assert_null(timerq_take_due(&queue, 99));
    assert_ptr_equal(timerq_take_due(&queue, 100), &a);
    assert_ptr_equal(timerq_take_due(&queue, 100), &b);
    assert_null(timerq_take_due(&queue, UINT64_MAX));
    assert_false(a.armed || b.armed || c.armed);
    assert_null(a.next);
}

/* One that is armed is moved, whichever place it has; one that is not is left alone by a cancel. */
static void timers_are_moved_and_cancelled(void **state)
{
    struct timer t[3] = {{0}};
    struct timerq queue = {0};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        timerq_arm(&queue, &t[i], 10 * (i + 1));
    assert_true(t[0].armed && t[1].armed && t[2].armed);
    timerq_arm(&queue, &t[0], 25);
    assert_int_equal(t[0].deadline_ns, 25);
    assert_ptr_equal(queue.first, &t[1]);
    assert_ptr_equal(t[1].next, &t[0]);
    assert_ptr_equal(t[0].next, &t[2]);
    assert_null(t[2].next);
    timerq_cancel(&queue, &t[0]);
    assert_ptr_equal(t[1].next, &t[2]);
    assert_null(t[0].next);
    t[0].next = &t[2]; /* not armed: nobody looks at it */
    timerq_cancel(&queue, &t[0]);
    assert_ptr_equal(t[0].next, &t[2]);
    timerq_cancel(&queue, &t[2]);
    assert_null(t[1].next);
    timerq_cancel(&queue, &t[1]);
    assert_null(queue.first);
}

/* ---- Records ---- */

static const struct published SAID = {
    .line = {.tsc = 11, .ns = 22, .frac = 99, .scale = {0x80000001u, -2}},
    .bound = {.ns = 33, .ppb = 44},
    .wall = {55, 66},
    .hz = 77,
    .disruptions = 88,
    .flags = 3,
};

static void a_record_says_all_of_it(void **state)
{
    const struct meridian_record whole = {6, 6, 11, 22, 0x80000001u, -2, 3, 88, 77, 55, 66, 44, 33};
    struct meridian_record record;

    (void)state;
    memset(&record, 0, sizeof record);
    record_begin(&record, 4);
    assert_int_equal(record.version1, 5);
    assert_int_equal(record.version2, 0);
    record_fill(&record, &SAID);
    assert_int_equal(record.version1, 5);
    assert_int_equal(record.version2, 0);
    record_end(&record, 4);
    assert_memory_equal(&record, &whole, sizeof record);
}

static void a_new_wall_time_changes_nothing_else(void **state)
{
    const struct meridian_record whole = {6, 6, 11, 22, 0x80000001u, -2, 3, 88, 77, -5, 999999999, 44, 33};
    struct meridian_record record;

    (void)state;
    memset(&record, 0, sizeof record);
    record_fill(&record, &SAID);
    record_end(&record, 4);
    record_fill_wall(&record, (struct utc){-5, 999999999});
    assert_memory_equal(&record, &whole, sizeof record);
}

static void xens_record_says_its_part(void **state)
{
    const struct xen_time_record whole = {6, 0, 11, 22, 0x80000001u, -2, 1, {0}};
    struct xen_time_record record;

    (void)state;
    memset(&record, 0, sizeof record);
    xen_record_begin(&record, 4);
    assert_int_equal(record.version, 5);
    xen_record_fill(&record, &SAID);
    assert_int_equal(record.version, 5);
    xen_record_end(&record, 4);
    assert_memory_equal(&record, &whole, sizeof record);
}

/* ---- Dates ---- */

/* 34,000 years either way, to the second; the last ns of a second, and not one more. */
static void a_date_is_a_date(void **state)
{
    const int64_t last = 1ll << 40;
    struct utc base = {1, 2};

    (void)state;
    assert_true(wallclock_base((struct utc){last, 999999999}, 0, &base));
    assert_true(base.s == last && base.ns == 999999999);
    assert_false(wallclock_base((struct utc){last + 1, 0}, 0, &base));
    assert_true(base.s == last && base.ns == 999999999); /* what is refused changes nothing */
    assert_true(wallclock_base((struct utc){-last, 0}, 0, &base));
    assert_false(wallclock_base((struct utc){-last - 1, 999999999}, 0, &base));
    assert_false(wallclock_base((struct utc){0, 1000000000}, 0, &base));
    assert_true(wallclock_base((struct utc){10, 5}, 3000000005, &base));
    assert_true(base.s == 7 && base.ns == 0);
    assert_true(wallclock_base((struct utc){10, 5}, 3000000006, &base));
    assert_true(base.s == 6 && base.ns == 999999999);
    assert_true(wallclock_at(base, 3000000006).s == 10 && wallclock_at(base, 3000000006).ns == 5);
    assert_true(wallclock_at(base, 1).s == 7 && wallclock_at(base, 1).ns == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_bounds_the_offset_on_both_sides),
        cmocka_unit_test(in_step_while_0_is_possible),
        cmocka_unit_test(the_extent_is_the_farther_end),
        cmocka_unit_test(one_verdict_of_two),
        cmocka_unit_test(as_many_rounds_as_it_takes),
        cmocka_unit_test(a_pair_is_believed_after_four_meetings),
        cmocka_unit_test(one_apart_sends_all_back),
        cmocka_unit_test(the_tightest_meeting_counts),
        cmocka_unit_test(a_resolution_in_ticks),
        cmocka_unit_test(equal_deadlines_come_in_their_order),
        cmocka_unit_test(timers_are_moved_and_cancelled),
        cmocka_unit_test(a_record_says_all_of_it),
        cmocka_unit_test(a_new_wall_time_changes_nothing_else),
        cmocka_unit_test(xens_record_says_its_part),
        cmocka_unit_test(a_date_is_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
