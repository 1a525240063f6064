/*
 * Per-CPU mode as it is without MERIDIAN_WHERE and MERIDIAN_OWN: two calls of `where`, and the page's list.
 */
#include "loops.h"

void HOOK(OUT, loop)(struct place *place, unsigned reads);
void HOOK(OUT, alone)(struct place *place, unsigned reads);

FORM(percpu, USE(meridian_now_ns(&place->percpu, &counts)))

void HOOK(OUT, loop)(struct place *place, unsigned reads)
{
    percpu_loop(place, reads);
}

void HOOK(OUT, alone)(struct place *place, unsigned reads)
{
    percpu_alone(place, reads);
}
