/* The named worlds: one of each kind of machine, and what went wrong on each once. */
#include "world.h"

#define S SECOND
#define PIT            \
    {                  \
        88000, 105, 16 \
    }
#define PM             \
    {                  \
        88000, 315, 24 \
    }
#define QUIET     .late_ns = 20000, .stall_ns = 3000
#define BUSY      .late_ns = 3 * S, .stall_ns = 3e6L
#define LATE_ONLY .late_ns = 3 * S
#define USUAL     .wander = 10, .hz = 3e9L, .length_ns = 30 * S
#define OWN       .own_crystals = true
#define YEAR      (3.15e7L * S)
#define SLIPS     .slip_ns = 6000
#define EDGE      .edge = true

/* One fault at that time, on that CPU; sizes in s. */
#define ONE(what, at, cpu, size) .plan = {{FAULT_##what, (at)*S, (size), (cpu)}}
#define TWO(what, at, cpu, size, what2, at2, size2) \
    .plan = {{FAULT_##what, (at)*S, (size), (cpu)}, {FAULT_##what2, (at2)*S, (size2), 0}}
#define FOR_EVER     1e12L
#define STOPS        ONE(CPU_STOPS, 5, 1, FOR_EVER)
#define COMES_BACK   ONE(CPU_STOPS, 5, 1, 9)
#define STOPS_THEN   TWO(CPU_STOPS, 1, 1, FOR_EVER, REFERENCE_AHEAD, 4, 1e-2L)
#define REF_AHEAD(s) ONE(REFERENCE_AHEAD, 10.1L, 0, s)
#define REF_BACK(s)  ONE(REFERENCE_BACK, 10.1L, 0, s)
#define TSC_AHEAD(s) ONE(TSC_AHEAD, 10.1L, 1, s)

/* Where USUAL and another initialiser give a member twice, the later one is meant. */
#pragma GCC diagnostic ignored "-Woverride-init"

const struct scene worlds[] = {
    {"in step, quiet", .cpus = 4, USUAL, QUIET, .skew_ticks = 50},
    {"in step, busy", .cpus = 4, USUAL, BUSY, .skew_ticks = 50},
    {"in step, one CPU, PIT", .cpus = 1, USUAL, BUSY, .ref = PIT, EDGE},
    {"in step, sixteen CPUs", .cpus = 16, USUAL, BUSY, .skew_ticks = 1000, .length_ns = 15 * S},
    {"in step, PIT without edges", .cpus = 3, USUAL, BUSY, .ref = PIT},
    {"in step, PM timer", .cpus = 3, USUAL, BUSY, .ref = PM, EDGE},
    {"in step, wild crystal", .cpus = 4, USUAL, QUIET, .wander = 100000},
    {"in step, wild and busy", .cpus = 4, USUAL, BUSY, .wander = 10000},
    {"in step, a slow sine", .cpus = 4, USUAL, QUIET, .sine = true, .hz = 2999999997.0L, .wander = 1000},
    {"in step, then not", .cpus = 4, USUAL, BUSY, .skew_ticks = 90, ONE(LEAVE, 11.13L, 0, 0)},
    {"in step, per-CPU by wish", .cpus = 4, USUAL, BUSY, .mode = CLOCKMODE_PERCPU},
    {"own crystals, quiet", .cpus = 4, OWN, USUAL, QUIET},
    {"own crystals, 200 ppm apart", .cpus = 4, OWN, USUAL, QUIET, .apart_ppm = 200},
    {"own crystals, busy", .cpus = 8, OWN, USUAL, BUSY, .wander = 1000},
    {"own crystals, PIT, busy", .cpus = 4, OWN, USUAL, BUSY, .ref = PIT, EDGE},
    {"huge TSC, a year on", .cpus = 4, USUAL, BUSY, .tsc_base = 0xfull << 60, .ref_base_ns = YEAR},
    {"PIT, a year on", .cpus = 4, OWN, USUAL, BUSY, .ref = PIT, .tsc_base = 1ull << 62, .ref_base_ns = YEAR},
    {"slow TSC", .cpus = 2, USUAL, QUIET, .hz = 3e7L},
    {"fast TSC", .cpus = 2, USUAL, QUIET, .hz = 1.55e10L},
    {"PIT, stalls beyond its wrap", .cpus = 3, OWN, USUAL, LATE_ONLY, .stall_ns = 1.2e8L, .ref = PIT},
    {"PM timer, stalls of seconds", .cpus = 3, USUAL, LATE_ONLY, .stall_ns = 4e9L, .ref = PM},
    {"a TSC that slips", .cpus = 4, USUAL, QUIET, SLIPS},
    {"a TSC that slips, PIT", .cpus = 4, USUAL, QUIET, .ref = PIT, EDGE, SLIPS},
    {"a CPU is left out", .cpus = 4, USUAL, QUIET, .unmeasured = true, .length_ns = 10 * S},
    {"a CPU stops", .cpus = 4, USUAL, QUIET, .skew_ticks = 50, STOPS},
    {"a CPU stops, own crystals", .cpus = 4, OWN, USUAL, QUIET, STOPS},
    {"a CPU stops, then the reference jumps", .cpus = 4, USUAL, QUIET, STOPS_THEN},
    {"a CPU stops, reference jumps, own crystals", .cpus = 4, OWN, USUAL, QUIET, STOPS_THEN},
    {"a CPU comes back", .cpus = 4, USUAL, QUIET, .skew_ticks = 50, COMES_BACK},
    {"a CPU comes back, wild crystal", .cpus = 4, USUAL, QUIET, .wander = 10000, COMES_BACK},
    {"a CPU comes back, PIT", .cpus = 4, OWN, USUAL, QUIET, .ref = PIT, EDGE, COMES_BACK},
    {"reference jumps", .cpus = 4, USUAL, QUIET, REF_AHEAD(1e-2L)},
    {"reference goes back", .cpus = 4, USUAL, BUSY, REF_BACK(1e-3L)},
    {"reference is reset", .cpus = 3, USUAL, BUSY, REF_BACK(11)},
    {"reference jumps, own crystals", .cpus = 4, OWN, USUAL, QUIET, REF_AHEAD(1e-2L)},
    {"reference leaps a year", .cpus = 3, OWN, USUAL, BUSY, REF_AHEAD(3.15e7L)},
    {"a TSC jumps 2 s", .cpus = 4, USUAL, QUIET, TSC_AHEAD(2)},
    {"a TSC of its own jumps 2 s", .cpus = 4, OWN, USUAL, QUIET, TSC_AHEAD(2)},
    {"a TSC jumps 2000 s", .cpus = 3, OWN, USUAL, QUIET, TSC_AHEAD(2000)},
    {"a TSC jumps 60 years", .cpus = 3, OWN, USUAL, QUIET, TSC_AHEAD(2e9L)},
};

const unsigned world_count = sizeof worlds / sizeof worlds[0];
