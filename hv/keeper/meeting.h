/* Two CPUs meet: they tell each other their TSCs through cache lines in memory, ping by ping. */
#ifndef KEEPER_MEETING_H
#define KEEPER_MEETING_H

#include <stdbool.h>
#include <stdint.h>

#include "time/align.h"

#define MEETING_PINGS 16u     /* at most; the tightest counts */
#define MEETING_SPINS 100000u /* some 10 ms without an answer: then a meeting is given up */

void meeting_init(unsigned cpus);
/* From now on CPUs run one at a time, and change at a PAUSE (an emulator's single thread for all of them). */
void meeting_one_at_a_time(void);

/*
 * Meetings have numbers that only grow (below 2^56). Both sides know their partner and the number. The leader
 * keeps the narrowest ping (received 0: none so far), and narrows `offset`, the other's TSC minus its own.
 */
void meeting_lead(unsigned other, uint64_t meeting, struct offset *offset, struct ping *narrowest);
/*
 * Returns true if the other CPU runs at the same moment: right after a ping, when both are awake, it answers
 * while this CPU polls without a pause. True is a proof but for a rare chance; false may only mean that the
 * other was held up.
 */
bool meeting_at_once(unsigned other, uint64_t meeting);
/* Answers until the leader ends the meeting, or is not heard of any more. */
void meeting_follow(unsigned leader, uint64_t meeting);

/*
 * The same at run time, from an alarm: each side waits some 20 us for the other and then for each ping, no
 * longer. The meeting's number is above all of start-up's.
 */
void meeting_lead_soon(unsigned other, uint64_t meeting, struct offset *offset);
void meeting_follow_soon(unsigned leader, uint64_t meeting);
/* Once, on the boot CPU, when its TSC has a rate: measures how many spins these 20 us are. */
void meeting_measure_spin(void);

/* Returns true if it pays to try for a narrower ping than this. */
bool meeting_wide(const struct ping *ping);

#endif
