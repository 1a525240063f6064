/* What is shown of each CPU. */
#ifndef KEEPER_SNAPSHOT_H
#define KEEPER_SNAPSHOT_H

#include <stdint.h>

#include "keeper.h"
#include "time/align.h"
#include "time/estimate.h"

struct cpu_clock;

/*
 * What is shown of a CPU, and what its offset from the boot CPU's TSC is made of:
 *
 *     copy      what is shown: written by that CPU at its looks, read by any at any moment
 *     beside    the offset as it was last known, when this TSC was beside_tsc:  this CPU, at its looks
 *     heard     the offset that a meeting has shown since then, when this TSC
 *               was from heard_from to heard_to:                                the CPU that it met
 *
 * An offset counts while no disruption was seen since: while its epoch is the keeper's. All is written with
 * the keeper's lock.
 */
struct shown {
    uint32_t sequence; /* of the two copies (latch.h) */
    struct keeper_cpu copy[2];
    struct range beside; /* this TSC minus the boot CPU's, ns */
    uint64_t beside_tsc; /* 0 while nothing is known */
    uint32_t epoch;
    struct range heard;
    uint64_t heard_from, heard_to; /* heard_to 0: it is taken in */
    uint32_t heard_epoch;
    uint32_t meetings, behind; /* with other CPUs at run time, and how many showed this TSC behind */
};

/* With the keeper's lock, at the end of each look, on its own CPU. */
void snapshot_take(struct cpu_clock *clock);
/*
 * With the keeper's lock, on CPU a: what its meeting with b > a showed, which began when its TSC was `since`.
 */
void snapshot_met(unsigned a, unsigned b, struct offset offset, uint64_t since);

#endif
