/*
 * The timers beside the reference. They are read one after another, so that for each it is known what its
 * count says of R. When TSC and reference disagree they are asked which of the two is to blame, and one of
 * them takes the place of a reference that stopped, leapt or lies.
 */
#ifndef KEEPER_WITNESS_H
#define KEEPER_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "keeper/tie.h"
#include "keeper/witness_rtc.h"
#include "platform/reference/sources.h"
#include "time/blame.h"
#include "time/ratio.h"

struct witness {
    const struct reference *timer;
    struct ratio ratio; /* of no meaning while it is the reference */
    enum witness_state state;
    unsigned failed;   /* readings in a row that could not be had */
    unsigned sound;    /* readings since it was apart */
    bool untold;       /* its state is to be told */
    unsigned told;     /* lines */
    int64_t bound_ppb; /* as last told */
};

/* A reading, from the look that took it to the one that makes something of it. */
struct waiting {
    struct witness *witness; /* NULL while nothing waits */
    struct sighting seen;
    uint32_t epoch, tie; /* the keeper's, and tie.changes, when it was read */
};

/* With the keeper's lock. */
struct witnesses {
    unsigned count; /* of timers, the reference among them; below 2 there is nobody to ask */
    unsigned last;
    uint64_t next_period; /* in which something is to be done; looked at without the lock too */
    struct waiting waiting;
    bool untold; /* one of them, or the RTC, is. Read without the lock too */
    struct witness of[SOURCES];
    struct witness_rtc rtc;
};

struct cpu_clock;

/* witness.c */

/* On the boot CPU, twice during start-up: reads each of them once, beside what this CPU knows of R. */
void witness_start(void);
/* After a look, without the lock: tells what is new of one of them. Returns false if nothing is. */
bool witness_told(void);
/*
 * After a good look in which nothing was told, without the lock: every so many periods one CPU reads one of
 * them, and in the period after that one CPU makes of it what it says. Neither takes long. Returns false if
 * there was nothing to do.
 */
bool witness_next(struct cpu_clock *clock, uint64_t period);
/* On the CPU of `clock`: so many ticks went into this. */
void witness_cost(struct cpu_clock *clock, uint64_t ticks);
/* With the lock: what is new of one of them is told in one of the next looks. */
void witness_tell_soon(bool *untold);
/* With the lock: nothing is known any more of this timer. */
void witness_forget(struct witness *witness);
/* Returns what this CPU knows of R at a reading's instant. */
struct range witness_expects(const struct cpu_clock *clock, const struct reference_reading *reading);

/* hear.c */

/*
 * Asks the other timers, without the lock, when the reference contradicts what this CPU knows of R. `bracket`
 * is what the reference says, NULL if it cannot be read. Returns true if it is to blame and another timer has
 * taken its place: *out is that one's bracket. Else clock->look.blame has what is known.
 */
bool witness_hear(struct cpu_clock *clock, const struct bracket *bracket, struct bracket *out);

/* witness_words.c, with the lock */

/* Tells of one that is untold. Returns false if none is. */
bool witness_tell_next(void);

/* All that is untold, all pairs of timers, and an RTC that says nothing; without the lock, at start-up. */
void witness_tell_all(void);

/* Returns what this CPU's TSC disagrees with: the reference by its name; "timers" if they go on together. */
const char *witness_opponent(unsigned cpu);
/* Beside a disruption, while the mode is still what it was: what the other timers said of it. */
void witness_tell_cause(unsigned cpu);

/* The change of reference. `off_ns`: how far the old one was from where the others had R. */
enum relay_cause { RELAY_UNREADABLE, RELAY_STANDS_STILL, RELAY_OFF };
void witness_tell_relay(const struct tie *from, enum relay_cause cause, int64_t off_ns);

#endif
