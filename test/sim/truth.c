/* What truly is: TSCs and the reference, whatever the keeper takes them for. */
#include "negative.h"
#include "oracle.h"
#include "promises.h"

#include <math.h>

#define COUNT_BASE_NS 4e9L /* the count at the beginning: none of the keeper's business */

uint64_t tsc_of(unsigned cpu)
{
    struct sim_cpu *c = &world.cpus[cpu];

    if (c->frozen)
        return c->frozen_tsc;
    return world.m.tsc_base + (uint64_t)(c->extra + c->jumped) +
           (uint64_t)crystal_ticks(c->crystal, world.now_ns);
}

bool asleep(unsigned cpu)
{
    return world.now_ns < world.cpus[cpu].asleep_until;
}

/* The last does not answer at start-up. */
bool takes_part(unsigned cpu)
{
    return !world.m.unmeasured || cpu != world.m.cpus - 1;
}

long double true_skew_ns(void)
{
    int64_t least = INT64_MAX, most = INT64_MIN, offset;

    for (unsigned i = 0; i < world.m.cpus; i++) {
        offset = world.cpus[i].extra + world.cpus[i].jumped;
        if (!takes_part(i))
            continue;
        least = offset < least ? offset : least;
        most = offset > most ? offset : most;
    }
    return (long double)(most - least) / world.m.hz * 1e9L;
}

static long double shift_now(void)
{
    const struct sim_reference *ref = &world.ref;

    return ref->shift_ns + ref->rate * (world.now_ns - ref->from_ns);
}

static long double count_ns(void)
{
    return world.now_ns + shift_now() + COUNT_BASE_NS;
}

long double true_ref(void)
{
    return world.now_ns + shift_now() + world.m.ref_base_ns - world.origin_ns;
}

long double wrap_ns(void)
{
    return ldexpl(1, (int)world.m.ref.bits) * world.m.ref.num / world.m.ref.den;
}

long double injected_ns(unsigned cpu)
{
    const struct sim_cpu *c = &world.cpus[cpu];
    int64_t ticks = c->jumped;

    if (c->frozen)
        ticks += (int64_t)(c->frozen_tsc - world.m.tsc_base - (uint64_t)(c->extra + c->jumped) -
                           (uint64_t)crystal_ticks(c->crystal, world.now_ns));
    return shift_now() - (long double)ticks / c->crystal->hz * 1e9L;
}

/* A reference that is set back stands at 0 at least. */
void reference_shift(long double ns)
{
    ns = larger(ns, -0.999L * count_ns());
    world.ref.shift_ns += ns;
}

void reference_rate(long double rate, long double until_ns)
{
    world.ref.shift_ns = shift_now();
    world.ref.from_ns = world.now_ns;
    world.ref.rate = rate;
    world.ref.until_ns = until_ns;
    promises_rate_changes();
}

/* ---- Readings ---- */

/* The counts that were read, unmasked: one of the first is the keeper's origin. */
static uint64_t last_counts[256];
static unsigned count_index;

/* The count as it stands. */
uint64_t true_count(void)
{
    return (uint64_t)(count_ns() * world.m.ref.den / world.m.ref.num);
}

uint64_t low_bits(uint64_t count)
{
    return world.m.ref.bits < 64 ? count & ((1ull << world.m.ref.bits) - 1) : count;
}

/* To the moment at which the next count begins; false: the counter stands still. */
static bool pass_to_edge(void)
{
    long double next = ((long double)true_count() + 1) * world.m.ref.num / world.m.ref.den;

    if (world.ref.rate <= -1)
        return false;
    /* A little past it: a count of a year's ns has no finer places. */
    pass(larger((next - count_ns()) / (1 + world.ref.rate), 0) + 0.05L);
    return true;
}

void reference_begins(void)
{
    for (unsigned i = count_index; i-- > 0;) {
        if (low_bits(last_counts[i % 256]) != keeper.tie.origin)
            continue;
        world.origin_ns =
            (long double)last_counts[i % 256] * world.m.ref.num / world.m.ref.den - COUNT_BASE_NS;
        return;
    }
    PROMISE(false, "the origin is none of the counts read\n");
}

/* A reference that lies says any time within a day or so. */
static uint64_t count_or_lie(struct true_reading *truth)
{
    uint64_t count = true_count();

    truth->injected_ns = injected_ns(world.cpu);
    if (world.now_ns >= world.ref.lies_until)
        return count;
    world.ref.lie_ns = log_between(2e7L, 1e14L);
    truth->injected_ns += world.ref.lie_ns;
    return count + (uint64_t)(world.ref.lie_ns * world.m.ref.den / world.m.ref.num);
}

/* BIAS_FIRST, BIAS_LAST, or neither, for this reading. */
static enum bias bias_now(void)
{
    if (world.ref.rate != 0 || world.m.bias < BIAS_BY_CPU)
        return world.ref.rate != 0 ? BIAS_NONE : world.m.bias;
    return (world.m.bias == BIAS_BY_CPU ? world.cpu : (uint64_t)(world.now_ns / 37e9L)) % 2 ? BIAS_FIRST
                                                                                            : BIAS_LAST;
}

/*
 * From the TSC that is read before the count to the instant of the count: nobody comes in who would move
 * it.
 */
static void lead_in(struct reference_reading *out, enum bias bias, long double *access_ns)
{
    void (*between)(void) = world.between;
    long double first = *access_ns > 0 ? part(1) : 0;

    world.between = NULL;
    if (bias == BIAS_FIRST && pass_to_edge())
        time_goes_on(world.now_ns + (world.m.edge ? 0.95L : 0.999L) * world.m.ref.num / world.m.ref.den);
    out->tsc_lo = bias == BIAS_FIRST ? tsc_of(world.cpu) : rdtsc_ordered();
    world.between = bias == BIAS_NONE ? between : NULL;
    if (bias != BIAS_FIRST)
        spend();
    if (*access_ns > 0)
        pass(*access_ns * first);
    *access_ns *= 1 - first;
    out->edge = world.m.edge && (bias != BIAS_NONE || below(8) != 0) && pass_to_edge();
    if (bias == BIAS_LAST && !out->edge)
        pass_to_edge();
    world.between = between;
}

static void read_once(struct reference_reading *out, struct true_reading *truth)
{
    enum bias bias = bias_now();
    long double access_ns = world.m.read_ns;

    truth->from_ns = world.now_ns;
    lead_in(out, bias, &access_ns);
    last_counts[count_index++ % 256] = count_or_lie(truth);
    out->count = low_bits(last_counts[(count_index - 1) % 256]);
    if (bias != BIAS_LAST)
        spend();
    if (access_ns > 0)
        pass(access_ns);
    out->tsc_hi = bias == BIAS_LAST ? tsc_of(world.cpu) : rdtsc_ordered();
    truth->width_ns = world.now_ns - truth->from_ns;
    negative_reading(world.cpu);
}

/* The tightest of eight; but where the host holds up one it often holds up all. */
static void read_well(struct reference_reading *out, struct true_reading *truth)
{
    unsigned tries = world.between && below(4) == 0 ? 1 : 8;
    struct reference_reading reading;
    struct true_reading as_it_was;

    truth->width_ns = NEVER;
    while (tries-- > 0 && truth->width_ns > 1e4L + 2 * world.m.read_ns) {
        read_once(&reading, &as_it_was);
        if (as_it_was.width_ns >= truth->width_ns)
            continue;
        as_it_was.count = last_counts[(count_index - 1) % 256];
        *truth = as_it_was;
        *out = reading;
    }
}

bool reference_read(const struct reference *ref, struct reference_reading *out)
{
    struct true_reading *truth = &world.cpus[world.cpu].reading;

    (void)ref;
    if (!clock_of(world.cpu)->look.again)
        promises_look_begins(world.cpu);
    if (below(100) == 0 || world.now_ns < world.ref.dead_until) {
        fault_met(FAULT_READING_FAILS);
        return false;
    }
    read_well(out, truth);
    truth->taken = true;
    oracle_reading(world.cpu, out, truth->count);
    if (truth->width_ns > 1e4L + 2 * world.m.read_ns)
        fault_met(truth->width_ns > 1e6L ? FAULT_HOST_STALL : FAULT_SMI);
    return true;
}

static struct reference the_reference = {.name = "sim"};

/* There is one timer only. */
bool reference_glance(const struct reference *ref, struct reference_reading *out)
{
    (void)ref;
    (void)out;
    return false;
}

uint64_t reference_misreads(void)
{
    return 0;
}

const struct reference *reference_get(unsigned i)
{
    the_reference.bits = world.m.ref.bits;
    the_reference.period_num = world.m.ref.num;
    the_reference.period_den = world.m.ref.den;
    return i == 0 ? &the_reference : NULL;
}

void reference_wait_us(uint32_t us)
{
    pass(us * 1000.0L);
}
