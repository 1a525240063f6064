/*
 * What the models share: when a CPU's next event is due, a counter that never wraps, and others' scale of TSC
 * ticks to ns in its usual form, ns = ((ticks << shift) * mul) >> 32.
 */
#ifndef RIVAL_MODEL_H
#define RIVAL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "rival.h"

#define RIVAL_CPUS 256u
#define SECOND_NS  1000000000ull

struct rival {
    const struct rival_kind *kind;
    const struct rival_world *world;
    unsigned cpus;
    uint64_t start_ns;
    /* The reference, widened. */
    uint64_t count, count_at_ns;
    /* One event a CPU. */
    uint64_t due_ns[RIVAL_CPUS];
    uint8_t what[RIVAL_CPUS];
    bool ready[RIVAL_CPUS];
    uint64_t first_ns;
    unsigned first_cpu;
    void *state; /* kind->bytes */
};

struct rival_scale {
    uint32_t mul;
    int shift;
};

uint64_t rival_now_ns(const struct rival *r);
uint64_t rival_tsc(const struct rival *r, unsigned cpu);
uint64_t rival_delay(const struct rival *r, enum rival_delay what, unsigned cpu);

/* `cpu` has its event `what` so many ns from now. */
void rival_after(struct rival *r, unsigned cpu, uint64_t ns, unsigned what);

/*
 * The reference's count, with all its wraps: a driver that loses none. (Xen widens a 16-bit PIT in an
 * interrupt, and loses 54.9 ms when that comes late; these models do not, which is kinder to them.)
 */
uint64_t rival_count(struct rival *r);
/* Its frequency, rounded to whole Hz as drivers have it: 1193182, 3579545, ... */
uint64_t rival_count_hz(const struct rival *r);

/* mul in 2^31..2^32: Xen's set_time_scale(), KVM's kvm_get_time_scale(). */
struct rival_scale rival_scale_of(uint64_t hz);
/* In 64 bits as readers do it: a negative number of ticks is a huge one. */
uint64_t rival_scaled(struct rival_scale scale, uint64_t ticks);
/* a * b / c without overflow, for quotients below 2^63. */
uint64_t rival_muldiv(uint64_t a, uint64_t b, uint64_t c);

extern const struct rival_kind rival_seed, rival_xen_constant, rival_xen_stepped, rival_xen_clamped,
    rival_kvm, rival_linux_ntpd, rival_linux_chrony;

#endif
