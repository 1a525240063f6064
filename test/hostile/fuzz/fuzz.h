/*
 * Calls at random, from all VCPUs at once, for a bounded number of times: nothing that a guest asks may panic
 * the hypervisor, hang it, or change in the guest what it did not ask for. `seed=` on the command line makes
 * another sequence, `calls=` a longer one, `stress` one of calls that are right and race each other.
 */
#ifndef HOSTILE_FUZZ_H
#define HOSTILE_FUZZ_H

#include "kit/kit.h"

#define PLAY_PAGES 16u

/*
 * Memory for calls to point to, that may be unmapped, exchanged or overwritten at any time. What is written
 * to its last bytes goes on into a page of its own.
 */
#define PLAY_BYTES (PLAY_PAGES * PAGE_BYTES)
extern char play[PLAY_PAGES + 1][PAGE_BYTES];

struct dice {
    u64 state; /* never 0 */
};
u64 roll(struct dice *dice);
/* Returns a number below `limit`. */
static inline unsigned roll_below(struct dice *dice, unsigned limit)
{
    return (unsigned)(roll(dice) % limit);
}
/* Returns a number that a call may find hard: an edge, an address, a page-table entry, noise. */
u64 roll_argument(struct dice *dice);

/* Make one call of VCPU `vcpu` (calls.c, stress.c). */
void call_at_random(struct dice *dice, unsigned vcpu);
void stress(struct dice *dice, unsigned vcpu);

#endif
