#include "check/check.h"

#include "check/check_lines.h"
#include "check/stolen.h"
#include "cpu/lock.h"
#include "cpu/percpu.h"
#include "keeper.h"
#include "log/log.h"
#include "time/fixed.h"

/*
 * The check's timer comes twenty times a second, 12.5 ms after multiples of 50 ms: never with the time base
 * (each 250 ms) or with a guest's tick (each 10 ms). Each fifth time, 112.5 ms after the time base, it takes
 * the figures. Once a second it begins to tell them, one line a time.
 */
#define STEP_NS      50000000ull
#define STEP_AT_NS   12500000ull
#define TAKE_STEPS   5u
#define TAKE_AT      2u
#define SECOND_STEPS 20u

#define LINES_MOST 16u /* a second */

static struct figures figures;
static struct lock lock = LOCK_INIT("check"); /* guards the figures; the timer and the painter only try */
static bool holder_had_interrupts;            /* between check_hold and check_release */
static struct timer steps, refreshes[MAX_CPUS];
static unsigned next_line, lines_left;
static uint32_t second;

static void begin_second(void)
{
    unsigned cpus = figures.evidence.count;

    second++;
    lines_left = cpus < LINES_MOST ? cpus : LINES_MOST;
}

static void tell_a_line(void)
{
    if (!lines_left || !tell_sample(&figures, next_line, second))
        return;
    lines_left--;
    next_line = next_line + 1 < figures.evidence.count ? next_line + 1 : 0;
}

static void step(struct timer *timer, uint64_t now_ns)
{
    uint64_t number = now_ns / STEP_NS;
    bool were_on;

    keeper_timer_arm(timer, (keeper_now_ns() / STEP_NS + 1) * STEP_NS + STEP_AT_NS);
    if (!lock_try(&lock, &were_on))
        return;
    if (!figures.ended && number % TAKE_STEPS == TAKE_AT)
        figures_take(&figures);
    if (!figures.ended && number % SECOND_STEPS == TAKE_AT)
        begin_second();
    if (!figures.ended)
        tell_a_line();
    lock_release(&lock, were_on);
}

void check_start(const char *command_line, unsigned named)
{
    figures_begin(&figures, command_line, named);
    tell_machine(&figures);
    steps.expired = step;
    keeper_timer_arm(&steps, (keeper_now_ns() / STEP_NS + 1) * STEP_NS + STEP_AT_NS);
}

static void refresh(struct timer *timer, uint64_t now_ns)
{
    facts_refresh();
    keeper_timer_arm(timer, now_ns + NS_PER_S);
}

void check_start_cpu(void)
{
    struct timer *timer = &refreshes[cpu_id()];

    timer->expired = refresh;
    keeper_timer_arm(timer, keeper_now_ns() + NS_PER_S + STEP_AT_NS);
}

const struct figures *check_hold(void)
{
    bool were_on;

    if (!lock_try(&lock, &were_on))
        return NULL;
    holder_had_interrupts = were_on;
    if (figures.now_ns)
        return &figures;
    check_release();
    return NULL;
}

void check_release(void)
{
    lock_release(&lock, holder_had_interrupts);
}

bool check_ended(void)
{
    return __atomic_load_n(&figures.ended, __ATOMIC_RELAXED);
}

static void take_last_figures(void)
{
    bool were_on = lock_take(&lock);

    figures_end(&figures);
    lock_release(&lock, were_on);
}

/* Tells one thing more. Returns true once all is told. */
static bool tell_end(void)
{
    static unsigned told;

    if (!figures.ended)
        take_last_figures();
    if (!log_has_room())
        return false;
    if (told < figures.evidence.count) {
        tell_row(&figures, told);
        tell_stolen(told, figures.evidence.cpus[told].seen.hz);
        told++;
    } else if (tell_check(&figures, told - figures.evidence.count)) {
        told++;
    } else {
        return true;
    }
    return false;
}

bool check_end(void)
{
    static struct lock telling = LOCK_INIT("check's end");
    bool were_on, all;

    if (!figures.evidence.cpus)
        return true;
    were_on = lock_take(&telling);
    all = tell_end();
    lock_release(&telling, were_on);
    return all;
}

void check_timeless(const char *command_line, unsigned named)
{
    figures_begin(&figures, command_line, named);
    tell_machine(&figures);
    figures_end(&figures);
    figures.now_ns = 1; /* they are there, though no time runs */
    for (unsigned cpu = 0; cpu < figures.evidence.count; cpu++)
        tell_row(&figures, cpu);
    for (unsigned step = 0; tell_check(&figures, step); step++)
        ;
}
