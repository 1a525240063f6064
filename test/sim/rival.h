/*
 * Rivals: how others keep time, as small models that run on any clocks. Each is built from what its
 * authors' source does (named in its file), and knows of the world only what a hypervisor could: TSCs, a
 * reference's count.
 *
 * Whoever drives them owns the clocks and the truth:
 *
 *     r = rival_new(kind, &world, cpus);                 the start takes no time; events bring other CPUs
 *     while ((at = rival_next_ns(r, &cpu)) <= until)     bring the world to `at` (or later: a CPU that
 *         rival_event(r, cpu);                           stands still takes its event when it is back)
 *     rival_read(r, cpu)                                 any time: what a guest on that CPU reads, in ns
 *     rival_free(r);
 *
 * An event takes no time: what lasts is two events. Nothing here moves the clocks, so several rivals can
 * run on the same ones.
 */
#ifndef RIVAL_H
#define RIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RIVAL_NEVER UINT64_MAX

/* What lasts, and how long it does this time is the world's to say. */
enum rival_delay {
    RIVAL_DELAY_TIMER, /* a timer interrupt on this CPU comes later than it was set for */
    RIVAL_DELAY_IPI,   /* from the sender's order until this CPU's handler runs */
    RIVAL_DELAY_READ,  /* from the instant at which the reference's count was taken to the TSC's beside it */
    RIVAL_DELAY_RELEASE, /* from a write that this CPU spins on until it has read its TSC */
    RIVAL_DELAY_SOFTIRQ, /* from the end of an interrupt until what it left to do is done on this CPU */
};

struct rival_world {
    void *self; /* handed to each call */
    uint64_t (*now_ns)(void *self);
    uint64_t (*tsc)(void *self, unsigned cpu);                             /* now */
    uint64_t (*count)(void *self);                                         /* the reference's, now */
    uint64_t (*delay_ns)(void *self, enum rival_delay what, unsigned cpu); /* may draw; 0 is fine */
    uint64_t ref_num, ref_den; /* a count of the reference lasts ref_num / ref_den ns */
    unsigned ref_bits;         /* so many bits of the count are there */
};

struct rival;

struct rival_kind {
    const char *name;
    size_t bytes;                   /* of its own state, all zero before start */
    void (*start)(struct rival *r); /* sets the first events */
    void (*event)(struct rival *r, unsigned cpu);
    uint64_t (*read)(const struct rival *r, unsigned cpu);
};

/* The table's rows; ends with NULL. */
extern const struct rival_kind *const rival_kinds[];

struct rival *rival_new(const struct rival_kind *kind, const struct rival_world *world, unsigned cpus);
void rival_free(struct rival *r);
const char *rival_name(const struct rival *r);

/* When the next event is due and on which CPU; RIVAL_NEVER: none. */
uint64_t rival_next_ns(const struct rival *r, unsigned *cpu);
void rival_event(struct rival *r, unsigned cpu);
/* This CPU stands still: its next event comes then, at the earliest (RIVAL_NEVER: it does not). */
void rival_postpone(struct rival *r, unsigned cpu, uint64_t until_ns);

/*
 * Guest's ns since the start: 0 then, were the clock perfect. A CPU without a clock yet: rival_reads() is
 * false.
 */
uint64_t rival_read(const struct rival *r, unsigned cpu);
bool rival_reads(const struct rival *r, unsigned cpu);

#endif
