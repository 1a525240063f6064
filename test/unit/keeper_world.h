/*
 * A machine to keep time on, whose truth is known: CPUs with TSCs that wander, a reference, timers that come
 * late, a host that stalls. The keeper's own code runs on it, one CPU at a time; world.between is called
 * wherever another CPU could read its records meanwhile.
 */
#ifndef KEEPER_WORLD_H
#define KEEPER_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/apic.h"
#include "cpu/paging.h"
#include "cpu/traps.h"
#include "keeper/state.h"
#include "log/log.h"
#include "log/panic.h"
#include "platform/rtc.h"
#include "random.h"

#define WORLD_CPUS 16u
#define NEVER      1e30L

/* A crystal: its rate is 1 + dev, and dev moves by at most the true wander. */
struct crystal_walk {
    long double at_ns, ticks, hz, dev, slope, until_ns, dev_limit;
};

struct world {
    const char *name;
    unsigned cpus;
    bool own_crystals;    /* else all TSCs are one, but for the skew */
    uint32_t wander;      /* D, ppb a second */
    struct counter ref;   /* none: an HPET at 100 MHz */
    bool edge;            /* most readings wait for the count's edge */
    long double late_ns;  /* timers, at most, and ... */
    long double stall_ns; /* ... the host, in the midst of anything */
    uint64_t tsc_base;
    long double hz, length_ns;
    long double ref_base_ns; /* R is there when the others start, as if the machine had run for long */
    uint32_t skew_ticks;     /* CPUs are ahead of the first by up to this */
    enum clockmode mode;
    long double leave_ns;                 /* when unified mode ends; 0: never */
    long double ref_jump_at, ref_jump_ns; /* the reference jumps; at 0: never */
    long double tsc_jump_at, tsc_jump_s;  /* CPU 1's TSC does */
    uint32_t slip_ns; /* all TSCs jump ahead by up to this, a few times a second; the keeper is told more */
    bool unmeasured;  /* the last CPU does not answer at start-up */
    long double stop_at, stop_ns; /* CPU 1 stands still, so long; at 0: never */

    /* The state. */
    uint64_t seed;
    struct random r;
    unsigned cpu, locks;
    long double now_ns, origin_ns, ref_extra_ns;
    struct crystal_walk crystal[WORLD_CPUS];
    int64_t extra[WORLD_CPUS];        /* ticks: a TSC's own offset */
    long double alarm_ns[WORLD_CPUS]; /* when its timer interrupt comes */
    void (*alarm)(void);
    void (*between)(void); /* others may read now */
    unsigned disruptions;
    bool left, jumped;
    char last_log[512];
};

static struct world world;

static bool stands_still(unsigned cpu)
{
    return cpu == 1 && world.stop_at > 0 && world.now_ns >= world.stop_at &&
           world.now_ns < world.stop_at + world.stop_ns;
}

/* A CPU that is back takes its overdue interrupt before its guest goes on. */
static bool overdue(unsigned cpu)
{
    return cpu == 1 && world.stop_at > 0 && world.now_ns >= world.stop_at &&
           world.alarm_ns[1] < world.stop_at + world.stop_ns;
}

static uint64_t below(uint64_t n)
{
    return n ? random_next(&world.r) % n : 0;
}

static long double part(long double most)
{
    return most * (long double)(random_next(&world.r) >> 11) / 9007199254740992.0L;
}

/* A new piece: D up, D down, or something between, for 50 ms to 8 s, and no farther than the limit. */
static void walk_turn(struct crystal_walk *c)
{
    /* A little less than D: D is per second of the TSC's time, and R's rate in it is the inverse. */
    long double most = (long double)world.wander * 1e-9L * 0.997L, room;
    uint64_t kind = below(3);

    c->slope = kind == 0 ? most : kind == 1 ? -most : part(2 * most) - most;
    if (fabsl(c->dev) >= c->dev_limit)
        c->slope = c->dev > 0 ? -most : most;
    room = c->slope > 0 ? c->dev_limit - c->dev : c->dev_limit + c->dev;
    c->until_ns = c->at_ns + fminl(5e7L + part(8e9L), 1e6L + 1e9L * room / fmaxl(fabsl(c->slope), 1e-18L));
}

static void walk_to(struct crystal_walk *c, long double ns)
{
    while (c->at_ns < ns) {
        if (c->at_ns >= c->until_ns)
            walk_turn(c);
        long double end = fminl(ns, c->until_ns), s = (end - c->at_ns) * 1e-9L;
        c->ticks += c->hz * s * (1 + c->dev + c->slope * s / 2);
        c->dev += c->slope * s;
        c->at_ns = end;
    }
}

static uint64_t tsc_of(unsigned cpu)
{
    struct crystal_walk *c = &world.crystal[world.own_crystals ? cpu : 0];

    walk_to(c, world.now_ns);
    return world.tsc_base + (uint64_t)world.extra[cpu] + (uint64_t)c->ticks;
}

static void pass(long double ns)
{
    world.now_ns += ns;
    if (world.between)
        world.between();
}

/* What an instruction takes, and now and then a host that has others to serve. */
static void spend(void)
{
    uint64_t luck = below(2000);

    pass(luck == 0 ? part(world.stall_ns) : luck < 20 ? part(world.stall_ns / 100) : 10 + part(60));
}

uint64_t rdtsc_ordered(void)
{
    spend();
    return tsc_of(world.cpu);
}

uint64_t rdtsc_after_stores(void)
{
    return rdtsc_ordered();
}

void cpu_relax(void)
{
    spend();
}

unsigned cpu_id(void)
{
    return world.cpu;
}

unsigned cpu_count(void)
{
    return world.cpus;
}

bool lock_take(struct lock *lock)
{
    spend();
    assert_int_equal(lock->held, 0);
    lock->held = 1;
    return false;
}

void lock_release(struct lock *lock, bool were_on)
{
    assert_false(were_on);
    lock->held = 0;
    spend();
}

/* R as it truly is, in the keeper's own scale: 0 at keeper.origin. */
static long double true_ref(void)
{
    return world.now_ns + world.ref_base_ns + world.ref_extra_ns - world.origin_ns;
}

/* The count as it stands, from 0 at world.now_ns == 0, and a start that is none of the keeper's business. */
static uint64_t true_count(void)
{
    long double ns = world.now_ns + world.ref_extra_ns + 1e9L;

    return (uint64_t)(ns * world.ref.den / world.ref.num);
}

static uint64_t low_bits(uint64_t count)
{
    return world.ref.bits < 64 ? count & ((1ull << world.ref.bits) - 1) : count;
}

/* To the moment at which the next count begins. */
static void pass_to_edge(void)
{
    long double next = ((long double)true_count() + 1) * world.ref.num / world.ref.den;

    pass(fmaxl(next - (world.now_ns + world.ref_extra_ns + 1e9L), 0) + 1e-4L);
}

/* The counts that were read, unmasked: one of the first is the keeper's origin. */
static uint64_t last_counts[256];
static unsigned count_index;

static long double origin_at(void)
{
    for (unsigned i = count_index; i-- > 0;)
        if (low_bits(last_counts[i % 256]) == keeper.origin)
            return (long double)last_counts[i % 256] * world.ref.num / world.ref.den - 1e9L;
    fail_msg("the origin is none of the counts read");
    return 0;
}

bool reference_sample(const struct reference *ref, struct reference_reading *out)
{
    (void)ref;
    if (below(100) == 0)
        return false;
    out->tsc_lo = rdtsc_ordered();
    spend();
    out->edge = world.edge && below(8) != 0;
    if (out->edge)
        pass_to_edge();
    last_counts[count_index++ % 256] = true_count();
    out->count = low_bits(last_counts[(count_index - 1) % 256]);
    spend();
    out->tsc_hi = rdtsc_ordered();
    return true;
}

static struct reference the_reference = {.name = "sim"};

const struct reference *reference_get(unsigned i)
{
    the_reference.bits = world.ref.bits;
    the_reference.period_num = world.ref.num;
    the_reference.period_den = world.ref.den;
    return i == 0 ? &the_reference : NULL;
}

void reference_wait_us(uint32_t us)
{
    pass(us * 1000.0L);
}

/* The LAPIC's timer counts at 62.5 MHz, 30 ppm off, and its interrupt comes late. */
void apic_timer_set_count(uint32_t count)
{
    long double luck = below(50) == 0 ? part(world.late_ns) : part(fminl(world.late_ns, 20000));

    world.alarm_ns[world.cpu] = count ? world.now_ns + count * 16.00048L + luck : NEVER;
}

uint32_t apic_timer_count(void)
{
    return UINT32_MAX - 1250000;
}

bool apic_timer_has_deadline(void)
{
    return false;
}

bool apic_timer_try_deadline(uint64_t ticks)
{
    (void)ticks;
    return false;
}

void apic_timer_set_deadline(uint64_t tsc)
{
    (void)tsc;
}

void apic_timer_setup(bool deadline)
{
    (void)deadline;
}

void traps_set_interrupt(unsigned vector, void (*handler)(void))
{
    if (vector == VECTOR_TIMER)
        world.alarm = handler;
}

bool rtc_read(uint8_t century_register, int64_t *utc_s, uint64_t *tsc_lo, uint64_t *tsc_hi)
{
    (void)century_register;
    pass(3e8L + part(1e9L));
    *tsc_lo = rdtsc_ordered();
    *tsc_hi = rdtsc_ordered();
    *utc_s = 1120824000;
    return true;
}

void *memory_take(uint64_t count, const char *what)
{
    (void)what;
    return calloc(count, FRAME_SIZE);
}

void cpu_idle(void)
{
    fail_msg("a CPU that is left out came here");
}

void log_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(world.last_log, sizeof world.last_log, format, args);
    va_end(args);
    if (strncmp(world.last_log, "@disruption", 11) == 0)
        world.disruptions++;
}

void panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(world.last_log, sizeof world.last_log, format, args);
    va_end(args);
    fail_msg("%s", world.last_log);
    abort();
}

#endif
