/* What stands in for exchange.c and meeting.c: CPUs meet, and what they learn of each other is the truth. */
#include "world.h"
#include "keeper/start.h"

#include <math.h>

#include "keeper/meeting.h"

void exchange_init(unsigned cpus, void (*idle)(void))
{
    (void)idle;
    (void)cpus;
}

void exchange_star(const struct outlook *boot)
{
    for (unsigned cpu = 1; cpu < world.m.cpus; cpu++) {
        struct cpu_clock *clock = clock_of(cpu);
        uint64_t sent = rdtsc_ordered(), answered, received;

        if (world.m.unmeasured && cpu == world.m.cpus - 1)
            continue;
        spend();
        answered = tsc_of(cpu);
        spend();
        received = rdtsc_ordered();
        clock->start.late =
            (struct bracket){answered, answered, outlook_at(boot, sent).lo, outlook_at(boot, received).hi};
        clock->start.offset = offset_narrow(OFFSET_UNKNOWN, &(struct ping){sent, answered, received});
    }
}

enum alignment exchange_pairs(unsigned passes, int64_t *extent_ticks)
{
    (void)passes;
    *extent_ticks = world.m.own_crystals ? 0 : world.m.skew_ticks;
    return world.m.own_crystals ? ALIGNMENT_APART : ALIGNMENT_IN_STEP;
}

int64_t exchange_resolution_most_ticks(void)
{
    return align_resolution_ticks(keeper.nominal);
}

void idle_sleep(void)
{
}

void idle_try(bool allowed)
{
    (void)allowed;
}

void repair_try(bool asked)
{
    (void)asked;
}

void idle_report(void)
{
}

void exchange_finish(void)
{
}

void exchange_serve(void)
{
}

uint32_t slip_expected_ns(void)
{
    return world.m.slip_ns * 8;
}

uint32_t slip_shown_ns(int64_t off_ns)
{
    (void)off_ns;
    return keeper.crystal.slip_ns;
}

const struct exchange_cost *exchange_cost(void)
{
    static const struct exchange_cost none;

    return &none;
}

void meeting_measure_spin(void)
{
}

/* Who is met must come to its own alarm at that moment: nobody waits longer than 20 us. */
static bool is_there(unsigned cpu)
{
    const struct sim_cpu *c = &world.cpus[cpu];

    return !asleep(cpu) && (fabsl(c->alarm_ns - world.now_ns) < 20000 || world.now_ns - c->began_ns < 20000);
}

void meeting_lead_soon(unsigned other, uint64_t meeting, struct offset *offset)
{
    void (*between)(void) = world.between;
    struct ping ping;

    (void)meeting;
    world.between = NULL; /* interrupts are off on both CPUs, and the other one does nothing but answer */
    for (unsigned i = 0; i < 4 && is_there(other); i++) {
        ping.sent = rdtsc_ordered();
        spend();
        ping.answered = tsc_of(other);
        ping.received = rdtsc_ordered();
        *offset = offset_narrow(*offset, &ping);
    }
    world.between = between;
}

void meeting_follow_soon(unsigned leader, uint64_t meeting)
{
    (void)leader;
    (void)meeting;
}
