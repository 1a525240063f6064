/*
 * A clock that shows whole seconds, as the RTC does, beside R. It does not say when its second changes: it
 * can only be asked whether it has. So each change, an edge, is hunted: short looks at it, from just before
 * the edge must come until it has come. From two edges follows the clock's rate. Pure.
 */
#ifndef TIME_SECONDS_H
#define TIME_SECONDS_H

#include <stdbool.h>
#include <stdint.h>

#include "time/fixed.h"

#define SECONDS_EDGES 8u

/* It began to show this second while R was within ref_ns. */
struct edge {
    int64_t n; /* which second it is, counted from seconds_begin on */
    struct range ref_ns;
};

/* The edge that is hunted now. */
struct hunt {
    int64_t n;
    struct range expected; /* by what is known of the clock's rate */
    int64_t before_ns;     /* R when it was last seen not to have come yet; INT64_MIN: not seen */
    int64_t next_ns;       /* R when the clock is to be looked at next */
    int64_t step_ns;
};

struct seconds {
    unsigned count;                  /* of edges */
    struct edge edge[SECONDS_EDGES]; /* the first, and the latest ones; oldest first */
    int shown;                       /* what it showed in second 0: 0..59; -1: not known */
    int64_t lead_ns;                 /* looks come late: a hunt begins so much earlier */
    unsigned strange;                /* looks in a row that fit nothing */
    struct hunt hunt;
};

/* One look at the clock. R was above ref_ns.lo, or just there, when it began, and below ref_ns.hi ... */
struct second_sight {
    struct range ref_ns; /* ... when it had shown whether an update was under way */
    bool ended;          /* an update was under way at ref_ns.lo, and was over at ref_ns.hi */
    int second;          /* then, 0..59; below 0: an update was still under way */
};

/* What a look came to. */
enum hunted {
    HUNT_ON,     /* look again when R is hunt.next_ns */
    HUNT_FOUND,  /* the edge is known */
    HUNT_MISSED, /* it is over, and nothing new is known */
    HUNT_LEFT    /* the clock contradicts what was known of it, which is void */
};

/* Starts, or starts again, with nothing known. */
void seconds_start(struct seconds *seconds);
/* One edge is known: the clock began to show `second` while R was within `ref_ns`. */
void seconds_begin(struct seconds *seconds, int second, struct range ref_ns);
/*
 * Plans the hunt for an edge that comes, R being `now_ns`: hunt.next_ns says when it begins. One a second
 * while little is known, then one in eight seconds.
 */
void seconds_plan(struct seconds *seconds, int64_t now_ns);
/* Takes in a look of a hunt that was planned. */
enum hunted seconds_saw(struct seconds *seconds, const struct second_sight *sight);

/*
 * Returns false while nothing is known. Else *ppb is by how much the clock counts faster than R, on average
 * from one edge to another: no wander is assumed.
 */
bool seconds_rate(const struct seconds *seconds, struct range *ppb);

#endif
