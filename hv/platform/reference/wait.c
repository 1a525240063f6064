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

bool reference_waiting(struct reference_wait *wait)
{
    const struct counter_source *source = source_best();
    uint64_t now, mask;

    if (wait->spins_left == 0)
        return false;
    wait->spins_left--;
    if (!source) {
        outb(PORT_DELAY, 0); /* about 1 us on the buses of a PC */
        return true;
    }
    mask = counter_mask(&source->ref);
    if (source_count(source, &now)) {
        uint64_t moved = (now - wait->last) & mask;

        /* Three quarters of a wrap ahead is rather a little behind: it does not count. */
        if (wait->begun && moved < mask - mask / 4)
            wait->counts += moved;
        wait->begun = true;
        wait->last = now;
    }
    /* A TSC at four times the time asked for, and 1 ms, says that the counter stopped or lost its wraps. */
    return wait->counts < wait->counts_wanted && rdtsc_ordered() < wait->tsc_end;
}

void reference_wait_us(uint32_t us)
{
    struct reference_wait wait;

    reference_wait_start(&wait, us);
    while (reference_waiting(&wait))
        cpu_relax();
}
