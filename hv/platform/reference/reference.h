/*
 * Reference timers behind one small interface: PIT channel 2, HPET, ACPI PM timer. Hardware; what is made of
 * a reading is hv/time/'s business. Every wait is bounded by turns of a loop, not by time.
 */
#ifndef PLATFORM_REFERENCE_H
#define PLATFORM_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/firmware/acpi.h"

/*
 * One reading: at some instant between TSC values tsc_lo and tsc_hi the counter stood at `count` (masked to
 * `bits`). edge: the instant is that of the counter becoming `count`, so its time is count * period exactly;
 * else the time is between count and count + 1 periods.
 */
struct reference_reading {
    uint64_t tsc_lo, tsc_hi;
    uint64_t count;
    bool edge;
};

struct reference {
    const char *name;                /* its row's, in sources.h: "hpet" */
    uint32_t bits;                   /* width of the counter: 16, 24, 32, 64; counts upwards */
    uint32_t period_num, period_den; /* ns per count = num / den, the nominal crystal's */
    uint32_t tolerance_ppb; /* how far the nominal rate of known makes lies from num/den (QEMU, Bochs) */
    uint64_t typical_width; /* TSC ticks (tsc_hi - tsc_lo) of a good reading, found at start */
};

/*
 * Once, on the boot CPU, while no other runs.
 * Finds and tries what the machine has: present, counting, upwards, agreeing with each other within 1 %.
 * Prints a line for each, with the reason where one is refused. Returns how many can be used, tightest
 * bracket (in ns, granularity included) first. `wanted` is the name of the one to use (sources.h), NULL: any;
 * where that one cannot be used the others are tried.
 */
unsigned reference_find(const struct machine *machine, const char *wanted);
/* i-th, best first; NULL beyond. */
const struct reference *reference_get(unsigned i);

/*
 * The tightest of a few readings (at most 8, aligned to the count's edge where the counter is coarser than a
 * reading takes), interrupts off, on any CPU, one CPU at a time (a lock inside, with a bounded wait: false if
 * it is not to be had or every reading failed).
 */
bool reference_sample(const struct reference *ref, struct reference_reading *out);

/*
 * For loops that watch something else meanwhile: start, then go on while reference_waiting() says true. It
 * must be asked more often than the counter wraps (PIT: 54 ms), or the wait takes longer.
 */
struct reference_wait {
    bool begun;
    uint64_t last, counts, counts_wanted; /* of the best reference */
    uint64_t tsc_end;                     /* should its counter stop */
    uint64_t turns_left;                  /* should the TSC stop as well */
};
void reference_wait_start(struct reference_wait *wait, uint32_t us);
bool reference_waiting(struct reference_wait *wait);

/* Busy-waits by the best reference, or by turns of port 0x80 when there is none; bounded anyhow. */
void reference_wait_us(uint32_t us);

#endif
