#include "rival_plain.h"

#include <string.h>

static struct plain *plain_of(void *self)
{
    return self;
}

static uint64_t now(void *self)
{
    return plain_of(self)->now_ns;
}

static uint64_t tsc(void *self, unsigned cpu)
{
    const struct plain *p = plain_of(self);

    return p->offset[cpu] + rival_muldiv(p->now_ns, p->hz[cpu], SECOND_NS);
}

static uint64_t count(void *self)
{
    const struct plain *p = plain_of(self);
    uint64_t all = rival_muldiv(p->now_ns, p->world.ref_den, p->world.ref_num);

    return p->world.ref_bits < 64 ? all & ((1ull << p->world.ref_bits) - 1) : all;
}

static uint64_t delay(void *self, enum rival_delay what, unsigned cpu)
{
    struct plain *p = plain_of(self);

    (void)cpu;
    if (what == RIVAL_DELAY_READ && p->reads_set)
        return p->read_ns[p->reads++ % p->reads_set];
    return p->delay_ns[what];
}

void plain_init(struct plain *p, uint64_t hz)
{
    memset(p, 0, sizeof(*p));
    p->world = (struct rival_world){.self = p,
                                    .now_ns = now,
                                    .tsc = tsc,
                                    .count = count,
                                    .delay_ns = delay,
                                    .ref_num = 10,
                                    .ref_den = 1,
                                    .ref_bits = 64};
    for (unsigned cpu = 0; cpu < RIVAL_CPUS; cpu++)
        p->hz[cpu] = hz;
}

void plain_run(struct plain *p, struct rival *r, uint64_t until_ns)
{
    unsigned cpu;
    uint64_t at_ns;

    while ((at_ns = rival_next_ns(r, &cpu)) <= until_ns) {
        p->now_ns = at_ns > p->now_ns ? at_ns : p->now_ns;
        rival_event(r, cpu);
    }
    p->now_ns = until_ns;
}
