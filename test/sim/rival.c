#include "rival.h"

#include <stdlib.h>

#include "rival_model.h"

const struct rival_kind *const rival_kinds[] = {
    &rival_seed,        &rival_xen_constant, &rival_xen_stepped,  &rival_kvm,
    &rival_xen_clamped, &rival_linux_ntpd,   &rival_linux_chrony, NULL};

uint64_t rival_now_ns(const struct rival *r)
{
    return r->world->now_ns(r->world->self);
}

uint64_t rival_tsc(const struct rival *r, unsigned cpu)
{
    return r->world->tsc(r->world->self, cpu);
}

uint64_t rival_delay(const struct rival *r, enum rival_delay what, unsigned cpu)
{
    return r->world->delay_ns(r->world->self, what, cpu);
}

static void find_first(struct rival *r)
{
    r->first_ns = RIVAL_NEVER;
    for (unsigned cpu = 0; cpu < r->cpus; cpu++)
        if (r->due_ns[cpu] < r->first_ns) {
            r->first_ns = r->due_ns[cpu];
            r->first_cpu = cpu;
        }
}

void rival_after(struct rival *r, unsigned cpu, uint64_t ns, unsigned what)
{
    r->due_ns[cpu] = rival_now_ns(r) + ns;
    r->what[cpu] = (uint8_t)what;
    if (r->due_ns[cpu] < r->first_ns) {
        r->first_ns = r->due_ns[cpu];
        r->first_cpu = cpu;
    } else if (r->first_cpu == cpu) {
        find_first(r);
    }
}

struct rival *rival_new(const struct rival_kind *kind, const struct rival_world *world, unsigned cpus)
{
    struct rival *r = calloc(1, sizeof(*r));

    if (!r || cpus > RIVAL_CPUS || !(r->state = calloc(1, kind->bytes)))
        abort();
    r->kind = kind;
    r->world = world;
    r->cpus = cpus;
    r->start_ns = r->count_at_ns = rival_now_ns(r);
    r->count = world->count(world->self);
    r->first_ns = RIVAL_NEVER;
    for (unsigned cpu = 0; cpu < cpus; cpu++)
        r->due_ns[cpu] = RIVAL_NEVER;
    kind->start(r);
    return r;
}

void rival_free(struct rival *r)
{
    if (r)
        free(r->state);
    free(r);
}

const char *rival_name(const struct rival *r)
{
    return r->kind->name;
}

uint64_t rival_next_ns(const struct rival *r, unsigned *cpu)
{
    *cpu = r->first_cpu;
    return r->first_ns;
}

void rival_event(struct rival *r, unsigned cpu)
{
    r->due_ns[cpu] = RIVAL_NEVER;
    find_first(r);
    r->kind->event(r, cpu);
}

void rival_postpone(struct rival *r, unsigned cpu, uint64_t until_ns)
{
    r->due_ns[cpu] = until_ns > r->due_ns[cpu] ? until_ns : r->due_ns[cpu];
    find_first(r);
}

uint64_t rival_read(const struct rival *r, unsigned cpu)
{
    return r->kind->read(r, cpu);
}

bool rival_reads(const struct rival *r, unsigned cpu)
{
    return cpu < r->cpus && r->ready[cpu];
}

/* The count nearest to where it should be by now. */
uint64_t rival_count(struct rival *r)
{
    const struct rival_world *w = r->world;
    uint64_t low = w->count(w->self), now_ns = rival_now_ns(r);

    if (w->ref_bits < 64) {
        uint64_t expected = r->count + rival_muldiv(now_ns - r->count_at_ns, w->ref_den, w->ref_num);
        int64_t off = (int64_t)((low - expected) << (64 - w->ref_bits)) >> (64 - w->ref_bits);

        low = expected + (uint64_t)off;
    }
    r->count = low;
    r->count_at_ns = now_ns;
    return low;
}

uint64_t rival_count_hz(const struct rival *r)
{
    return (r->world->ref_den * SECOND_NS + r->world->ref_num / 2) / r->world->ref_num;
}

/* A TSC that stood still all the time gives 0 Hz, which is where the sources stop in one way or another. */
struct rival_scale rival_scale_of(uint64_t hz)
{
    struct rival_scale s = {0, 0};

    hz += hz == 0;
    for (; hz > 2 * SECOND_NS; hz >>= 1)
        s.shift--;
    for (; hz <= SECOND_NS; hz <<= 1)
        s.shift++;
    s.mul = (uint32_t)((SECOND_NS << 32) / hz);
    return s;
}

uint64_t rival_scaled(struct rival_scale scale, uint64_t ticks)
{
    ticks = scale.shift < 0 ? ticks >> -scale.shift : ticks << scale.shift;
    return (uint64_t)(((unsigned __int128)ticks * scale.mul) >> 32);
}

/* Bit by bit: quotient and remainder of a * b by c, b being taken from its highest bit down. */
uint64_t rival_muldiv(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t whole = a / c, rest = a % c, quotient = 0, left = 0;

    for (int bit = 63; bit >= 0; bit--) {
        quotient <<= 1;
        left <<= 1;
        if (b >> bit & 1)
            left += rest;
        quotient += left / c;
        left %= c;
    }
    return whole * b + quotient;
}
