/*
 * What the tests of the timers beside the reference share: two CPUs whose TSCs are true time, and three
 * timers.
 */
#ifndef TEST_WITNESS_FIXTURE_H
#define TEST_WITNESS_FIXTURE_H

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
#include "platform/rtc.h"

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

/* There is no RTC here: test_witness_rtc.c has one. */
bool rtc_glance(uint64_t us_ticks, struct rtc_glance *out)
{
    (void)us_ticks;
    (void)out;
    return false;
}

uint64_t rdtsc_ordered(void)
{
    return now_ns;
}

void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    (void)timer;
    (void)deadline_ns;
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

/* As time_base.c does after each look. */
static void turn(unsigned cpu, uint64_t period)
{
    if (!witness_told())
        witness_next(&clocks[cpu], period);
}

/* So many seconds of looks: every period on both CPUs. */
static void go_on(unsigned seconds)
{
    for (uint64_t n = 0; n < 4ull * seconds; n++) {
        uint64_t period = ++keeper.period;

        now_ns += PERIOD;
        for (cpu_now = 0; cpu_now < 2; cpu_now++) {
            knows(cpu_now);
            turn(cpu_now, period);
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

#endif
