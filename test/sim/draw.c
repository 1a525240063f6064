/* Machines drawn from a seed. */
#include "world.h"

#include <math.h>

static const struct counter references[] = {
    {10000000, 1000000, 64}, {69841279, 1000000, 64}, {40000000, 1000000, 32},
    {88000, 315, 24},        {88000, 315, 32},        {88000, 105, 16},
};

#define REFERENCES (sizeof references / sizeof references[0])

/*
 * Most have few CPUs; their work goes with the number of CPUs, and so the more there are the shorter is the
 * run.
 */
static unsigned draw_cpus(void)
{
    static const unsigned many[] = {63, 64, 65, 128, 254, 255, 256};
    uint64_t luck = below(100);

    if (luck < 20)
        return 1;
    if (luck < 75)
        return 2 + (unsigned)below(3);
    if (luck < 90)
        return 5 + (unsigned)below(4);
    if (luck < 97)
        return 9 + (unsigned)below(24);
    return many[below(sizeof many / sizeof many[0])];
}

static void draw_noise(struct scene *m)
{
    static const uint32_t wanders[] = {10, 10, 10, 10, 1, 100, 1000, 10000, 100000};
    uint64_t luck = below(10);

    m->wander = wanders[below(sizeof wanders / sizeof wanders[0])];
    m->sine = below(3) == 0;
    m->late_ns = luck < 4 ? 20000 : luck < 7 ? 1e7L : luck < 9 ? 3 * SECOND : 7200 * SECOND;
    luck = below(10);
    m->stall_ns = luck < 5 ? 3000 : luck < 8 ? 3e5L : luck < 9 ? 3e6L : 3e8L;
}

struct scene draw_machine(uint64_t seed)
{
    struct scene m = {.name = "a machine drawn", .seed = seed};

    uint64_t skew_ns;

    world.r.state = seed ^ 0x6d616368696e6573ull;
    m.cpus = draw_cpus();
    m.ref = references[below(REFERENCES)];
    m.edge = m.ref.num == 88000 && below(3) != 0;
    m.bias = (enum bias)below(BIASES);
    m.own_crystals = m.cpus > 1 && below(10) < 3;
    m.apart_ppm = below(2) ? 200 : 20;
    skew_ns = below(3) * 8;
    m.deadline = below(3) == 0;
    m.adjust = below(2) == 0;
    m.unmeasured = m.cpus > 1 && below(20) == 0;
    m.mode = below(10) == 0 ? CLOCKMODE_PERCPU : CLOCKMODE_AUTO;
    m.hz = below(8) == 0 ? log_between(3e7L, 1.55e10L) : 1e9L + part(4e9L);
    m.skew_ticks = (uint32_t)(m.hz * 1e-9L * skew_ns);
    m.tsc_base = below(8) == 0 ? 0xfull << 60 : 1ull << (38 + below(14));
    m.ref_base_ns = below(8) == 0 ? part(3.15e16L) : 0;
    draw_noise(&m);
    m.length_ns = m.cpus <= 4 ? 600 * SECOND : 2400 * SECOND / m.cpus;
    m.read_gap_ns = 1e8L;
    m.learns = m.wander <= 10 && below(2); /* as the product does when nothing is asked of it */
    m.fault_gap_ns = m.cpus > 32 ? 4 * SECOND : below(4) == 0 ? 60 * SECOND : 15 * SECOND;
    return m;
}
