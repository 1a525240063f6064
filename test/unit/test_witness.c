/* sources: hv/keeper/tie.c hv/keeper/witness.c hv/keeper/hear.c hv/keeper/witness_words.c hv/keeper/timers.c hv/keeper/witness_rtc.c hv/time/seconds.c hv/time/ratio.c hv/time/blame.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/line.c */
/* flags: -include test/sim/sim_cpu.h */
/*
 * The timers beside the reference, on two CPUs whose TSCs are true time: read one after another, heard when
 * TSC and reference disagree, and one of them in the reference's place. What is right is known here.
 */
#include "witness_fixture.h"

static void they_are_read_one_after_another(void **state)
{
    (void)state;
    begin();
    uint64_t reads[TIMERS] = {timers[0].reads, timers[1].reads, timers[2].reads};

    go_on(40);
    assert_int_equal(timers[0].reads - reads[0], 0);
    assert_int_equal(timers[1].reads - reads[1], 10); /* one every two seconds, on one CPU */
    assert_int_equal(timers[2].reads - reads[2], 10);
    assert_int_equal(keeper.witnesses.of[1].state, WITNESS_AGREES);
    assert_int_equal(keeper.witnesses.of[2].state, WITNESS_AGREES);
    assert_non_null(strstr(told, "@witness name=pit against=hpet ratio_ppb="));
    witness_tell_all();
    assert_non_null(strstr(told, "@witness name=pit against=pmtimer ratio_ppb="));
}

/* Not beside a look that failed, nor where there is no other. What is read while the tie changes is void. */
static void when_none_is_read(void **state)
{
    (void)state;
    begin();
    go_on(10);
    uint64_t reads = timers[1].reads + timers[2].reads;
    clocks[0].look.fresh = false;
    turn(0, keeper.period + 100);
    assert_int_equal(timers[1].reads + timers[2].reads, reads);
    clocks[0].look.fresh = true;
    keeper.witnesses.count = 1;
    turn(0, keeper.period + 100);
    assert_int_equal(timers[1].reads + timers[2].reads, reads);
    keeper.witnesses.count = TIMERS;
    timers[1].off_ns = timers[2].off_ns = 5000000;
    another_comes_first = true;
    turn(0, keeper.period + 100);
    assert_int_not_equal(timers[1].reads + timers[2].reads, reads);
    assert_int_not_equal(keeper.witnesses.of[1].state, WITNESS_APART);
    assert_int_not_equal(keeper.witnesses.of[2].state, WITNESS_APART);
}

/* One more period, in which CPU 0 looks. */
static void one_look(void)
{
    now_ns += PERIOD;
    knows(0);
    clocks[0].look.tie = keeper.tie.changes;
    turn(0, ++keeper.period);
}

static struct bracket newest_of(const struct witness *witness)
{
    return witness->ratio.estimate.bracket[witness->ratio.estimate.count - 1];
}

static const struct witness *read_without_taking_in(void)
{
    for (unsigned i = 0; i < 8 && !keeper.witnesses.waiting.witness; i++)
        one_look();
    assert_non_null(keeper.witnesses.waiting.witness);
    return keeper.witnesses.waiting.witness;
}

/* What one look reads the next one takes in; what became void meanwhile, or was heard after it, never. */
static void a_reading_waits_for_the_next_look(void **state)
{
    (void)state;
    begin();
    go_on(20);
    while (keeper.witnesses.waiting.witness)
        one_look();
    const struct witness *witness = read_without_taking_in();
    uint64_t reads = timers[0].reads + timers[1].reads + timers[2].reads;
    struct bracket before = newest_of(witness), after;
    turn(1, keeper.period); /* another CPU, in the same period */
    after = newest_of(witness);
    assert_memory_equal(&after, &before, sizeof after);
    one_look();
    after = newest_of(witness);
    assert_true(after.tsc_lo > before.tsc_lo);
    assert_null(keeper.witnesses.waiting.witness);
    assert_int_equal(timers[0].reads + timers[1].reads + timers[2].reads, reads);

    for (unsigned i = 0; i < 2; i++) {
        witness = read_without_taking_in();
        before = newest_of(witness);
        if (i == 0)
            keeper.tie.changes += 2;
        else
            clocks[0].known.epoch = ++keeper.epoch;
        one_look();
        assert_null(keeper.witnesses.waiting.witness);
        after = newest_of(witness);
        assert_memory_equal(&after, &before, sizeof after);
    }

    read_without_taking_in();
    timers[0].off_ns = 5000000;
    knows(0);
    struct bracket says = reference_says(), out;
    assert_true(witness_hear(&clocks[0], &says, &out));
    assert_null(keeper.witnesses.waiting.witness);
}

/* 20 us are the most that a look may take longer. */
static void one_that_is_slow_to_read_is_left_alone(void **state)
{
    (void)state;
    begin();
    memset(&keeper.witnesses, 0, sizeof keeper.witnesses);
    timers[0].ref.typical_width = 30000;
    timers[1].ref.typical_width = 20001;
    timers[2].ref.typical_width = 19999;
    witness_start();
    uint64_t reads = timers[1].reads;
    go_on(20);
    assert_int_equal(timers[1].reads, reads);
    assert_int_equal(keeper.witnesses.count, 2);
    assert_ptr_equal(keeper.witnesses.of[0].timer, &timers[0].ref);
    assert_ptr_equal(keeper.witnesses.of[1].timer, &timers[2].ref);
}

static void one_that_differs_is_told(void **state)
{
    (void)state;
    begin();
    timers[2].ppm = 0;
    memset(&keeper.witnesses, 0, sizeof keeper.witnesses);
    told[0] = 0;
    timers[2].ppm = 30;
    witness_start();
    go_on(10);
    assert_int_equal(keeper.witnesses.of[1].state, WITNESS_AGREES);
    assert_int_equal(keeper.witnesses.of[2].state, WITNESS_DIFFERS);
    struct range ppb = ratio_ppb(&keeper.witnesses.of[2].ratio);
    assert_true(ppb.lo <= 30000 && ppb.hi >= 30000);
    assert_non_null(strstr(told, "clock: pit and hpet differ by more than their readings explain"));
}

/* What each may do wrong, the way it is called, and who goes on. */
static void a_reference_that_is_wrong_is_replaced(void **state)
{
    (void)state;
    static const struct {
        bool stands, dead;
        int64_t off_ns;
        const char *words;
    } wrongs[] = {
        {true, false, 0, "what=stands-still from=hpet to=pmtimer"},
        {false, true, 0, "what=unreadable from=hpet to=pmtimer"},
        {false, false, 20000000, "what=off from=hpet to=pmtimer"},
        {false, false, -20000000, "what=off from=hpet to=pmtimer"},
        {false, false, 3000, "what=off from=hpet to=pmtimer"},
        {false, false, 3600ll * 1000000000, "what=off from=hpet to=pmtimer"},
    };
    for (unsigned i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct bracket says, out;
        bool replaced;

        pmtimer_ppm = i % 2 ? 30 : 0; /* R goes on at the rate that it had */
        begin();
        go_on(20);
        timers[0].stands = wrongs[i].stands;
        timers[0].stood_ns = now_ns;
        timers[0].dead = wrongs[i].dead;
        timers[0].off_ns = wrongs[i].off_ns;
        now_ns += PERIOD;
        knows(1);
        cpu_now = 1;
        if (!wrongs[i].dead)
            says = reference_says();
        uint32_t changes = keeper.tie.changes;
        clocks[1].look.tie = changes;
        replaced = witness_hear(&clocks[1], wrongs[i].dead ? NULL : &says, &out);
        assert_true(replaced);
        assert_int_equal(clocks[1].look.blame, BLAME_REFERENCE);
        assert_ptr_equal(keeper.tie.reference, &timers[1].ref);
        assert_int_not_equal(keeper.tie.changes, changes); /* a look that read the old one must notice */
        assert_int_equal(clocks[1].look.tie, keeper.tie.changes);
        assert_non_null(strstr(told, wrongs[i].words));
        assert_true(keeper.tie.slack_ns >= 40); /* R was not known better */
        assert_true(keeper.tie.slack_ns < 1500 && keeper.tie.slack_ppb < 1000);
        struct range ppb = ratio_ppb(&keeper.witnesses.of[1].ratio);
        assert_true(keeper.tie.slack_ppb + 3 >= (ppb.hi - ppb.lo) / 2); /* its rate is not known better */
        goes_on_truly(30);
        /* And the old one is learned anew, as one of the others. */
        clocks[0].look.tie = clocks[1].look.tie;
        assert_int_equal(keeper.witnesses.of[0].ratio.estimate.count, 0);
    }
    pmtimer_ppm = 0;
}

/* The second reference fails as well: the third goes on, and R is still the first one's time. */
static void and_replaced_again(void **state)
{
    (void)state;
    struct bracket says, out;

    begin();
    go_on(20);
    for (unsigned i = 0; i < 2; i++) {
        timers[i].off_ns = 50000000;
        now_ns += PERIOD;
        knows(0);
        says = reference_says();
        assert_true(witness_hear(&clocks[0], &says, &out));
        clocks[1].look.tie = keeper.tie.changes;
        assert_ptr_equal(keeper.tie.reference, &timers[i + 1].ref);
        assert_int_equal(keeper.witnesses.of[i].ratio.estimate.count, 0);
        goes_on_truly(10);
    }
}

static void assert_not_replaced(struct cpu_clock *clock, enum blame wanted)
{
    struct bracket says = reference_says(), out;

    assert_false(witness_hear(clock, &says, &out));
    assert_int_equal(clock->look.blame, wanted);
    assert_ptr_equal(keeper.tie.reference, &timers[0].ref);
    assert_int_equal(keeper.tie.changes % 2, 0);
}

/* R goes on with all timers, and this TSC is elsewhere. */
static void all_timers_go_on_without_the_TSC(void **state)
{
    (void)state;
    static const int64_t offs[] = {5000, -5000, 20000000, -20000000};
    for (unsigned i = 0; i < 4; i++) {
        begin();
        go_on(20);
        for (unsigned t = 0; t < TIMERS; t++)
            timers[t].off_ns = offs[i];
        knows(0);
        assert_not_replaced(&clocks[0], BLAME_TSC);
        assert_string_equal(witness_opponent(0), "timers");
        keeper.mode = CLOCK_UNIFIED;
        witness_tell_cause(0);
        assert_non_null(strstr(told, "rate of the TSCs against all timers, cause unknown"));
    }
}

static void what_cannot_be_known_is_not_said(void **state)
{
    (void)state;
    begin(); /* two timers contradict each other */
    go_on(20);
    timers[0].off_ns = timers[1].off_ns = 5000000;
    knows(0);
    assert_not_replaced(&clocks[0], BLAME_UNKNOWN);
    assert_string_equal(witness_opponent(0), "hpet");
    witness_tell_cause(0);
    assert_non_null(strstr(told, "no other timer tells which of them is right"));

    begin(); /* less than the others can be read */
    go_on(20);
    timers[0].off_ns = 60;
    knows(0);
    assert_not_replaced(&clocks[0], BLAME_UNKNOWN);

    begin(); /* both others have left R before, and are not believed yet */
    go_on(20);
    timers[1].off_ns = timers[2].off_ns = 7000000;
    go_on(6);
    assert_int_equal(keeper.witnesses.of[1].state, WITNESS_APART);
    assert_int_equal(keeper.witnesses.of[2].state, WITNESS_APART);
    timers[0].off_ns = 5000000;
    knows(0);
    assert_not_replaced(&clocks[0], BLAME_UNKNOWN);

    begin(); /* no other timer */
    go_on(20);
    keeper.witnesses.count = 1;
    timers[0].off_ns = 5000000;
    knows(0);
    assert_not_replaced(&clocks[0], BLAME_UNKNOWN);
}

/* A CPU that does not know R itself, or has read another reference than this one, decides nothing. */
static void who_does_not_know_decides_nothing(void **state)
{
    (void)state;
    begin();
    go_on(20);
    timers[0].off_ns = 5000000;
    knows(0);
    keeper.epoch++;
    assert_not_replaced(&clocks[0], BLAME_UNKNOWN);
    keeper.epoch--;
    clocks[0].look.tie = 2;
    assert_not_replaced(&clocks[0], BLAME_UNKNOWN);
    clocks[0].look.tie = 0;
    struct bracket says = reference_says(), out;
    another_comes_first = true;
    assert_false(witness_hear(&clocks[0], &says, &out));
    assert_ptr_equal(keeper.tie.reference, &timers[0].ref);
    another_comes_first = false;
    keeper.tie.changes = 0;
    assert_false(witness_hear(&clocks[0], NULL, &out)); /* it can be read after all */
    assert_ptr_equal(keeper.tie.reference, &timers[0].ref);
}

static void another_timer_that_leaves_is_told_and_comes_back(void **state)
{
    (void)state;
    begin();
    go_on(20);
    told[0] = 0;
    timers[1].off_ns = 4000000;
    go_on(4);
    assert_int_equal(keeper.witnesses.of[1].state, WITNESS_APART);
    assert_int_equal(keeper.witnesses.of[2].state, WITNESS_AGREES);
    assert_non_null(strstr(told, "clock: the pmtimer has left the hpet"));
    go_on(40);
    assert_int_equal(keeper.witnesses.of[1].state, WITNESS_AGREES);
    timers[1].dead = true;
    go_on(20);
    assert_int_equal(keeper.witnesses.of[1].state, WITNESS_UNREAD);
    assert_non_null(strstr(told, "clock: the pmtimer cannot be read any more"));
    assert_ptr_equal(keeper.tie.reference, &timers[0].ref);
}

/* Every second reading is false: it is contradicted by the next, left out and counted. */
static void what_is_misread_says_nothing(void **state)
{
    (void)state;
    begin();
    go_on(20);
    timers[1].reads_badly = true;
    go_on(40);
    assert_int_equal(keeper.witnesses.of[1].state, WITNESS_AGREES);
    assert_true(clocks[0].look.misreads + clocks[1].look.misreads >= 5);
}

/* One that comes and goes for ever does not fill the log. */
static void lines_are_few(void **state)
{
    (void)state;
    unsigned lines = 0;

    begin();
    for (unsigned i = 0; i < 60; i++) {
        timers[1].off_ns += 4000000;
        go_on(24);
    }
    for (const char *at = told; (at = strstr(at, "@witness name=pmtimer")); at++)
        lines++;
    assert_in_range(lines, 10, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_read_one_after_another),
        cmocka_unit_test(when_none_is_read),
        cmocka_unit_test(a_reading_waits_for_the_next_look),
        cmocka_unit_test(one_that_is_slow_to_read_is_left_alone),
        cmocka_unit_test(one_that_differs_is_told),
        cmocka_unit_test(a_reference_that_is_wrong_is_replaced),
        cmocka_unit_test(and_replaced_again),
        cmocka_unit_test(all_timers_go_on_without_the_TSC),
        cmocka_unit_test(what_cannot_be_known_is_not_said),
        cmocka_unit_test(who_does_not_know_decides_nothing),
        cmocka_unit_test(another_timer_that_leaves_is_told_and_comes_back),
        cmocka_unit_test(what_is_misread_says_nothing),
        cmocka_unit_test(lines_are_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
