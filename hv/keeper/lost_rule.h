/*
 * When a CPU that holds the keeper's lock is given up: what the CPU that waits for the lock does, and when.
 * Pure.
 *
 *     waits 20 ms -> asks, by an NMI -> waits 2 s for its answer -> INIT -> waits 10 ms -> takes over
 *
 * The boot CPU gets an NMI that halts it in INIT's place (hv/cpu/stop.c).
 *
 * An answer, or the lock in other hands, begins it anew: a CPU that was only frozen goes on with its own.
 */
#ifndef KEEPER_LOST_RULE_H
#define KEEPER_LOST_RULE_H

#include <stdint.h>

#define LOST_PATIENT_NS 20000000u   /* no holder in good health takes so long */
#define LOST_ANSWER_NS  2000000000u /* an SMI takes ms, a host's stall may take a second */
#define LOST_INIT_NS    10000000u   /* until its last stores are seen by all */
/* Between two looks at the clock; more is not counted: then the waiter itself stood still. */
#define LOST_STEP_NS 50000000u

enum lost_act { LOST_WAIT, LOST_ASK, LOST_INIT, LOST_TAKE_OVER };

/* What a waiting CPU keeps of its wait. */
struct lost_wait {
    uint32_t holder, taken;
    uint64_t seen_ns, waited_ns; /* waited_ns: since it began to wait, to ask, or INIT was sent */
    uint64_t answers;            /* the holder's NMIs when it was asked */
    enum lost_act last;
};

/*
 * At each look: `taken` counts how often the lock was taken, `answers` the NMIs that the holder has taken,
 * `now_ns` is any clock of this CPU's. Returns what is to be done now.
 */
enum lost_act lost_next(struct lost_wait *wait, uint32_t holder, uint32_t taken, uint64_t answers,
                        uint64_t now_ns);

#endif
