/* The local APIC's timer (SDM vol. 3, 10.5.4): its counter, and its deadline on the TSC. */
#include "cpu/apic.h"

#include "cpu/apic_registers.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/traps.h"
#include "log/log.h"

#define TRIES       5u       /* a stalled host may hold back one interrupt, not five */
#define LATEST      20u      /* times the length of a trial */
#define SLACK       8u       /* early by this part of it is granularity */
#define TRIAL_SPINS 1000000u /* should the TSC stand still */

bool apic_timer_has_deadline(void)
{
    return cpuid(1, 0).ecx & 1u << 24;
}

void apic_timer_setup(bool deadline)
{
    apic_write(APIC_TIMER_INITIAL, 0);
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (deadline ? LVT_DEADLINE : 0));
    /*
     * In xAPIC mode the LVT is memory and the deadline an MSR: only MFENCE orders them (SDM vol. 3,
     * 10.5.4.1). In x2APIC mode neither write waits for the other (10.12.3).
     */
    cpu_fence_all();
}

void apic_timer_set_deadline(uint64_t tsc)
{
    wrmsr(MSR_TSC_DEADLINE, tsc);
}

void apic_timer_set_count(uint32_t count)
{
    apic_write(APIC_TIMER_INITIAL, count);
}

uint32_t apic_timer_count(void)
{
    return apic_read(APIC_TIMER_CURRENT);
}

enum trial { TRIAL_KEPT, TRIAL_EARLY, TRIAL_LATE };

/*
 * `late` is of a TSC read before the APIC is asked, and "early" of one read after: whatever passes in between
 * counts in the timer's favour.
 */
static enum trial try_once(uint64_t ticks)
{
    uint64_t deadline = rdtsc_ordered() + ticks;

    apic_timer_set_deadline(deadline);
    for (unsigned spin = 0; spin < TRIAL_SPINS; spin++) {
        bool late = rdtsc_ordered() > deadline + LATEST * ticks;

        if (apic_requested(VECTOR_TIMER))
            return rdtsc_ordered() < deadline - ticks / SLACK ? TRIAL_EARLY : TRIAL_KEPT;
        if (late)
            break;
        cpu_relax();
    }
    return TRIAL_LATE;
}

/*
 * Some CPUs' deadlines went wrong once the TSC had been written (Intel's errata of 2013 to 2016, mended by
 * microcode), and Bochs 2.7 leaves TSC_ADJUST out of its sum.
 */
bool apic_timer_try_deadline(uint64_t ticks)
{
    enum trial result = TRIAL_LATE;

    apic_timer_setup(true);
    for (unsigned i = 0; i < TRIES && result == TRIAL_LATE; i++)
        result = try_once(ticks);
    if (result == TRIAL_KEPT)
        return true;
    apic_timer_set_deadline(0);
    log_print("apic: CPU%u's deadline on its TSC %s: its counter is used instead\n", cpu_id(),
              result == TRIAL_EARLY ? "comes early" : "does not come");
    return false;
}
