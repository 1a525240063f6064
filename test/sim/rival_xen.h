/* Xen's line of a CPU, for the tests that look at records and not at reads alone. */
#ifndef RIVAL_XEN_H
#define RIVAL_XEN_H

#include "rival_model.h"

struct xen_stamp {
    uint64_t tsc, local_ns, master_ns;
};

struct xen_line {
    struct xen_stamp stamp;
    struct rival_scale scale;
};

const struct xen_line *rival_xen_line(const struct rival *r, unsigned cpu);

/*
 * A CPU's next line, from the stamps of two rendezvous: a slow clock is set forward to the master's, a fast
 * one is slowed so as to lose in the next second what it is ahead, down to half its rate. Returns false, and
 * all stays, if it is too soon after the last.
 */
bool rival_xen_next_line(struct xen_line *line, const struct xen_stamp *seen);

#endif
