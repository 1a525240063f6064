/* sources: hv/keeper/tie.c hv/keeper/witness.c hv/keeper/hear.c hv/keeper/witness_words.c hv/time/ratio.c hv/time/blame.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/line.c */
/* flags: -include test/sim/sim_cpu.h */
/*
 * The timers beside the reference, on two CPUs whose TSCs are true time: read one after another, heard when
 * TSC and reference disagree, and one of them in the reference's place. What is right is known here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "log/log.h"

#define TIMERS 3u
#define PERIOD 250000000ull

struct keeper keeper;
static struct cpu_clock clocks[2];
static unsigned cpu_now;
static uint64_t now_ns; /* of TSC and truth alike: the TSC has 1 GHz */
static char told[65536];
static int64_t pmtimer_ppm;      /* from the beginning */
static bool another_comes_first; /* another CPU changes the tie before the lock is had */

/* Each has its own origin and a rate off by some ppm; what goes wrong with it is added. */
static struct fake {
    struct reference ref;
    int64_t ppm, off_ns;
    bool stands, dead, reads_badly;
    uint64_t stood_ns, reads;
} timers[TIMERS];

static uint64_t count_of(const struct fake *fake)
{
    uint64_t ns = fake->stands ? fake->stood_ns : now_ns;

    ns += ns / 1000000 * (uint64_t)fake->ppm + (uint64_t)fake->off_ns;
    if (fake->reads_badly && fake->reads % 2)
        ns -= 5000000;
    return (uint64_t)((unsigned __int128)(ns + 123456789) * fake->ref.period_den / fake->ref.period_num);
}

static bool take_reading(const struct reference *ref, struct reference_reading *out)
{
    struct fake *fake = (struct fake *)ref;
    uint64_t mask = ref->bits < 64 ? (1ull << ref->bits) - 1 : ~0ull;

    fake->reads++;
    now_ns += 3000; /* so long since what came before */
    out->tsc_lo = now_ns;
    now_ns += 200;
    out->count = count_of(fake) & mask;
    out->edge = false;
    now_ns += 200;
    out->tsc_hi = now_ns;
    return !fake->dead;
}

bool reference_read(const struct reference *ref, struct reference_reading *out)
{
    return take_reading(ref, out);
}

bool reference_glance(const struct reference *ref, struct reference_reading *out)
{
    return take_reading(ref, out);
}

const struct reference *reference_get(unsigned i)
{
    return i < TIMERS ? &timers[i].ref : NULL;
}

unsigned cpu_id(void)
{
    return cpu_now;
}

bool lock_take(struct lock *lock)
{
    assert_int_equal(lock->held, 0);
    lock->held = 1;
    keeper.tie.changes += another_comes_first ? 2 : 0;
    return false;
}

void lock_release(struct lock *lock, bool were_on)
{
    (void)were_on;
    lock->held = 0;
}

uint64_t keeper_now_ns(void)
{
    return now_ns;
}

void log_print(const char *format, ...)
{
    size_t at = strlen(told);
    va_list args;

    va_start(args, format);
    vsnprintf(told + at, sizeof told - at, format, args);
    va_end(args);
}

/* Each CPU knows R to some ns, as by its looks: R is the HPET's time, which begins here. */
static void knows(unsigned cpu)
{
    scale_from_hz(1000000000, &clocks[cpu].look.estimate.nominal);
    clocks[cpu].known.outlook = (struct outlook){.tsc = now_ns,
                                                 .lo_ns = (int64_t)now_ns - 40,
                                                 .hi_ns = (int64_t)now_ns + 40,
                                                 .rate_lo = -200,
                                                 .rate_hi = 200,
                                                 .nominal = clocks[cpu].look.estimate.nominal,
                                                 .wander_ppb_s = 10};
    clocks[cpu].look.fresh = true;
}

static void begin(void)
{
    static const struct reference refs[TIMERS] = {
        {.name = "hpet", .bits = 64, .period_num = 10000000, .period_den = 1000000},
        {.name = "pmtimer", .bits = 24, .period_num = 88000, .period_den = 315, .tolerance_ppb = 127},
        {.name = "pit", .bits = 16, .period_num = 88000, .period_den = 105, .tolerance_ppb = 686}};

    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    memset(timers, 0, sizeof timers);
    told[0] = 0;
    cpu_now = 0;
    now_ns = 50000000000ull;
    for (unsigned i = 0; i < TIMERS; i++)
        timers[i].ref = refs[i];
    timers[1].ppm = pmtimer_ppm;
    another_comes_first = false;
    keeper.cpus = 2;
    keeper.clocks = clocks;
    keeper.crystal.wander_ppb_s = 10;
    scale_from_hz(1000000000, &keeper.nominal);
    keeper.tie = (struct tie){.reference = &timers[0].ref,
                              .counter = {10000000, 1000000, 64},
                              .origin = 12345678}; /* R is now_ns */
    knows(0);
    witness_start();
    now_ns += 1000000000;
    knows(0);
    witness_start();
}

/* So many seconds of looks: every period on both CPUs. */
static void go_on(unsigned seconds)
{
    for (uint64_t n = 0; n < 4ull * seconds; n++) {
        uint64_t period = ++keeper.period;

        now_ns += PERIOD;
        for (cpu_now = 0; cpu_now < 2; cpu_now++) {
            knows(cpu_now);
            witness_turn(&clocks[cpu_now], period);
        }
    }
    cpu_now = 0;
}

static struct bracket reference_says(void)
{
    struct reference_reading reading;

    assert_true(reference_read(keeper.tie.reference, &reading));
    return tie_bracket(&keeper.tie, (int64_t)now_ns, &reading);
}

/* R by the new reference is the truth still, within its bracket, for so long. */
static void goes_on_truly(unsigned seconds)
{
    for (unsigned n = 0; n < 4 * seconds; n++) {
        uint64_t before;
        struct bracket b;

        now_ns += PERIOD;
        before = now_ns;
        b = reference_says();
        assert_true(b.ref_lo_ns <= (int64_t)now_ns && b.ref_hi_ns >= (int64_t)before);
        assert_true(b.ref_hi_ns - b.ref_lo_ns < 20000);
    }
}

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
    witness_turn(&clocks[0], keeper.period + 100);
    assert_int_equal(timers[1].reads + timers[2].reads, reads);
    clocks[0].look.fresh = true;
    keeper.witnesses.count = 1;
    witness_turn(&clocks[0], keeper.period + 100);
    assert_int_equal(timers[1].reads + timers[2].reads, reads);
    keeper.witnesses.count = TIMERS;
    timers[1].off_ns = timers[2].off_ns = 5000000;
    another_comes_first = true;
    witness_turn(&clocks[0], keeper.period + 100);
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
    witness_turn(&clocks[0], ++keeper.period);
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
    witness_turn(&clocks[1], keeper.period); /* another CPU, in the same period */
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
