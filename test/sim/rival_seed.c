/*
 * The patch of 2005 (seed/xen-per-cpu-time-2005.txt: percpu_ticks, setup_percpu_time, init_xen_time, and
 * the guest's get_full_tsc_offset): every CPU measures its TSC against the PIT by itself, one after
 * another, then runs free in quarter seconds of its own; a guest adds TSC ticks by CPU 0's MHz in 10 bits.
 *
 * What the clock in the table has of its faults: CPU 0 is ahead by the TSC since reset; a CPU starts from
 * the last 10 ms tick; CPUs are measured one by one and never brought together; the guest's scale, 10 bits
 * of CPU 0's rate; unsigned differences. The others are shown in the unit tests, on the same functions: the
 * wall clock's carry, the timers' PIT ticks, indexing, wall time on VCPU 0, the zero shadow, do_settime,
 * frequency 0.
 *
 * Kinder than the source: a guest takes a new record at once, not at its next 10 ms tick.
 */
#include "rival_seed.h"

#define WINDOWS_A_SECOND 20
#define QUARTER_TICKS    25

enum what { BEGIN, BEGIN_TSC, END, END_TSC, TICK };

struct seed {
    uint64_t begin_tsc, begin_late_ns;
    struct seed_info xen[RIVAL_CPUS], record[RIVAL_CPUS];
    struct seed_guest guest;
};

static struct seed *seed_of(const struct rival *r)
{
    return r->state;
}

static void start(struct rival *r)
{
    rival_after(r, 0, 0, BEGIN);
}

static void show(struct rival *r, unsigned cpu)
{
    struct seed *s = seed_of(r);

    seed_update_dom_time(s->record, cpu, &s->xen[cpu]);
    seed_guest_take(&s->guest, cpu, &s->record[cpu]);
    r->ready[cpu] = true;
}

/* A timer is set in Xen's time, and comes when 25 ticks of the PIT have passed. */
static void next_tick(struct rival *r, unsigned cpu)
{
    uint64_t ns = (uint64_t)(QUARTER_TICKS * seed_tick_true_ns());

    rival_after(r, cpu, ns + rival_delay(r, RIVAL_DELAY_TIMER, cpu), TICK);
}

/* The boot CPU's measurement sets all CPUs' defaults, but no stamp; another's sets its own. */
static void measured(struct rival *r, unsigned cpu)
{
    struct seed *s = seed_of(r);
    uint64_t tsc = rival_tsc(r, cpu), freq = (tsc - s->begin_tsc) * WINDOWS_A_SECOND;
    uint64_t stime_irq = seed_stime(rival_now_ns(r) - r->start_ns);

    if (cpu == 0) {
        seed_init_time(s->xen, r->cpus, 0, stime_irq, freq);
        s->guest.scale = seed_cycle_scale(freq);
    } else {
        seed_setup_percpu(&s->xen[cpu], freq, tsc, stime_irq);
    }
    show(r, cpu);
    if (cpu + 1 < r->cpus) {
        rival_after(r, cpu + 1, 0, BEGIN);
        return;
    }
    for (unsigned i = 0; i < r->cpus; i++)
        rival_after(r, i, rival_delay(r, RIVAL_DELAY_IPI, i), TICK);
}

static void tick(struct rival *r, unsigned cpu)
{
    if (seed_percpu_ticks(&seed_of(r)->xen[cpu], rival_tsc(r, cpu)) == SEED_ENDLESS)
        return; /* this CPU does nothing else any more */
    show(r, cpu);
    next_tick(r, cpu);
}

static void event(struct rival *r, unsigned cpu)
{
    switch ((enum what)r->what[cpu]) {
    case BEGIN:
        seed_of(r)->begin_late_ns = rival_delay(r, RIVAL_DELAY_READ, cpu);
        rival_after(r, cpu, seed_of(r)->begin_late_ns, BEGIN_TSC);
        break;
    case BEGIN_TSC:
        seed_of(r)->begin_tsc = rival_tsc(r, cpu);
        rival_after(r, cpu, seed_window_true_ns() - seed_of(r)->begin_late_ns, END);
        break;
    case END: rival_after(r, cpu, rival_delay(r, RIVAL_DELAY_READ, cpu), END_TSC); break;
    case END_TSC: measured(r, cpu); break;
    case TICK: tick(r, cpu); break;
    }
}

static uint64_t read(const struct rival *r, unsigned cpu)
{
    return seed_guest_ns(&seed_of(r)->guest, cpu, rival_tsc(r, cpu));
}

const struct rival_kind rival_seed = {
    .name = "seed-2005", .bytes = sizeof(struct seed), .start = start, .event = event, .read = read};
