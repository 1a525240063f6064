/*
 * Does a TSC go on while its CPU idles deeply? All CPUs but the boot CPU go to sleep together, in the deepest
 * state that MWAIT has, for 20 ms of the boot CPU's time; each notes its own TSC before and after. Before any
 * measuring, so a TSC that this sets back is measured as it then stands. It takes as long for 255 CPUs as for
 * one.
 */
#include "keeper/start.h"

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/idle_rule.h"
#include "log/format.h"
#include "log/log.h"

#define SLEEP_US  20000u
#define STEP_US   50u
#define SOON_US   1000u   /* then a CPU that has not seen the store is sent an interrupt */
#define ANSWER_US 100000u /* for all CPUs together */

enum { AWAITED, ASLEEP, AWAKE };

/* Written by its own CPU; `tried` and `trial` by the boot CPU. */
struct sleeper {
    _Alignas(64) uint64_t from;
    uint64_t to;
    uint32_t returns, state;
    bool tried;
    struct idle_trial trial;
};

static struct sleeper *sleepers;
/* Alone in its cache line: any other write there would wake all sleepers. */
static _Alignas(128) uint64_t wake[16];
static uint64_t boot_from, boot_to;
static const char *why = "not yet";
static char state_name[4];
static struct mwait mwait;

static struct mwait own_mwait(void)
{
    uint32_t largest = cpuid(0, 0).eax;

    return mwait_deepest(largest, cpuid(1, 0).ecx, largest >= 5 ? cpuid(5, 0).edx : 0);
}

void idle_sleep(void)
{
    struct sleeper *own = &sleepers[cpu_id()];
    struct mwait how = own_mwait();

    if (!how.usable)
        return;
    own->from = rdtsc_ordered();
    __atomic_store_n(&own->state, ASLEEP, __ATOMIC_RELEASE);
    for (; !__atomic_load_n(&wake[0], __ATOMIC_ACQUIRE); own->returns++)
        cpu_idle_mwait(wake, how.hint);
    own->to = rdtsc_ordered();
    __atomic_store_n(&own->state, AWAKE, __ATOMIC_RELEASE);
}

static uint32_t state_of(unsigned cpu)
{
    return __atomic_load_n(&sleepers[cpu].state, __ATOMIC_ACQUIRE);
}

/* Waits until all CPUs that are tried are in that state, or the time is up. */
static void await_all(uint32_t state, unsigned most_us)
{
    for (unsigned cpu = 1, waited = 0; cpu < keeper.cpus && waited <= most_us; cpu++) {
        for (; sleepers[cpu].tried && state_of(cpu) < state && waited <= most_us; waited += STEP_US)
            reference_wait_us(STEP_US);
    }
}

/* Only CPUs that are in that state go on being tried. */
static void keep_those(uint32_t state)
{
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++)
        sleepers[cpu].tried = sleepers[cpu].tried && state_of(cpu) >= state;
}

/* Some CPUs miss the store while they monitor (Goldmont, the first Nehalem-EX): they get an interrupt. */
static void wake_sleepers(void)
{
    __atomic_store_n(&wake[0], 1, __ATOMIC_RELEASE);
    await_all(AWAKE, SOON_US);
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++) {
        if (state_of(cpu) < AWAKE)
            smp_wake(cpu);
    }
    await_all(AWAKE, ANSWER_US);
    keep_those(AWAKE);
}

/*
 * A CPU that did not say in time that it goes to sleep takes no part, nor does one that did not come back in
 * time.
 */
static void sleep_all(void)
{
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++)
        sleepers[cpu].tried = true;
    exchange_idle();
    await_all(ASLEEP, ANSWER_US);
    keep_those(ASLEEP);
    boot_from = rdtsc_ordered();
    reference_wait_us(SLEEP_US);
    boot_to = rdtsc_ordered();
    wake_sleepers();
}

void idle_try(bool allowed)
{
    mwait = own_mwait();
    why = !allowed          ? "idle=off"
          : keeper.cpus < 2 ? "there is no other CPU"
          : !mwait.usable   ? "no MWAIT"
                            : NULL;
    if (why)
        return;
    format(state_name, sizeof state_name, "C%u", mwait.state);
    why = state_name;
    sleepers = memory_take_bytes(keeper.cpus * sizeof *sleepers, "CPUs that idle");
    sleep_all();
}

static void judge_sleeper(struct cpu_clock *clock, struct sleeper *s)
{
    if (!s->tried || !clock->measured)
        s->trial.result = IDLE_NO_ANSWER;
    else
        s->trial =
            idle_judge(scale_reader_ns(clock->look.estimate.nominal, s->to > s->from ? s->to - s->from : 0),
                       scale_reader_ns(keeper.nominal, boot_to - boot_from), s->returns);
}

static void report_sleeper(unsigned cpu, const struct idle_trial *trial)
{
    if (trial->result == IDLE_STOPPED)
        log_print("idle: the TSC of CPU%u stood still, or was set back, for %lu ns\n", cpu,
                  trial->stopped_ns);
    if (trial->result == IDLE_NO_ANSWER)
        log_print("idle: CPU%u gave no answer\n", cpu);
}

void idle_report(void)
{
    unsigned counts[IDLE_NO_ANSWER + 1] = {0};
    uint64_t worst_ns = 0;

    for (unsigned cpu = 1; sleepers && cpu < keeper.cpus; cpu++) {
        struct idle_trial *trial = &sleepers[cpu].trial;

        judge_sleeper(clock_of(cpu), &sleepers[cpu]);
        report_sleeper(cpu, trial);
        counts[trial->result]++;
        worst_ns = trial->stopped_ns > worst_ns ? trial->stopped_ns : worst_ns;
    }
    if (!sleepers)
        log_print("idle: deep idle was not tried: %s\n", why);
    else
        log_print("idle: 20 ms in MWAIT's %s: %u TSCs went on, %u stopped, %u CPUs were not let sleep\n", why,
                  counts[IDLE_GOES_ON], counts[IDLE_STOPPED], counts[IDLE_AWAKE]);
    log_print("@idle state=%s goes_on=%u stopped=%u awake=%u no_answer=%u stopped_ns=%lu\n",
              sleepers ? why : "none", counts[IDLE_GOES_ON], counts[IDLE_STOPPED], counts[IDLE_AWAKE],
              counts[IDLE_NO_ANSWER], worst_ns);
}

/* C1 is no deep idle: it stops no TSC that runs at all. */
const char *keeper_idle_untried(void)
{
    return !sleepers ? why : mwait.state < 2 ? "none below C1" : NULL;
}

struct idle_trial keeper_idle_trial(unsigned cpu)
{
    if (!sleepers || cpu == 0 || cpu >= keeper.cpus)
        return (struct idle_trial){.result = IDLE_NOT_TRIED};
    return sleepers[cpu].trial;
}
