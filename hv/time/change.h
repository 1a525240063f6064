/*
 * A rate that has changed for good, by more than is assumed: the machine moved to another host, or the
 * reference counts at another rate. One look cannot tell it from a jump. Some looks in a row that agree about
 * the new rate can.
 */
#ifndef TIME_CHANGE_H
#define TIME_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "time/bracket.h"
#include "time/estimate.h"
#include "time/line.h"

#define CHANGE_LOOKS 4u /* so many in a row, and the rate is measured anew */

struct change {
    struct tsc_scale start;     /* as it was measured at start-up */
    struct bracket first, last; /* of the looks in a row */
    uint64_t hz;                /* between the last two */
    unsigned count;
};

void change_start(struct change *change, struct tsc_scale nominal);

/*
 * Returns true if the rate is known, and is well inside the limit: nothing has changed. One that is just
 * beyond the limit is a disruption at some looks only, so the looks between them do not say that.
 */
bool change_excluded(const struct outlook *outlook);

/* A look excluded it. */
void change_forget(struct change *change);

/*
 * A look did not exclude it. Returns true, with the new scale in *scale, if this look is a disruption and
 * CHANGE_LOOKS in a row agree on one rate that `nominal` hardly allows. If it is the one at start-up again,
 * it is that scale to the bit. `wrap_ns`: the reference's counter wraps after so long. A rate so far from the
 * one at start-up that looks would hardly tell the wraps apart is not taken: there would be no way back from
 * it.
 */
bool change_seen(struct change *change, const struct bracket *bracket, struct tsc_scale nominal,
                 int64_t wrap_ns, bool disruption, struct tsc_scale *scale);

#endif
