/*
 * QEMU's deterministic lane as a world for rivals (-icount shift=3,sleep=off): every instruction lasts 8
 * ns, all TSCs are one and run at 1 GHz, the HPET at 100 MHz, and CPUs take turns on one thread, from PAUSE
 * to PAUSE. No host disturbs: what a rival shows here is its own.
 */
#ifndef RIVAL_LANE_H
#define RIVAL_LANE_H

#include "rival.h"
#include "rival_score.h"

#define LANE_CPUS 4u

struct lane {
    struct rival_world world;
    uint64_t now_ns, start_ns, next_spread_ns, random;
    unsigned loop;           /* instructions of a guest's turn: one read, and one PAUSE */
    unsigned turn;           /* who reads next */
    unsigned cut, part, sum; /* of the rendezvous that is under way; see rival_lane.c */
};

void lane_init(struct lane *l, unsigned loop, uint64_t seed);
/* On to that instant: guests on all CPUs read by turns, between events. Each read goes to the score. */
void lane_run(struct lane *l, struct rival *r, uint64_t until_ns, struct score *score);

#endif
