/* The table: machines on which nothing is written to a TSC, and what each method makes of them. */
#include <stdio.h>

#include "beside.h"
#include "sim.h"
#include "world.h"

#define S SECOND

static const struct scene scenes[] = {
    {"four CPUs in step, HPET, quiet", .cpus = 4, .wander = 10, .hz = 2999999523.0L, .late_ns = 20000,
     .stall_ns = 3000, .length_ns = 600 * S, .read_gap_ns = 3e6L},
    {"the same, timers late by up to 10 ms, host stalls of up to 0.3 ms", .cpus = 4, .wander = 10,
     .hz = 2999999523.0L, .late_ns = 1e7L, .stall_ns = 3e5L, .length_ns = 600 * S, .read_gap_ns = 3e6L},
    {"the same, PIT, and a crystal that wanders by 0.1 ppm/s", .cpus = 4, .wander = 100, .hz = 2596000400.0L,
     .late_ns = 20000, .stall_ns = 3000, .ref = {88000, 105, 16}, .edge = true, .length_ns = 600 * S,
     .read_gap_ns = 3e6L},
    {"four CPUs with crystals of their own, 20 ppm apart", .cpus = 4, .own_crystals = true, .apart_ppm = 20,
     .wander = 10, .hz = 2999999523.0L, .late_ns = 20000, .stall_ns = 3000, .length_ns = 600 * S,
     .read_gap_ns = 3e6L},
};

bool table_run(const struct wish *wish)
{
    bool kept = true;

    beside_wanted(true);
    for (unsigned i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        struct scene scene = scenes[i];

        scene.seed = wish->seed;
        kept = run(&scene) && kept;
        beside_print(scene.name);
    }
    beside_wanted(false);
    return kept;
}
