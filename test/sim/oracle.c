#include "oracle.h"

#include "time/fixed.h"

#define ORACLE_CPUS 4u
#define KEPT        4u   /* outlooks of one CPU; a record has the newest from before its joint */
#define ROUNDING_NS 4    /* as the timeline has it: its own 3, and the tick that the TSC stands for */
#define FRESH_NS    1e9L /* past this age a reader lets every bound grow by STALE more */
#define STALE       1e-4L

/* One record, as the oracle publishes it. */
struct page {
    uint64_t joint;
    long double ns, per_ns; /* NEVER: unknown */
};

static struct {
    struct estimate estimate;
    struct outlook outlook[KEPT];
    unsigned count;
} oracles[ORACLE_CPUS];
static struct page pages[ORACLE_CPUS + 1]; /* the last: the one for all */
static uint64_t origin;
static int64_t phase;
static bool running;

void oracle_begin(uint32_t wander_ppb_s, long double phase_ns)
{
    struct crystal crystal = {.wander_ppb_s = wander_ppb_s};
    struct tsc_scale nominal;

    running = world.m.row && world.m.cpus <= ORACLE_CPUS && scale_from_hz((uint64_t)world.m.hz, &nominal);
    origin = 0;
    phase = (int64_t)phase_ns;
    for (unsigned i = 0; i < ORACLE_CPUS && running; i++) {
        estimate_init(&oracles[i].estimate, nominal, crystal);
        oracles[i].count = 0;
    }
    for (unsigned i = 0; i <= ORACLE_CPUS; i++)
        pages[i] = (struct page){0};
}

void oracle_reading(unsigned cpu, const struct reference_reading *reading, uint64_t count)
{
    struct counter counter = {world.m.ref.num, world.m.ref.den, 64};
    struct bracket bracket;

    if (!running)
        return;
    if (!origin)
        origin = count;
    bracket = bracket_from_count(&counter, origin, count, reading->edge, reading->tsc_lo, reading->tsc_hi);
    bracket.ref_lo_ns -= phase;
    bracket.ref_hi_ns += phase;
    estimate_add(&oracles[cpu].estimate, &bracket, &oracles[cpu].outlook[oracles[cpu].count++ % KEPT]);
}

/* What this CPU knew at the joint; NULL: nothing. */
static const struct outlook *known_at(unsigned cpu, uint64_t joint)
{
    for (unsigned i = 1; i <= oracles[cpu].count && i <= KEPT; i++) {
        const struct outlook *outlook = &oracles[cpu].outlook[(oracles[cpu].count - i) % KEPT];

        if (outlook->tsc <= joint)
            return outlook;
    }
    return NULL;
}

/* S is exactly in the middle of what all allow, and goes at the middle of their rates. */
static struct page publish(const struct sim_read *r, uint64_t joint)
{
    unsigned first = r->stable ? 0 : r->cpu, end = r->stable ? world.m.cpus : r->cpu + 1;
    struct page page = {joint, NEVER, 0};
    struct consensus all;

    consensus_start(&all);
    for (unsigned i = first; i < end; i++) {
        const struct outlook *outlook = known_at(i, joint);

        if (!outlook)
            return page;
        consensus_join(&all, outlook, joint, 0);
    }
    if (!all.agree)
        return page;
    page.ns = (long double)(all.value_hull.hi - all.value_hull.lo) / 2 + ROUNDING_NS;
    page.per_ns = (long double)(all.rate_hull.hi - all.rate_hull.lo) / 2 / Q32_ONE + all.wander_ppb_s / 2e9L;
    return page;
}

long double oracle_bound_ns(const struct sim_read *r)
{
    struct page *page = &pages[r->stable ? ORACLE_CPUS : r->cpu];

    if (!running)
        return NEVER;
    if (page->joint != r->joint)
        *page = publish(r, r->joint);
    if (page->ns >= NEVER)
        return NEVER;
    return page->ns + page->per_ns * r->age_ns + STALE * larger(0, r->age_ns - FRESH_NS);
}
