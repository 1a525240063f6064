/* sources: hv/keeper/tie.c hv/keeper/witness.c hv/keeper/hear.c hv/keeper/witness_words.c hv/keeper/timers.c hv/keeper/witness_rtc.c hv/time/seconds.c hv/time/ratio.c hv/time/blame.c hv/time/bracket.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/line.c */
/* flags: -include test/sim/sim_cpu.h */
/*
 * When a reading of a timer beside the reference counts, and what it then says: tolerances, slips, readings
 * that fail or come too late. R, TSC and the HPET are the truth here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keeper/clocks.h"
#include "log/log.h"
#include "platform/rtc.h"

#define TIMERS 3u
#define PERIOD 250000000ull

struct keeper keeper;
static struct cpu_clock clocks[1];
static uint64_t now_ns;          /* the TSC has 1 GHz */
static unsigned another_sees_at; /* the lock that is had after another CPU saw a disruption; 0: none */

static struct fake {
    struct reference ref;
    int64_t ppm, off_ns;
    bool dead;
} timers[TIMERS];

bool reference_read(const struct reference *ref, struct reference_reading *out)
{
    const struct fake *fake = (const struct fake *)ref;
    uint64_t ns, mask = ref->bits < 64 ? (1ull << ref->bits) - 1 : ~0ull;

    if (fake->dead)
        return false;
    out->tsc_lo = now_ns += 3000;
    ns = now_ns + now_ns / 1000000 * (uint64_t)fake->ppm + (uint64_t)fake->off_ns;
    out->count = (uint64_t)((unsigned __int128)ns * ref->period_den / ref->period_num) & mask;
    out->edge = false;
    out->tsc_hi = now_ns += 400;
    return true;
}

bool reference_glance(const struct reference *ref, struct reference_reading *out)
{
    return reference_read(ref, out);
}

const struct reference *reference_get(unsigned i)
{
    return i < TIMERS ? &timers[i].ref : NULL;
}

unsigned cpu_id(void)
{
    return 0;
}

bool lock_take(struct lock *lock)
{
    assert_int_equal(lock->held, 0);
    lock->held = 1;
    keeper.epoch += another_sees_at > 0 && --another_sees_at == 0;
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
    (void)format;
}

/* R is known to 40 ns, as by a look. */
static void knows(void)
{
    clocks[0].known.outlook = (struct outlook){.tsc = now_ns,
                                               .lo_ns = (int64_t)now_ns - 40,
                                               .hi_ns = (int64_t)now_ns + 40,
                                               .rate_lo = -200,
                                               .rate_hi = 200,
                                               .nominal = keeper.nominal,
                                               .wander_ppb_s = 10};
    clocks[0].look.fresh = true;
}

static void new_machine(void)
{
    static const struct reference refs[TIMERS] = {
        {.name = "hpet", .bits = 64, .period_num = 10000000, .period_den = 1000000},
        {.name = "pmtimer", .bits = 24, .period_num = 88000, .period_den = 315, .tolerance_ppb = 127},
        {.name = "pit", .bits = 16, .period_num = 88000, .period_den = 105, .tolerance_ppb = 686}};

    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    memset(timers, 0, sizeof timers);
    another_sees_at = 0;
    now_ns = 50000000000ull;
    for (unsigned i = 0; i < TIMERS; i++)
        timers[i].ref = refs[i];
    keeper.cpus = 1;
    keeper.clocks = clocks;
    keeper.crystal.wander_ppb_s = 10;
    scale_from_hz(1000000000, &keeper.nominal);
    clocks[0].look.estimate.nominal = keeper.nominal;
    keeper.tie = (struct tie){.reference = &timers[0].ref, .counter = {10000000, 1000000, 64}};
}

/* So many seconds of looks. */
static void go_on(unsigned seconds)
{
    for (uint64_t n = 0; n < 4ull * seconds; n++) {
        now_ns += PERIOD;
        knows();
        if (!witness_told())
            witness_next(&clocks[0], ++keeper.period);
        else
            keeper.period++;
    }
}

/* Start-up reads all twice; then 20 s of looks. */
static void begin(void)
{
    knows();
    witness_start();
    now_ns += 1000000000;
    knows();
    witness_start();
    go_on(20);
}

/* What both makers say they may be off by is no difference: 20 ppm each, and the PIT is 30 ppm off. */
static void tolerances_of_both_are_no_difference(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        new_machine();
        timers[2].ppm = 30;
        timers[0].ref.tolerance_ppb = i % 2 ? 20000 : 0;
        timers[2].ref.tolerance_ppb = i / 2 ? 20000 : 0;
        begin();
        assert_int_equal(keeper.witnesses.of[2].state, i == 3 ? WITNESS_AGREES : WITNESS_DIFFERS);
    }
}

/*
 * A disruption comes between the reading and the lock: what this CPU knew of R is void. One lock to choose
 * the timer, one for each of three readings that do not fit; with the fifth it would be taken in.
 */
static void what_is_read_before_a_disruption_is_void(void **state)
{
    (void)state;
    new_machine();
    begin();
    timers[1].off_ns = timers[2].off_ns = 5000000;
    another_sees_at = 5;
    knows();
    witness_next(&clocks[0], keeper.period + 100);
    witness_next(&clocks[0], keeper.period + 101);
    assert_int_equal(keeper.epoch, 1);
    assert_int_equal(keeper.witnesses.of[1].state, WITNESS_AGREES);
    assert_int_equal(keeper.witnesses.of[2].state, WITNESS_AGREES);
}

/* Three readings in a row that fail, and not three in all. Each of the two is read every four seconds. */
static void one_that_fails_now_and_then_is_read_on(void **state)
{
    (void)state;
    new_machine();
    begin();
    for (unsigned i = 0; i < 4; i++) {
        timers[1].dead = true;
        go_on(8);
        timers[1].dead = false;
        go_on(8);
        assert_int_equal(keeper.witnesses.of[1].state, WITNESS_AGREES);
    }
    timers[1].dead = true;
    go_on(16);
    assert_int_equal(keeper.witnesses.of[1].state, WITNESS_UNREAD);
}

/* Where TSCs slip, R is known to within a slip, and a timer within that has not left it. */
static void a_slip_excuses_a_timer(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        new_machine();
        begin();
        keeper.crystal.slip_ns = 1000000;
        timers[1].off_ns = sign * 900000;
        for (unsigned i = 0; i < 10; i++) {
            go_on(2);
            assert_int_not_equal(keeper.witnesses.of[1].state, WITNESS_APART);
        }
        timers[1].off_ns = sign * 9000000;
        go_on(8);
        assert_int_equal(keeper.witnesses.of[1].state, WITNESS_APART);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tolerances_of_both_are_no_difference),
        cmocka_unit_test(what_is_read_before_a_disruption_is_void),
        cmocka_unit_test(one_that_fails_now_and_then_is_read_on),
        cmocka_unit_test(a_slip_excuses_a_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
