/* What VCPUs are told, and the records in which they find it. All with the keeper's lock. */
#ifndef KEEPER_PUBLISHER_H
#define KEEPER_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "keeper.h"
#include "time/estimate.h"
#include "time/publish.h"
#include "time/timeline.h"

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
/* Per-CPU mode: this CPU's next line. `joint` is a value of that CPU's TSC. */
void publish_own(struct cpu_clock *clock, unsigned cpu, uint64_t joint);
/* After a disruption: from now on the CPUs' anchors are asked for anew. */
void publish_forget_anchors(void);
/* Returns what VCPUs on `cpu` were last told. */
const struct published *published_for(unsigned cpu);

/* records.c */
void begin_vcpu(const struct time_vcpu *vcpu);
void fill_vcpu(const struct time_vcpu *vcpu, const struct published *data);
void end_vcpu(struct time_vcpu *vcpu);
void begin_all(struct time_domain *domain);
void fill_all(struct time_domain *domain, const struct published *data);
void end_all(struct time_domain *domain);
void write_whole(struct time_vcpu *vcpu);
void begin_wall(const struct time_domain *domain);
void fill_wall(const struct time_domain *domain);
void end_wall(struct time_domain *domain);
void begin_all_walls(const struct time_domain *domain);
void fill_all_walls(const struct time_domain *domain);
void end_all_walls(struct time_domain *domain);

#endif
