/* sources: hv/cpu/topology.c hv/cpu/identify.c */
/*
 * Sockets, dies, cores and threads as CPUs of many makes tell them. Widths and ids are those of published
 * dumps; the meaning is the manuals': SDM vol. 2, CPUID 0Bh and 1Fh, and AMD's APM vol. 3, 80000008h and
 * 8000001Eh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/topology.h"

enum { INTEL, AMD };
enum { SMT = 1, CORE = 2, MODULE = 3, DIE = 5 };

struct level {
    unsigned kind, shift, empty; /* empty: EBX is 0, so the level is not there */
};

/* What all CPUs of a machine have in common. */
struct maker {
    int vendor;
    unsigned family, last, extended_last;
    struct level b[9], f[9]; /* leaves 0Bh and 1Fh */
    unsigned logical, alone; /* leaf 1; none, or alone: no HTT */
    unsigned cores;          /* leaf 4; 0: no caches */
    unsigned id_size, count; /* 80000008h */
    unsigned threads, nodes; /* 8000001Eh; 0 threads: TopologyExtensions is not set */
};

static const struct maker *maker;
static uint32_t id, node;

static struct cpuid_result level_of(const struct level *levels, uint32_t subleaf)
{
    struct cpuid_result r = {.ecx = subleaf, .edx = id};

    if (subleaf < 9 && levels[subleaf].kind) {
        r.eax = levels[subleaf].shift;
        r.ebx = !levels[subleaf].empty;
        r.ecx |= levels[subleaf].kind << 8;
    }
    return r;
}

static struct cpuid_result ask(uint32_t leaf, uint32_t subleaf)
{
    const struct maker *m = maker;

    switch (leaf) {
    case 0:
        if (m->vendor == AMD)
            return (struct cpuid_result){m->last, 0x68747541, 0x444d4163, 0x69746e65};
        return (struct cpuid_result){m->last, 0x756e6547, 0x6c65746e, 0x49656e69};
    case 1:
        return (struct cpuid_result){m->family > 15 ? (m->family - 15) << 20 | 0xf00 : m->family << 8,
                                     id << 24 | m->logical << 16, 0, m->logical && !m->alone ? 1u << 28 : 0};
    case 4: return (struct cpuid_result){m->cores ? (m->cores - 1) << 26 | 0x121 : 0, 0, 0, 0};
    case 0xb: return level_of(m->b, subleaf);
    case 0x1f: return level_of(m->f, subleaf);
    case 0x80000000: return (struct cpuid_result){m->extended_last, 0, 0, 0};
    case 0x80000001: return (struct cpuid_result){0, 0, m->threads ? 1u << 22 : 0, 0};
    case 0x80000008: return (struct cpuid_result){0, 0, m->id_size << 12 | (m->count - 1), 0};
    case 0x8000001e: return (struct cpuid_result){id, (m->threads - 1) << 8, (m->nodes - 1) << 8 | node, 0};
    default: return (struct cpuid_result){0};
    }
}

static struct cpu_place place_at(const struct maker *m, uint32_t apic_id)
{
    maker = m;
    id = apic_id;
    return topology_place(ask);
}

static void sits(const struct maker *m, uint32_t apic_id, const char *from, uint32_t socket, uint32_t die,
                 uint32_t core, uint32_t thread)
{
    struct cpu_place place = place_at(m, apic_id);

    assert_string_equal(place.from, from);
    assert_int_equal(place.apic_id, apic_id);
    assert_int_equal(place.socket, socket);
    assert_int_equal(place.die, die);
    assert_int_equal(place.core, core);
    assert_int_equal(place.thread, thread);
}

/* ---- Machines ---- */

/* Two Xeons with 18 cores of two threads: ids of cores have gaps, a socket has 64. */
static void two_xeons(void **state)
{
    static const struct maker m = {INTEL, 6, 0x14, 0x80000008, .b = {{SMT, 1}, {CORE, 6}}, .logical = 64};

    (void)state;
    sits(&m, 0, "0Bh", 0, 0, 0, 0);
    sits(&m, 1, "0Bh", 0, 0, 0, 1);
    sits(&m, 0x37, "0Bh", 0, 0, 27, 1);
    sits(&m, 0x40, "0Bh", 1, 0, 0, 0);
    sits(&m, 0x77, "0Bh", 1, 0, 27, 1);
}

/* Cascade Lake-AP: two dies in each package, told by 1Fh alone; 0Bh has the same socket. */
static void dies_of_1fh(void **state)
{
    static const struct maker m = {
        INTEL, 6, 0x1f, 0x80000008, .b = {{SMT, 1}, {CORE, 7}}, .f = {{SMT, 1}, {CORE, 6}, {DIE, 7}}};

    (void)state;
    sits(&m, 0x41, "1Fh", 0, 1, 32, 1);
    sits(&m, 0x80, "1Fh", 1, 0, 0, 0);
    sits(&m, 0xc2, "1Fh", 1, 1, 33, 0);
}

/* Alder Lake: performance cores have two ids each, efficient ones too, and leave every second one out. */
static void hybrid_with_gaps(void **state)
{
    static const struct maker m = {
        INTEL, 6, 0x20, 0x80000008, .b = {{SMT, 1}, {CORE, 7}}, .f = {{SMT, 1}, {CORE, 7}}};

    (void)state;
    sits(&m, 0x09, "1Fh", 0, 0, 4, 1);
    sits(&m, 0x40, "1Fh", 0, 0, 32, 0);
    sits(&m, 0x4e, "1Fh", 0, 0, 39, 0);
}

/* A kind between core and socket that is not known here counts as part of the socket. */
static void modules_and_unknown_kinds(void **state)
{
    static const struct maker m = {INTEL, 6, 0x1f, 0x80000008,
                                   .f = {{SMT, 1}, {CORE, 3}, {MODULE, 6}, {77, 8}}};
    static const struct maker grouped = {INTEL, 6, 0x1f, 0x80000008,
                                         .f = {{SMT, 1}, {CORE, 5}, {DIE, 6}, {6, 8}}};

    (void)state;
    sits(&m, 0x1ff, "1Fh", 1, 0, 127, 1);
    sits(&grouped, 0x1ff, "1Fh", 1, 7, 127, 1); /* a die of its group, and the group */
}

/* Naples: four nodes in a package. Whatever NPS is set in setup, Rome has one by CPUID. */
static void epyc(void **state)
{
    static const struct maker naples = {AMD,          0x17,        0xd,          0x8000001f,
                                        .id_size = 6, .count = 64, .threads = 2, .nodes = 4};
    static const struct maker rome = {
        AMD,          0x17,         0x10,         0x80000020, .b = {{SMT, 1}, {CORE, 7}},
        .id_size = 7, .count = 128, .threads = 2, .nodes = 1};

    (void)state;
    node = 0;
    sits(&naples, 1, "8000001Eh", 0, 0, 0, 1);
    node = 3;
    sits(&naples, 0x3f, "8000001Eh", 0, 3, 31, 1);
    node = 6;
    sits(&naples, 0x60, "8000001Eh", 1, 2, 16, 0);
    node = 1;
    sits(&rome, 0x81, "0Bh", 1, 0, 0, 1);
    node = 0;
}

/* Bulldozer: two cores of a module are no threads. Phenom II has counts alone, a K8 not even a size. */
static void amd_before_zen(void **state)
{
    static const struct maker bulldozer = {AMD,          0x15,       0xd,          0x8000001e,
                                           .id_size = 4, .count = 8, .threads = 2, .nodes = 1};
    static const struct maker phenom = {AMD, 0x10, 5, 0x8000001b, .id_size = 2, .count = 4, .logical = 4};
    static const struct maker six = {AMD, 0x10, 5, 0x8000001b, .id_size = 0, .count = 6, .logical = 6};

    (void)state;
    sits(&bulldozer, 0x13, "8000001Eh", 1, 0, 3, 0);
    sits(&phenom, 7, "80000008h", 1, 0, 3, 0);
    sits(&six, 13, "80000008h", 1, 0, 5, 0);
}

/* Core 2 Quad; a Pentium 4 with two threads; two Pentium III, which know of no other. */
static void legacy(void **state)
{
    static const struct maker quad = {INTEL, 6, 0xa, 0x80000008, .logical = 4, .cores = 4};
    static const struct maker nehalem = {INTEL, 6, 5, 0x80000008, .logical = 16, .cores = 8};
    static const struct maker pentium_4 = {INTEL, 15, 2, 0x80000004, .logical = 2};
    static const struct maker pentium_3 = {.family = 6, .last = 2};

    (void)state;
    sits(&quad, 6, "4", 1, 0, 2, 0);
    sits(&nehalem, 0x13, "4", 1, 0, 1, 1);
    sits(&pentium_4, 3, "1", 1, 0, 0, 1);
    sits(&pentium_3, 3, "1", 3, 0, 0, 0);
}

/* ---- What no CPU says ---- */

static void levels_that_lie(void **state)
{
    static const struct maker loops = {INTEL,
                                       6,
                                       0xb,
                                       0,
                                       .logical = 2,
                                       .cores = 2,
                                       .b = {{SMT, 1},
                                             {CORE, 4},
                                             {CORE, 4},
                                             {CORE, 4},
                                             {CORE, 4},
                                             {CORE, 4},
                                             {CORE, 4},
                                             {CORE, 4},
                                             {CORE, 4}}};
    static const struct maker falls = {
        INTEL, 6, 0xb, 0, .logical = 2, .cores = 2, .b = {{SMT, 5}, {CORE, 4}}};
    static const struct maker late_smt = {
        INTEL, 6, 0xb, 0, .logical = 2, .cores = 2, .b = {{CORE, 4}, {SMT, 1}}};
    static const struct maker hollow = {
        INTEL, 6, 0xb, 0, .logical = 2, .cores = 2, .b = {{SMT, 0, 1}, {CORE, 4, 1}}};
    static const struct maker alone = {INTEL, 6, 2, 0, .logical = 2, .alone = 1};
    static const struct maker nothing = {INTEL, 6, 0x1f, 0, .logical = 2, .cores = 2};
    static const struct maker wide = {INTEL, 6, 0xb, 0, .b = {{SMT, 0x3f}, {CORE, 0xffffffff}}};
    static const struct maker many = {INTEL, 6, 4, 0, .logical = 2, .cores = 64};
    static const struct maker wrong_zen = {AMD,        0x17,           0xd,        0x8000001f,  .id_size = 2,
                                           .count = 4, .threads = 256, .nodes = 1, .logical = 4};
    static const struct maker none = {.family = 6};

    (void)state;
    sits(&hollow, 3, "4", 1, 0, 1, 0);
    sits(&alone, 3, "1", 3, 0, 0, 0);
    sits(&loops, 3, "4", 1, 0, 1, 0);
    sits(&falls, 3, "4", 1, 0, 1, 0);
    sits(&late_smt, 3, "4", 1, 0, 1, 0);
    sits(&nothing, 3, "4", 1, 0, 1, 0);         /* all zero: the next leaf is asked */
    sits(&wide, 0x80000001, "0Bh", 1, 0, 0, 1); /* five bits of a shift count, 31 at most */
    sits(&many, 3, "4", 1, 0, 1, 0);
    sits(&wrong_zen, 7, "1", 1, 0, 0, 3);
    assert_null(place_at(&none, 3).from);
}

/* ---- All CPUs together ---- */

static struct cpu_place places[256];

static const struct cpu_place *place_of(unsigned cpu)
{
    return &places[cpu];
}

static void counts(unsigned cpus, unsigned sockets, unsigned dies, unsigned cores)
{
    struct topology t = topology_of(place_of, cpus);

    assert_non_null(t.from);
    assert_int_equal(t.sockets, sockets);
    assert_int_equal(t.dies, dies);
    assert_int_equal(t.cores, cores);
}

static void they_are_counted(void **state)
{
    static const struct maker m = {INTEL, 6, 0x1f, 0x80000008,
                                   .f = {{SMT, 1}, {CORE, 3}, {DIE, 4}}}; /* 2 dies of 4 cores of 2 */

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        places[i] = place_at(&m, i);
    counts(1, 1, 1, 1);
    counts(2, 1, 1, 1);
    counts(3, 1, 1, 2);
    counts(64, 4, 8, 32);
    counts(256, 16, 32, 128);
}

static void contradictions_are_unknown(void **state)
{
    static const struct maker m = {INTEL, 6, 0xb, 0, .b = {{SMT, 1}, {CORE, 3}}};
    static const struct maker other = {INTEL, 6, 0xb, 0, .b = {{SMT, 1}, {CORE, 4}}};
    static const struct maker threads = {INTEL, 6, 0xb, 0, .b = {{SMT, 0}, {CORE, 3}}};
    static const struct maker none = {.family = 6};
    static const struct maker *const odd[] = {&other, &threads, &none};

    (void)state;
    for (unsigned i = 0; i < 16; i++)
        places[i] = place_at(&m, i);
    counts(16, 2, 2, 8);
    for (unsigned i = 0; i < 3; i++)
        for (unsigned cpu = 0; cpu < 16; cpu += 15) {
            places[cpu] = place_at(odd[i], cpu);
            assert_null(topology_of(place_of, 16).from);
            places[cpu] = place_at(&m, cpu);
        }
    places[9] = places[4]; /* two CPUs that say that they are the same */
    assert_null(topology_of(place_of, 16).from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_xeons),
        cmocka_unit_test(dies_of_1fh),
        cmocka_unit_test(hybrid_with_gaps),
        cmocka_unit_test(modules_and_unknown_kinds),
        cmocka_unit_test(epyc),
        cmocka_unit_test(amd_before_zen),
        cmocka_unit_test(legacy),
        cmocka_unit_test(levels_that_lie),
        cmocka_unit_test(they_are_counted),
        cmocka_unit_test(contradictions_are_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
