/* Which fault comes next, and how large it is: each kind once before any comes again. */
#include "faults.h"

#include <math.h>

#include "promises.h"

/* Sizes are in s, and as likely small as large. Kinds that are not here come by themselves. */
static const struct kind {
    long double least, most;
    bool drawn;
    bool jump;  /* of the TSC or the reference: it can be seen only if it is beyond what is known */
    bool small; /* as often it is a step of 10 ns to 100 us, whatever is known */
} kinds[FAULTS] = {
    [FAULT_CPU_STOPS] = {1e-3L, 180, true, false, false},
    [FAULT_MACHINE_STOPS] = {1e-3L, 100, true, false, false},
    [FAULT_VCPU_MOVES] = {1, 1, true, false, false},
    [FAULT_WALL_SET] = {1, 1, true, false, false},
    [FAULT_REFERENCE_DEAD] = {0.5L, 60, true, false, false},
    [FAULT_TSC_AHEAD] = {1e-4L, 2e9L, true, true, true},
    [FAULT_TSC_BACK_LITTLE] = {1e-4L, 1, true, true, true},
    [FAULT_TSC_BACK_FAR] = {1, 1e9L, true, true, false},
    [FAULT_TSC_FREEZES] = {1e-2L, 20, true, true, false},
    [FAULT_TSC_MENDED] = {1, 1, true, false, false},
    [FAULT_ALL_TSC_AHEAD] = {1e-4L, 1e8L, true, true, true},
    [FAULT_ALL_TSC_BACK] = {1e-4L, 1e8L, true, true, true},
    [FAULT_REFERENCE_AHEAD] = {1e-4L, 3e7L, true, true, true},
    [FAULT_REFERENCE_BACK] = {1e-4L, 1e4L, true, true, true},
    [FAULT_REFERENCE_FREEZES] = {0.3L, 20, true, false, false},
    [FAULT_REFERENCE_RATE] = {1, 20, true, false, false},
    [FAULT_REFERENCE_LIES] = {0.5L, 5, true, false, false},
};

/* No TSC of a real machine goes below 0, or comes round. */
static long double room_s(enum fault what, unsigned cpu)
{
    bool back = what == FAULT_TSC_BACK_LITTLE || what == FAULT_TSC_BACK_FAR || what == FAULT_ALL_TSC_BACK;
    bool all = what == FAULT_ALL_TSC_AHEAD || what == FAULT_ALL_TSC_BACK;
    uint64_t least = UINT64_MAX, room;

    for (unsigned i = 0; i < world.m.cpus; i++) {
        room = back ? tsc_of(i) : ~tsc_of(i) / 4; /* a reader takes more than 2^63 ticks for less than none */
        if ((all || i == cpu) && room < least)
            least = room;
    }
    return least * 0.9L / world.m.hz;
}

#define STEP_LEAST_S 1e-8L
#define STEP_MOST_S  1e-4L

/* A large jump is well beyond the bound, and not near a whole wrap of a narrow counter: it must be seen. */
static long double jump_s(enum fault what, unsigned cpu)
{
    const struct kind *kind = &kinds[what];
    long double most = what >= FAULT_REFERENCE_AHEAD ? kind->most : smaller(kind->most, room_s(what, cpu));
    long double bound_ns = promises_bound_ns(cpu), wrap = wrap_ns() * 1e-9L, s, beyond;
    long double least =
        bound_ns >= NEVER ? 0.1L : larger(kind->least, 10e-9L * bound_ns + world.m.stall_ns * 1e-8L);

    for (unsigned tries = 0; tries < 100; tries++) {
        s = log_between(smaller(least, most), most);
        beyond = fabsl(s - roundl(s / wrap) * wrap);
        if (beyond > smaller(least, wrap / 8))
            break;
    }
    return s;
}

static void shuffle(void)
{
    world.cards = 0;
    for (unsigned i = 0; i < FAULTS; i++) {
        if (kinds[i].drawn)
            world.deck[world.cards++] = (enum fault)i;
    }
    for (unsigned i = world.cards; i > 1; i--) {
        unsigned other = (unsigned)below(i);
        enum fault kept = world.deck[i - 1];

        world.deck[i - 1] = world.deck[other];
        world.deck[other] = kept;
    }
}

void fault_draw_one(enum fault what, unsigned cpu, bool step)
{
    long double size;

    if (step)
        size = log_between(STEP_LEAST_S, STEP_MOST_S);
    else if (kinds[what].jump)
        size = jump_s(what, cpu);
    else
        size = log_between(kinds[what].least, kinds[what].most);
    fault_do(what, cpu, size);
}

void fault_draw(void)
{
    unsigned cpu = (unsigned)below(world.m.cpus);
    enum fault what;

    if (world.cards == 0)
        shuffle();
    what = world.deck[--world.cards];
    fault_draw_one(what, cpu, kinds[what].small && below(2));
}
