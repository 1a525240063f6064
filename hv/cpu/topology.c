/*
 * SDM vol. 2, CPUID leaves 01h, 04h, 0Bh and 1Fh, and vol. 3, 9.9; AMD64 APM vol. 3, E.4.7 (80000008h) and
 * E.4.16 (8000001Eh).
 */
#include "cpu/topology.h"

#include <stddef.h>

#include "cpu/identify.h"

#define CPUID_HTT      (1u << 28) /* leaf 1, EDX: EBX[23:16] means something */
#define CPUID_TOPOLOGY (1u << 22) /* leaf 80000001h, ECX: there is 8000001Eh */

#define LEVELS      8u /* the SDM has six kinds: one that has not ended by then loops */
#define LEVEL_SMT   1u
#define LEVEL_DIE   5u
#define ID_BITS     32u
#define ZEN         0x17u /* the first family with a count in 8000001Eh of threads, not cores of a module */
#define OLD_ID_BITS 8u    /* leaf 1 tells no more of an APIC id */

static uint32_t bits_below(uint32_t id, unsigned bits)
{
    return bits < ID_BITS ? id & ((1u << bits) - 1) : id;
}

static uint32_t bits_above(uint32_t id, unsigned bits)
{
    return bits < ID_BITS ? id >> bits : 0;
}

/* Returns how many bits number so many things. */
static unsigned bits_for(unsigned count)
{
    unsigned bits = 0;

    while (bits < ID_BITS - 1 && (1u << bits) < count)
        bits++;
    return bits;
}

static bool has_nodes(cpuid_reader read)
{
    return cpuid_has_leaf(read, 0x8000001eu) && (read(0x80000001u, 0).ecx & CPUID_TOPOLOGY);
}

static struct cpu_place cut(const char *from, uint32_t id, unsigned thread_bits, unsigned die_at,
                            unsigned socket_at)
{
    return (struct cpu_place){
        .from = from,
        .apic_id = id,
        .socket = bits_above(id, socket_at),
        .die = bits_above(bits_below(id, socket_at), die_at),
        .core = bits_above(bits_below(id, socket_at), thread_bits),
        .thread = bits_below(id, thread_bits),
        .thread_bits = (uint8_t)thread_bits,
        .socket_at = (uint8_t)socket_at,
    };
}

/*
 * Leaves 1Fh and 0Bh: each level says where the next one begins, so the last one where the socket does. Kinds
 * that are not known count as part of what is above them.
 */
static bool by_levels(cpuid_reader read, uint32_t leaf, const char *name, struct cpu_place *out)
{
    unsigned thread_bits = 0, die_at = 0, socket_at = 0, level;
    bool die = false;

    for (level = 0; level < LEVELS; level++) {
        struct cpuid_result r = read(leaf, level);
        unsigned kind = r.ecx >> 8 & 255, end = r.eax & 31;

        if (!kind || !(r.ebx & 0xffff))
            break;
        if (end < socket_at)
            return false;
        if (kind == LEVEL_SMT)
            thread_bits = end;
        if (kind == LEVEL_DIE) {
            die = true;
            die_at = socket_at;
        }
        socket_at = end;
    }
    if (level == 0 || level == LEVELS || thread_bits > socket_at)
        return false;
    *out = cut(name, read(leaf, 0).edx, thread_bits, die ? die_at : socket_at, socket_at);
    return true;
}

/* A node is a die of a package (Bulldozer to Naples); their count need not be a power of two of ids. */
static void take_node(cpuid_reader read, struct cpu_place *place)
{
    uint32_t node = has_nodes(read) ? read(0x8000001eu, 0).ecx : 0;

    place->die = (node & 255) % ((node >> 8 & 7) + 1);
}

static bool by_amd(cpuid_reader read, struct cpu_place *out)
{
    bool extended = has_nodes(read);
    uint32_t size, id = read(1, 0).ebx >> 24;
    unsigned socket_at, thread_bits = 0;

    if (!cpuid_has_leaf(read, 0x80000008u))
        return false;
    size = read(0x80000008u, 0).ecx;
    socket_at = size >> 12 & 15 ? size >> 12 & 15 : bits_for((size & 255) + 1);
    if (extended)
        id = read(0x8000001eu, 0).eax;
    if (extended && cpuid_family(read) >= ZEN)
        thread_bits = bits_for((read(0x8000001eu, 0).ebx >> 8 & 255) + 1);
    if (thread_bits > socket_at)
        return false;
    *out = cut(extended ? "8000001Eh" : "80000008h", id, thread_bits, socket_at, socket_at);
    return true;
}

/* Without HTT each CPU is a socket of its own, as two Pentiums on a board were. */
static void by_counts(cpuid_reader read, struct cpu_place *out)
{
    struct cpuid_result one = read(1, 0), caches = {0};
    unsigned socket_at = one.edx & CPUID_HTT ? bits_for(one.ebx >> 16 & 255) : 0, core_bits = 0;

    if (cpuid_has_leaf(read, 4))
        caches = read(4, 0);
    if (caches.eax & 31)
        core_bits = bits_for((caches.eax >> 26) + 1);
    *out = cut(caches.eax & 31 ? "4" : "1", one.ebx >> (ID_BITS - OLD_ID_BITS),
               socket_at > core_bits ? socket_at - core_bits : 0, socket_at, socket_at);
}

struct cpu_place topology_place(cpuid_reader read)
{
    struct cpu_place place = {0};
    bool amd = cpuid_is_amd(read);

    if (!cpuid_has_leaf(read, 1) || (cpuid_has_leaf(read, 0x1f) && by_levels(read, 0x1f, "1Fh", &place)))
        return place;
    if (!(cpuid_has_leaf(read, 0xb) && by_levels(read, 0xb, "0Bh", &place)) && !(amd && by_amd(read, &place)))
        by_counts(read, &place);
    if (amd)
        take_node(read, &place);
    return place;
}

static bool fit_together(const struct cpu_place *a, const struct cpu_place *b)
{
    return a->from && b->from && a->thread_bits == b->thread_bits && a->socket_at == b->socket_at &&
           a->apic_id != b->apic_id;
}

struct topology topology_of(const struct cpu_place *(*place)(unsigned cpu), unsigned cpus)
{
    struct topology t = {.from = place(0)->from};

    for (unsigned i = 0; i < cpus && t.from; i++) {
        const struct cpu_place *own = place(i);
        bool socket = true, die = true, core = true; /* the first in it */

        for (unsigned j = 0; j < i; j++) {
            const struct cpu_place *other = place(j);
            bool same = other->socket == own->socket;

            if (!fit_together(own, other))
                return (struct topology){0};
            socket = socket && !same;
            die = die && !(same && other->die == own->die);
            core = core && !(same && other->core == own->core);
        }
        t.sockets += socket;
        t.dies += die;
        t.cores += core;
    }
    return t;
}
