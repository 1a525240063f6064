/* Two CPUs meet over lines of memory and tell each other their TSCs, turn by turn. */
#ifndef KEEPER_MEETING_H
#define KEEPER_MEETING_H

#include <stdbool.h>
#include <stdint.h>

#include "time/align.h"

#define MEETING_TURNS    16u     /* at most: the tightest counts */
#define MEETING_PATIENCE 100000u /* turns of a waiting loop, some 10 ms: then a meeting is given up */

void meeting_init(unsigned cpus);
/*
 * From now on: CPUs run one at a time, and change at a PAUSE (an emulator's single thread for all of them).
 */
void meeting_by_turns(void);

/*
 * Meetings have numbers that only grow (below 2^56), and both sides know whom they meet and which this is.
 * The leader keeps the narrowest turn (returned 0: none so far), and narrows `offset`, the other's TSC minus
 * its own.
 */
void meeting_lead(unsigned other, uint64_t number, struct offset *offset, struct exchange *narrowest);
/*
 * Whether the other runs at the same moment: right after a turn, when both are awake, it answers while this
 * CPU looks without a pause. "Yes" is a proof but for a rare chance; "no" may only mean that it was held up.
 */
bool meeting_at_once(unsigned other, uint64_t number);
/* Until the leader ends the meeting, or is not heard of any more. */
void meeting_follow(unsigned leader, uint64_t number);

/*
 * The same at run time, from an alarm: each side waits some 20 us for the other and then for each turn, no
 * longer. The number is above all of start-up's.
 */
void meeting_lead_soon(unsigned other, uint64_t number, struct offset *offset);
void meeting_follow_soon(unsigned leader, uint64_t number);
/* Once, by the boot CPU, when its TSC has a rate: how many turns of a waiting loop these are. */
void meeting_measure_patience(void);

/* Whether it pays to try for a narrower turn than this. */
bool meeting_wide(const struct exchange *turn);

#endif
