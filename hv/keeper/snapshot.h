/* What is shown of each CPU. */
#ifndef KEEPER_SNAPSHOT_H
#define KEEPER_SNAPSHOT_H

#include <stdint.h>

#include "keeper.h"
#include "time/align.h"
#include "time/estimate.h"

struct cpu_clock;

/* What is shown of a CPU (snapshot.c); written by itself with the keeper's lock, but for ... */
struct shown {
    uint32_t sequence; /* as in struct latch */
    struct keeper_cpu copy[2];
    struct range beside; /* this TSC minus the boot CPU's is within it, at `beside_tsc` of its own ... */
    uint64_t beside_tsc; /* ... (0: nothing is known), ... */
    uint32_t epoch;      /* if no disruption was seen since */
    struct range heard;  /* ... what a meeting showed, with the lock by whom it met: the same, at ... */
    uint64_t heard_from, heard_to; /* ... some moment between these; 0 once it is taken in, ... */
    uint32_t heard_epoch;          /* ... if no disruption was seen since */
    uint32_t meetings, behind;
};

/* With the keeper's lock, at the end of each look, on its own CPU. */
void snapshot_take(struct cpu_clock *clock);
/*
 * With the keeper's lock, on CPU a: what its meeting with b > a showed, which began when its TSC was `since`.
 */
void snapshot_met(unsigned a, unsigned b, struct offset offset, uint64_t since);

#endif
