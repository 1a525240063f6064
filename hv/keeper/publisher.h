/* What VCPUs are told, and the records in which they find it. All with the keeper's lock. */
#ifndef KEEPER_PUBLISHER_H
#define KEEPER_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "keeper.h"
#include "keeper/latch.h"
#include "time/estimate.h"
#include "time/hindsight.h"
#include "time/publish.h"
#include "time/timeline.h"

/* A line of system time, as VCPUs are told it, and as this hypervisor reads it. */
struct told {
    struct timeline timeline;
    struct published published;  /* what it last said */
    struct latch latch;          /* its line; read without the lock */
    struct told_history history; /* what was said lately */
};

/*
 * Per-CPU mode: all CPUs' lines are tied to R by one anchor, or they would not meet after a disruption. Each
 * CPU says by how much its S is ahead of R, once in a generation. When all have, they have settled on the
 * most.
 */
struct anchors {
    uint32_t generation;         /* counts how often they had to be made one */
    uint32_t settled_generation; /* the last in which all had said what they need */
    int64_t ns;                  /* of this generation: the most so far */
};

/*
 * How far a publish for all has come, for the CPU that takes over from one that died in it (take_over.c).
 * `before` is what readers were told until then.
 */
enum unfinished_step {
    UNFINISHED_NONE,
    UNFINISHED_BEGUN,
    UNFINISHED_WHOLE,
    UNFINISHED_ENTERING,
    UNFINISHED_LEAVING
};
struct unfinished {
    uint32_t step;
    struct told before;
};

struct cpu_clock;

/*
 * What all measured CPUs know of R when the TSC is `tsc`. They do not agree until each has looked since the
 * last disruption.
 */
struct consensus publish_gather(uint64_t tsc);
/* Unified mode: the next line, into all records at once. */
void publish_unified(void);
/* The same, but the line begins as the highest of all CPUs' own. */
void publish_enter_unified(void);
/* The same line, without its mark, as every CPU's own. */
void publish_leave_unified(void);
/* Writes all records anew, after a publisher died in the middle of them; the mode goes on. */
void publish_again(void);
/* Per-CPU mode: this CPU's next line. `joint` is a value of that CPU's TSC. */
void publish_own(struct cpu_clock *clock, unsigned cpu, uint64_t joint);
/* After a disruption: from now on the CPUs' anchors are asked for anew. */
void publish_forget_anchors(void);
/* Returns what VCPUs on `cpu` were last told. */
const struct published *published_for(unsigned cpu);

/* records.c. What is new: the line, which is in every record, or the wall time, which is not in Xen's. */
enum news { NEWS_LINE = 1, NEWS_WALL = 2, NEWS_BOTH = NEWS_LINE | NEWS_WALL };

/* Marks all records odd that the news concern: each VCPU's, then the common one, then Xen's wall clock. */
void records_begin(enum news news);
/* Fills them. `data` NULL: each record says what VCPUs on its CPU were last told. */
void records_fill(enum news news, const struct published *data);
/* Marks them even again, in the opposite order. */
void records_end(enum news news);
/* Works out anew what is said of the wall time, on every line. */
void records_say_wall(void);
/* Moves all versions on, past what a publisher that died may have left in the records. */
void records_skip(void);
/* Writes one VCPU's own records, whole; no VCPU of another CPU reads them. */
void records_write_vcpu(struct time_vcpu *vcpu, const struct published *data);
/* Writes all records of one domain, whole. */
void records_write_domain(struct time_domain *domain);

#endif
