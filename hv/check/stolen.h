/*
 * Time that somebody else takes from a CPU: firmware by an SMI, a hypervisor below us. All CPUs read their
 * TSCs in a loop, with interrupts off and before system time begins, so none of the gaps is ours
 * (docs/check.md).
 */
#ifndef CHECK_STOLEN_H
#define CHECK_STOLEN_H

#include <stdbool.h>
#include <stdint.h>

#include "time/gaps.h"

/* On the boot CPU, before it wakes the others: for how long; 0: not at all. */
void stolen_prepare(uint32_t seconds);
/* On the boot CPU, once all are online: watches with the others, and says what was found. */
void stolen_watch(void);
/* On every other CPU, before keeper_cpu_start. Returns at once where nothing is watched. */
void stolen_watch_cpu(void);

/* What was found on one CPU. */
struct stolen {
    bool watched; /* else nothing is known: it was not asked for, or the CPU did not answer */
    const struct gaps *gaps;
    uint64_t hz;  /* of its TSC, to within 0.2 % */
    uint32_t smi; /* SMIs meanwhile */
    bool smi_counted;
};
/* Any CPU may ask, once stolen_watch is over. */
struct stolen stolen_of(unsigned cpu);

#define STOLEN_TEXT 256u
/* Writes what was found on all `cpus` CPUs in a sentence; "" where nothing was watched. */
void stolen_words(unsigned cpus, char out[STOLEN_TEXT]);

/*
 * `@stolen`: one CPU's. Its TSC's rate is `hz`; 0: it is not known better than stolen_of() has it. Tells
 * nothing of a CPU that was not watched.
 */
void tell_stolen(unsigned cpu, uint64_t hz);

#endif
