/* Waiting by the best reference. */
#include "platform/reference/source.h"

#include "cpu/instructions.h"

#define WAIT_SPINS_A_US 64u /* a spin reads a port or a device register: 16 ns is less than any takes */
#define PORT_DELAY      0x80

void reference_wait_start(struct reference_wait *wait, uint32_t us)
{
    const struct counter_source *source = source_best();

    *wait = (struct reference_wait){.spins_left = us};
    if (!source)
        return;
    /* 2^32 us are below 2^42 ns; times a den of at most 10^6 below 2^62. One count more for the one begun. */
    wait->counts_wanted = (uint64_t)us * 1000 * source->ref.period_den / source->ref.period_num + 2;
    wait->tsc_end = rdtsc_ordered() + source->khz / 250 * us + source->khz;
    wait->spins_left = (uint64_t)us * WAIT_SPINS_A_US + 1000;
}

/* As many counts as the TSC can explain: four times those that it went on for, and 4 ms. */
static uint64_t most_counts(const struct counter_source *source, uint64_t ticks)
{
    uint64_t us =
        source->khz && ticks >> 40 == 0 ? ticks * 1000 / source->khz : 1u << 30; /* den is below 2^20 */

    return (us + 1000) * 4000 * source->ref.period_den / source->ref.period_num; /* below 2^63 */
}

/*
 * A count that is behind the last, or ahead of it by more than the TSC can explain, was misread: it says
 * nothing. The next one is held against the last that did.
 */
static void count_on(const struct counter_source *source, struct reference_wait *wait, uint64_t now,
                     uint64_t tsc)
{
    uint64_t mask = counter_mask(&source->ref), moved = (now - wait->last) & mask;

    if (wait->begun && (moved > most_counts(source, tsc - wait->tsc_last) || moved >= mask - mask / 4))
        return;
    wait->counts += wait->begun ? moved : 0;
    wait->begun = true;
    wait->last = now;
    wait->tsc_last = tsc;
}

bool reference_waiting(struct reference_wait *wait)
{
    const struct counter_source *source = source_best();
    uint64_t now, tsc;

    if (wait->spins_left == 0)
        return false;
    wait->spins_left--;
    if (!source) {
        outb(PORT_DELAY, 0); /* about 1 us on the buses of a PC */
        return true;
    }
    tsc = rdtsc_ordered();
    if (source_count(source, &now))
        count_on(source, wait, now, tsc);
    /* A TSC at four times the time asked for, and 1 ms, says that the counter stopped or lost its wraps. */
    return wait->counts < wait->counts_wanted && tsc < wait->tsc_end;
}

void reference_wait_us(uint32_t us)
{
    struct reference_wait wait;

    reference_wait_start(&wait, us);
    while (reference_waiting(&wait))
        cpu_relax();
}
