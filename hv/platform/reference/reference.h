/*
 * Reference timers behind one small interface: HPET, ACPI PM timer, PIT channel 2. What is made of a reading
 * is computed in hv/time/. Every wait is bounded by the spins of its loop, not by time.
 */
#ifndef PLATFORM_REFERENCE_H
#define PLATFORM_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/firmware/acpi.h"

/*
 * One reading: at some instant between TSC values tsc_lo and tsc_hi the counter stood at `count` (masked to
 * `bits`). With `edge` the counter became `count` at that instant, so its time is count * period exactly;
 * without, it is between count and count + 1 periods.
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
    uint32_t tolerance_ppb;  /* how far the nominal rate of known makes lies from num/den (QEMU, Bochs) */
    uint32_t phase_floor_ns; /* its row's: the least that its phase is believed to shake by */
    uint64_t typical_width;  /* TSC ticks (tsc_hi - tsc_lo) of a good reading, found at start */
};

/*
 * Once, on the boot CPU, while no other runs.
 * Finds and tries what the machine has: present, counting, upwards, agreeing with each other within 0.2 %.
 * Prints a line for each, with the reason where one is refused. Returns how many can be used, tightest
 * bracket (in ns, granularity included) first. `wanted` is the name of the one to use (sources.h), NULL: any;
 * where that one cannot be used the others are tried.
 */
unsigned reference_find(const struct machine *machine, const char *wanted);
/* Returns the i-th of them, best first; NULL beyond. */
const struct reference *reference_get(unsigned i);

#define TRIAL_BOUND_PPB 200000u /* what some 20 ms of trial tell of a rate, roughly */
/*
 * Returns by how much a timer is faster than another one, by their trial at start-up; 0 beyond what is
 * possible.
 */
int64_t reference_off_ppm(const struct reference *timer, const struct reference *than);

/* A timer that counts, and was refused because by its rate it is not the clock that another one is. */
struct reference_refused {
    const char *name;
    int64_t off_ppm; /* faster than the one that was kept */
    bool outvoted;   /* two others agreed; else nothing tells which is right */
};
/* Returns the i-th of them; NULL beyond. */
const struct reference_refused *reference_refused(unsigned i);

/* Returns the boot CPU's TSC rate in kHz, to within 0.2 %, as the best of them found it; 0: there is none. */
uint64_t reference_tsc_khz(void);

/*
 * Takes the tightest of a few readings: at most 8, each at the count's edge where a count lasts longer than a
 * reading takes. On any CPU, interrupts off meanwhile, one CPU at a time. Returns false if every reading
 * failed, or the lock was not free for long (the wait is bounded).
 */
bool reference_read(const struct reference *ref, struct reference_reading *out);

/*
 * Takes one reading, as quick as it goes: not at the count's edge, unless the counter steps. Else the same.
 */
bool reference_glance(const struct reference *ref, struct reference_reading *out);

/* Returns how many readings of all timers could not be, and were left out. */
uint64_t reference_misreads(void);

/*
 * For loops that watch something else meanwhile: start, then go on while reference_waiting() returns true. It
 * must be called more often than the counter wraps (PIT: 54 ms), or the wait takes longer.
 */
struct reference_wait {
    bool begun;
    uint64_t last, counts, counts_wanted; /* of the best reference */
    uint64_t tsc_last;                    /* at `last` */
    uint64_t tsc_end;                     /* should its counter stop */
    uint64_t spins_left;                  /* should the TSC stop as well */
};
void reference_wait_start(struct reference_wait *wait, uint32_t us);
bool reference_waiting(struct reference_wait *wait);

/* Busy-waits by the best reference, or by writes to port 0x80 when there is none; bounded in any case. */
void reference_wait_us(uint32_t us);

#endif
