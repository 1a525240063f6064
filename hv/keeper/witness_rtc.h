/*
 * The RTC beside the reference: its crystal is another than that of the timers. Its seconds' edges are hunted
 * by short looks, one CPU at a time, at moments that its rate foretells.
 */
#ifndef KEEPER_WITNESS_RTC_H
#define KEEPER_WITNESS_RTC_H

#include <stdbool.h>
#include <stdint.h>

#include "time/blame.h"
#include "time/seconds.h"

/* Of the RTC and of any other timer beside the reference. */
enum witness_state { WITNESS_LEARNED, WITNESS_AGREES, WITNESS_DIFFERS, WITNESS_APART, WITNESS_UNREAD };

/* With the keeper's lock. */
struct witness_rtc {
    bool there;     /* it made sense at start-up */
    uint32_t epoch; /* the disruption since which its edges are known */
    uint32_t cpu;   /* the one that hunts, ... */
    uint64_t
        next_ns; /* ... until S is that; then any CPU may begin the next hunt. Read without the lock too */
    struct seconds seconds;
    enum witness_state state;
    unsigned failed; /* looks in a row that said nothing */
    unsigned sound;  /* edges since it was apart */
    bool untold;
    unsigned told; /* lines */
    int64_t bound_ppb;
};

struct cpu_clock;

/*
 * On the boot CPU, before system time runs: it began to show this second while its TSC was within tsc_lo..hi.
 */
void witness_rtc_begin(int second, uint64_t tsc_lo, uint64_t tsc_hi);
/* After a good look, without the lock: the next hunt may be this CPU's, by a timer of its own. */
void witness_rtc_next(struct cpu_clock *clock);
/* With the lock: what it says of the two crystals. *ppb: the RTC beside the reference; empty: not known. */
enum crystals witness_rtc_blame(struct range *ppb);

#endif
