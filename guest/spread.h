/* How far the VCPUs' records are apart, evaluated at one TSC in the reader's own arithmetic. */
#ifndef GUEST_SPREAD_H
#define GUEST_SPREAD_H

#include <stdbool.h>
#include <stdint.h>

struct spread {
    uint64_t samples;   /* times all records were whole and of one publish */
    uint64_t skipped;   /* times they were not */
    uint64_t recent_ns; /* the largest since spread_take_recent() */
    uint64_t worst_ns;  /* the largest of all */
    bool broken;        /* records of unified mode were apart */
};

extern struct spread spread;

/* Compares the records of VCPUs 0..vcpus-1 once. Does nothing in per-CPU mode: their TSCs may differ. */
void spread_sample(uint32_t vcpus);
/* Returns the largest since the last call. */
uint64_t spread_take_recent(void);
/* Notes a distance that was found in another way. */
void spread_note(uint64_t apart_ns);

#endif
