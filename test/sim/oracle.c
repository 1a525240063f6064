#include "oracle.h"

#define ROUNDING_NS 4 /* as the timeline has it, for S is whole ns to it too */
#define ORACLE_CPUS 4u

static struct {
    struct estimate estimate;
    struct outlook outlook;
    bool known;
} oracles[ORACLE_CPUS];
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
        oracles[i].known = false;
    }
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
    estimate_add(&oracles[cpu].estimate, &bracket, &oracles[cpu].outlook);
    oracles[cpu].known = true;
}

long double oracle_bound_ns(const struct sim_read *r)
{
    struct consensus all;

    if (!running)
        return NEVER;
    consensus_start(&all);
    for (unsigned i = 0; i < world.m.cpus; i++) {
        if (oracles[i].known)
            consensus_join(&all, &oracles[i].outlook, r->tsc, 0);
    }
    if (all.count < world.m.cpus || !all.agree)
        return NEVER;
    return (long double)(all.value_hull.hi - all.value_hull.lo) / 2 + ROUNDING_NS;
}
