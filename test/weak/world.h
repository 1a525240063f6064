/* What the world's CPUs share, and what a read is held against. */
#ifndef WEAK_WORLD_H
#define WEAK_WORLD_H

#include "meridian/abi.h"
#include "time/publish.h"
#include "weak.h"

/* All that more than one CPU reaches while it is not locked. */
struct arena {
    struct meridian_record record[1 + WEAK_CPUS] __attribute__((aligned(64))); /* common; VCPU n on CPU n */
    struct xen_time_record xen;                                                /* VCPU 0's */
    uint64_t last_ns;
    uint64_t said; /* the number of the last read that was told of; 0: none */
    uint32_t wc_version, wc_sec, wc_nsec, wc_sec_hi;
    struct meridian_assumed page;
};
extern struct arena weak_arena;
extern const unsigned weak_ahead[WEAK_CPUS];
extern const volatile void *const weak_page_version;

/* One read, by any way; `ns` of a wall search is the wall time in s. */
void world_read(unsigned cpu);
/* page.c, instead of world_read and of a publish. Before each run; one act of the keeper's; one read. */
void page_start(void);
void page_act(unsigned cpu);
struct meridian_clock;
void page_read(const struct meridian_clock *clock);
extern bool page_records_are_out; /* the publish of this act is over, but for what comes too late */
/* Notes the page, as it is written. */
void page_note(const struct meridian_assumed *page);
/*
 * Holds what a read got against what its CPU had heard before, and tells the others. Of the page it is how
 * many breaches were told.
 */
void world_judge(uint64_t ns, uint64_t heard);
/* Returns what the CPU has heard of last: the greatest that its read may not undercut. */
uint64_t world_hear(void);
/* Notes one publish, as it is filled in. */
void world_note(const struct published *data);
/* Returns true if a line that says so was published. */
bool world_published(const struct published *data);

#endif
