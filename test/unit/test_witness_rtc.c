/* sources: hv/keeper/witness_rtc.c hv/keeper/witness_words.c hv/keeper/timers.c hv/keeper/witness.c hv/time/seconds.c hv/time/ratio.c hv/time/blame.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/line.c */
/* flags: -include test/sim/sim_cpu.h */
/*
 * The RTC beside the reference, on two CPUs whose TSCs are true time: looks plan its hunts, timers make them.
 * What it shows, and which CPU is there, is the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "keeper/clocks.h"
#include "log/log.h"
#include "platform/rtc.h"
#include "random.h"

#define PERIOD 250000000ull
#define SECOND 1000000000ll
#define LATE   3000 /* an alarm comes late by so much */

struct keeper keeper;
static struct cpu_clock clocks[2];
static unsigned cpu_now;
static uint64_t now_ns; /* S, R, truth, and the TSC at 1 GHz */
static char told[65536];
static struct random dice;
static bool gone[2];         /* a CPU that has stopped, ... */
static bool overdue[2];      /* ... and its timer, meanwhile */
static uint64_t armed_ns[2]; /* its timer; 0: none */
static unsigned glances[2];
static const struct reference hpet = {.name = "hpet", .bits = 64, .period_num = 10, .period_den = 1};
static struct reference others[2] = {{.name = "pmtimer"}, {.name = "pit"}};

static struct {
    int64_t ppm, began_ns;
    bool absent, stands;
} rtc;

static int64_t second_now(void)
{
    int64_t gone_ns = (int64_t)now_ns - rtc.began_ns;

    return rtc.stands ? 0 : (gone_ns + gone_ns / 1000000 * rtc.ppm) / SECOND;
}

bool rtc_glance(uint64_t us_ticks, struct rtc_glance *out)
{
    assert_in_range(us_ticks, 999, 1001);
    glances[cpu_now]++;
    *out = (struct rtc_glance){.tsc_lo = now_ns, .tsc_hi = now_ns + 1000, .second = (int)(second_now() % 60)};
    now_ns += 4000;
    return !rtc.absent;
}

bool reference_read(const struct reference *ref, struct reference_reading *out)
{
    (void)ref;
    (void)out;
    return false;
}

bool reference_glance(const struct reference *ref, struct reference_reading *out)
{
    (void)ref;
    (void)out;
    return false;
}

const struct reference *reference_get(unsigned i)
{
    (void)i;
    return NULL;
}

unsigned cpu_id(void)
{
    return cpu_now;
}

uint64_t rdtsc_ordered(void)
{
    return now_ns;
}

bool lock_take(struct lock *lock)
{
    assert_int_equal(lock->held, 0);
    lock->held = 1;
    return false;
}

void lock_release(struct lock *lock, bool were_on)
{
    (void)were_on;
    assert_int_equal(lock->held, 1);
    lock->held = 0;
}

uint64_t keeper_now_ns(void)
{
    return now_ns;
}

void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    assert_ptr_equal(timer, &clocks[cpu_now].look.rtc_timer);
    assert_int_equal(keeper.lock.held, 0);
    armed_ns[cpu_now] = deadline_ns;
}

void log_print(const char *format, ...)
{
    size_t at = strlen(told);
    va_list args;

    va_start(args, format);
    vsnprintf(told + at, sizeof told - at, format, args);
    va_end(args);
}

static void knows(unsigned cpu)
{
    clocks[cpu].known.outlook = (struct outlook){.tsc = now_ns,
                                                 .lo_ns = (int64_t)now_ns - 60,
                                                 .hi_ns = (int64_t)now_ns + 60,
                                                 .rate_lo = -200,
                                                 .rate_hi = 200,
                                                 .nominal = keeper.nominal,
                                                 .wander_ppb_s = 10};
    clocks[cpu].known.epoch = keeper.epoch;
    clocks[cpu].look.tie = keeper.tie.changes;
    clocks[cpu].look.fresh = true;
}

/* Two other timers that agree with the reference, to 1 ppm. */
static void others_agree(void)
{
    keeper.witnesses.count = 3;
    for (unsigned i = 0; i < 3; i++)
        keeper.witnesses.of[i].timer = i ? &others[i - 1] : &hpet;
    keeper.witnesses.of[0].ratio.estimate.count = BLAME_READINGS; /* of no meaning */
    for (unsigned i = 1; i < 3; i++) {
        keeper.witnesses.of[i].state = WITNESS_AGREES;
        keeper.witnesses.of[i].ratio.estimate.count = BLAME_READINGS;
        keeper.witnesses.of[i].ratio.outlook = (struct outlook){.rate_lo = -4000, .rate_hi = 4000};
    }
    keeper.witnesses.next_period = UINT64_MAX; /* they are left in peace here */
}

static void begin(int64_t ppm)
{
    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    memset(&rtc, 0, sizeof rtc);
    memset(gone, 0, sizeof gone);
    memset(overdue, 0, sizeof overdue);
    memset(armed_ns, 0, sizeof armed_ns);
    memset(glances, 0, sizeof glances);
    told[0] = 0;
    dice = (struct random){1};
    cpu_now = 0;
    now_ns = 50 * PERIOD;
    keeper.cpus = 2;
    keeper.clocks = clocks;
    scale_from_hz(SECOND, &keeper.nominal);
    keeper.tie = (struct tie){.reference = &hpet, .counter = {10, 1, 64}};
    others_agree();
    rtc.ppm = ppm;
    rtc.began_ns = (int64_t)now_ns - 90000000;
    knows(0);
    witness_rtc_begin(0, (uint64_t)rtc.began_ns - 2000, (uint64_t)rtc.began_ns + 2000);
}

static void look(unsigned cpu)
{
    if (gone[cpu])
        return;
    cpu_now = cpu;
    knows(cpu);
    if (!witness_told())
        witness_rtc_next(&clocks[cpu]);
}

static void expire(unsigned cpu)
{
    cpu_now = cpu;
    clocks[cpu].look.rtc_timer.expired(&clocks[cpu].look.rtc_timer, now_ns);
}

/* What comes next: a look of both CPUs, each period, or a timer of one of them. */
static void go_on(unsigned seconds)
{
    uint64_t end = now_ns + seconds * (uint64_t)SECOND, look_ns = (now_ns / PERIOD + 1) * PERIOD;

    while (now_ns < end) {
        unsigned cpu = armed_ns[1] && (!armed_ns[0] || armed_ns[1] < armed_ns[0]);
        uint64_t due_ns = armed_ns[cpu] ? armed_ns[cpu] + LATE : UINT64_MAX;

        if (due_ns < look_ns) {
            now_ns = due_ns > now_ns ? due_ns : now_ns;
            armed_ns[cpu] = 0;
            overdue[cpu] = gone[cpu];
            if (!gone[cpu])
                expire(cpu);
            continue;
        }
        now_ns = look_ns > now_ns ? look_ns : now_ns;
        look_ns += PERIOD;
        unsigned first = random_next(&dice) % 2; /* the first to come is now the one, now the other */
        look(first);
        look(1 - first);
    }
    cpu_now = 0;
}

static void assert_rate_is(int64_t ppm, uint64_t most_ppb)
{
    struct keeper_crystals crystals = keeper_crystals();
    int64_t off = crystals.rtc_ppb - ppm * 1000;

    assert_in_range(crystals.bound_ppb, 1, most_ppb);
    assert_true(off <= (int64_t)crystals.bound_ppb && -off <= (int64_t)crystals.bound_ppb);
}

static void its_rate_is_told(void **state)
{
    (void)state;
    begin(7);
    assert_int_equal(keeper_crystals().bound_ppb, UINT64_MAX);
    assert_int_equal(keeper_crystals().crystals, CRYSTALS_UNKNOWN);
    go_on(40);
    assert_rate_is(7, 1000);
    assert_int_equal(keeper_crystals().crystals, CRYSTALS_AGREE);
    assert_non_null(strstr(told, "@witness name=rtc against=hpet ratio_ppb="));
    assert_non_null(strstr(told, "state=agrees"));
    assert_null(strstr(told, "clock: "));
    assert_true(glances[0] > 0 && glances[1] > 0);
    assert_true(glances[0] + glances[1] < 100);
    go_on(200);
    unsigned lines = 0;
    for (const char *at = told; (at = strstr(at, "@witness name=rtc")); at++)
        lines++;
    assert_in_range(lines, 3, 6); /* at the first, and when it is known ten times better */
    for (unsigned i = 0; i < keeper.witnesses.rtc.seconds.count; i++) { /* as if all had been seen badly */
        keeper.witnesses.rtc.seconds.edge[i].ref_ns.lo -= 50000000;
        keeper.witnesses.rtc.seconds.edge[i].ref_ns.hi += 50000000;
    }
    go_on(9);
    assert_int_equal(keeper_crystals().crystals, CRYSTALS_UNKNOWN);
    assert_int_equal(keeper.witnesses.rtc.state, WITNESS_AGREES);
    assert_true(clocks[0].look.cost.others_most > 0 && clocks[0].look.cost.others_most < 20000);
}

/* Who is off is for the majority to say. */
static void the_crystal_that_is_off_is_named(void **state)
{
    (void)state;
    begin(10000);
    go_on(40);
    assert_rate_is(10000, 2000);
    assert_int_equal(keeper_crystals().crystals, CRYSTALS_RTC);
    assert_non_null(strstr(told, "clock: the rtc is +"));
    assert_non_null(strstr(told,
                           " ppm beside the hpet: the other timers agree with the reference, so the RTC's "
                           "crystal is off\n"));
    assert_non_null(strstr(told, "state=differs"));

    begin(300); /* the others go with the RTC */
    for (unsigned i = 1; i < 3; i++)
        keeper.witnesses.of[i].ratio.outlook.rate_lo = keeper.witnesses.of[i].ratio.outlook.rate_hi =
            -1288500;
    go_on(40);
    assert_int_equal(keeper_crystals().crystals, CRYSTALS_REFERENCE);
    assert_non_null(strstr(told, "the other timers agree with the RTC, so the reference is off"));

    begin(-300); /* nobody else is there, or nobody whose word counts */
    keeper.witnesses.of[1].state = WITNESS_APART;
    keeper.witnesses.of[2].ratio.estimate.count = 1;
    go_on(40);
    assert_int_equal(keeper_crystals().crystals, CRYSTALS_EITHER);
    assert_non_null(strstr(told, "one of these two crystals is off, and nothing here tells which"));
}

/* The CPU that hunts stops: another goes on; and it does no harm when it comes back. */
static void another_cpu_goes_on(void **state)
{
    (void)state;
    begin(7);
    go_on(10);
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        unsigned before = glances[1 - cpu];

        while (!armed_ns[cpu])
            go_on(1);
        gone[cpu] = true;
        go_on(30);
        assert_true(glances[1 - cpu] > before + 2);
        gone[cpu] = false;
        assert_true(overdue[cpu]);
        knows(cpu);
        expire(cpu); /* the hunt is another's by now */
        assert_int_equal(armed_ns[cpu], 0);
    }
    go_on(30);
    assert_rate_is(7, 1000);
    assert_null(strstr(told, "clock: "));
}

static void one_that_is_set_is_measured_anew(void **state)
{
    (void)state;
    begin(7);
    go_on(40);
    rtc.began_ns -= 300000000;
    for (unsigned i = 0; i < 30 && keeper.witnesses.rtc.state != WITNESS_APART; i++)
        go_on(1);
    go_on(1);
    assert_non_null(strstr(told, "clock: the rtc stands still, was set, or has changed its rate"));
    for (; keeper.witnesses.rtc.state == WITNESS_APART; go_on(1))
        assert_int_equal(keeper_crystals().bound_ppb, UINT64_MAX);
    assert_in_range(keeper.witnesses.rtc.sound, 4, 5); /* its word counts again */
    go_on(60);
    assert_rate_is(7, 1000);
    assert_int_equal(keeper_crystals().crystals, CRYSTALS_AGREE);
    assert_int_equal(keeper.witnesses.rtc.state, WITNESS_AGREES);
}

/* It is looked at less and less, and says nothing. */
static void one_that_stands_or_is_gone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        unsigned before;

        begin(7);
        go_on(40);
        rtc.stands = i == 0;
        rtc.absent = i == 1;
        go_on(40);
        assert_int_equal(keeper.witnesses.rtc.state, i ? WITNESS_UNREAD : WITNESS_APART);
        assert_int_equal(keeper_crystals().bound_ppb, UINT64_MAX);
        before = glances[0] + glances[1];
        go_on(80);
        assert_true(glances[0] + glances[1] - before < (i ? 20 : 200));
        rtc.stands = rtc.absent = false;
        go_on(90);
        assert_rate_is(7, 1000);
        assert_int_equal(keeper.witnesses.rtc.state, WITNESS_AGREES);
    }
}

/* What R was before a disruption may not be what it is now. */
static void a_disruption_begins_anew(void **state)
{
    (void)state;
    begin(7);
    go_on(40);
    keeper.epoch++;
    rtc.began_ns += 123456789; /* R is another one's by so much */
    unsigned before = glances[0] + glances[1];
    go_on(60);
    assert_true(glances[0] + glances[1] > before + 20);
    assert_int_equal(keeper.witnesses.rtc.epoch, keeper.epoch);
    assert_rate_is(7, 1000);
    assert_null(strstr(told, "clock: "));
}

static void one_that_made_no_sense_is_left_alone(void **state)
{
    (void)state;
    begin(7);
    keeper.witnesses.rtc.there = false;
    go_on(40);
    assert_int_equal(glances[0] + glances[1], 0);
    witness_tell_all();
    assert_non_null(
        strstr(told, "@witness name=rtc against=hpet ratio_ppb=unknown bound_ppb=unknown state=unread"));
}

/* All ways in which two others may stand to it and to the reference. */
static void crystals_are_blamed_by_majority(void **state)
{
    (void)state;
    static const struct range at[] = {{-1000, 1000}, {499000, 501000}, {-700000, -690000}, {-90000, 590000}};
    static const struct range rtc_at = {499500, 500500};
    static const enum crystals wanted[4][4] = {
        {CRYSTALS_RTC, CRYSTALS_EITHER, CRYSTALS_RTC, CRYSTALS_RTC},
        {CRYSTALS_EITHER, CRYSTALS_REFERENCE, CRYSTALS_REFERENCE, CRYSTALS_REFERENCE},
        {CRYSTALS_RTC, CRYSTALS_REFERENCE, CRYSTALS_EITHER, CRYSTALS_EITHER},
        {CRYSTALS_RTC, CRYSTALS_REFERENCE, CRYSTALS_EITHER, CRYSTALS_EITHER}};

    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < 4; j++)
            assert_int_equal(blame_crystal(rtc_at, (struct range[]){at[i], at[j]}, 2), wanted[i][j]);
    }
    assert_int_equal(blame_crystal(rtc_at, NULL, 0), CRYSTALS_EITHER);
    assert_int_equal(blame_crystal((struct range){-100000, 99999}, at, 2), CRYSTALS_AGREE);
    assert_int_equal(blame_crystal((struct range){-100001, 0}, at, 2), CRYSTALS_UNKNOWN);
    assert_int_equal(blame_crystal((struct range){100000, 200000}, at, 2), CRYSTALS_UNKNOWN);
    assert_int_equal(blame_crystal((struct range){-200000, -100001}, at, 1), CRYSTALS_RTC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_rate_is_told),
        cmocka_unit_test(the_crystal_that_is_off_is_named),
        cmocka_unit_test(another_cpu_goes_on),
        cmocka_unit_test(one_that_is_set_is_measured_anew),
        cmocka_unit_test(one_that_stands_or_is_gone),
        cmocka_unit_test(a_disruption_begins_anew),
        cmocka_unit_test(one_that_made_no_sense_is_left_alone),
        cmocka_unit_test(crystals_are_blamed_by_majority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
