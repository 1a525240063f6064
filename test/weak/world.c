/*
 * Three CPUs, a VCPU on each, and the hypervisor's own publisher between their reads: it comes as an
 * interrupt at any access. TSCs are up to four ticks apart, a tick is 4 us, and S goes faster and slower by
 * turns.
 */
#include "world.h"

#include <string.h>

#include "keeper.h"
#include "keeper/clocks.h"
#include "keeper/publisher.h"

#define ACTS      3u /* of the keeper: publishes, moves or settings */
#define READS     3u /* of each CPU */
#define PUBLISHED 16u
#define HEARD     (WEAK_CPUS * READS + 1)
#define RATE      (1 << 24) /* q32: 0.4 % */

struct keeper keeper;
struct arena weak_arena;
const unsigned weak_ahead[WEAK_CPUS] = {1, 0, 4};
const volatile void *const weak_page_version = &weak_arena.page.version;

static struct cpu_clock clocks[WEAK_CPUS];
static struct time_vcpu vcpus[WEAK_CPUS];
static struct time_domain domain;

static unsigned acts;
static bool busy;              /* the lock is held: an interrupt that wants it waits */
static bool inside[WEAK_CPUS]; /* this CPU is in an interrupt */
static struct published published[PUBLISHED];
static unsigned published_count;
static struct {
    uint64_t ns, tsc; /* what was read, and that CPU's TSC when it was told */
} heard[HEARD];
static unsigned heard_count;

unsigned cpu_id(void)
{
    return weak_cpu();
}

void cpu_relax(void)
{
}

/* The lock: a locked instruction takes it. Whoever comes here knows that it is free, or waits. */
bool lock_take(struct lock *lock)
{
    (void)lock;
    while (!weak_lock())
        weak_pause();
    return false;
}

void lock_release(struct lock *lock, bool were_on)
{
    (void)lock, (void)were_on;
    weak_unlock();
}

/* ---- What the keeper knows ---- */

/* R is where S is, to 8 us; the rates of R ask for a slower and for a faster line by turns. */
static void know(void)
{
    static bool faster;

    faster = keeper.common.timeline.line.tsc == 0 ? weak_random(4) > 0 : faster ^ (weak_random(4) > 0);
    uint64_t tsc = keeper.common.timeline.line.tsc;
    int64_t r_ns = (int64_t)keeper.common.timeline.line.ns, rate = faster ? RATE : -RATE;
    int64_t width_ns = weak_variant("no-skew") ? 0 : 8100;

    for (unsigned i = 0; i < WEAK_CPUS; i++) {
        clocks[i].known.outlook = (struct outlook){.tsc = tsc,
                                                   .lo_ns = r_ns - width_ns,
                                                   .hi_ns = r_ns + width_ns,
                                                   .rate_lo = rate,
                                                   .rate_hi = rate,
                                                   .nominal = keeper.nominal};
        clocks[i].look.fresh = true;
    }
}

/* The same line for each, as its own. */
static void begin_per_cpu(void)
{
    keeper.mode = CLOCK_PERCPU;
    keeper.common.published.flags = 0;
    for (unsigned i = 0; i < WEAK_CPUS; i++)
        clocks[i].own = keeper.common;
}

void world_start(void)
{
    struct consensus all;

    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    memset(inside, 0, sizeof inside);
    acts = published_count = heard_count = 0;
    busy = weak_past_all = false;
    keeper.nominal = (struct tsc_scale){0xfa3c5711u, 12}; /* 4003.771 ns a tick */
    keeper.cpus = WEAK_CPUS;
    keeper.clocks = clocks;
    keeper.mode = CLOCK_UNIFIED;
    keeper.skew_ns = 16200;
    for (unsigned i = 0; i < WEAK_CPUS; i++) {
        clocks[i].measured = true;
        vcpus[i] = (struct time_vcpu){.cpu = i};
        if (weak_search.leaves || weak_search.page || i == 1)
            vcpus[i].slot = &weak_arena.record[1 + i];
    }
    if (!weak_search.leaves && !weak_search.page)
        vcpus[0].xen = (volatile struct vcpu_time_info *)&weak_arena.xen;
    domain = (struct time_domain){.vcpu_count = WEAK_CPUS,
                                  .vcpus = vcpus,
                                  .common = &weak_arena.record[0],
                                  .wc_version = &weak_arena.wc_version,
                                  .wc_sec = &weak_arena.wc_sec,
                                  .wc_nsec = &weak_arena.wc_nsec,
                                  .wc_sec_hi = &weak_arena.wc_sec_hi};
    if (weak_search.page)
        domain.assumed = &weak_arena.page;
    keeper.common.timeline.nominal = keeper.nominal;
    know();
    consensus_start(&all);
    consensus_join(&all, &clocks[0].known.outlook, 0, 0);
    timeline_start(&keeper.common.timeline, 0, keeper.nominal, &all, 0);
    keeper.common.timeline.line.ns = 1000000;
    keeper.common.published = (struct published){.line = keeper.common.timeline.line,
                                                 .bound = {100, 100},
                                                 .hz = 249764,
                                                 .flags = MERIDIAN_FLAG_TSC_STABLE};
    if (weak_search.page && weak_random(2))
        begin_per_cpu();
    page_start();
    keeper.domains = &domain;
    records_write_domain(&domain);
}

/* ---- What comes as an interrupt ---- */

/* Lines of CPUs part while time goes by: so far that one is beyond the other's next joint. */
static void move_modes(unsigned cpu)
{
    bool left = keeper.mode == CLOCK_UNIFIED;

    if (weak_random(4) == 0)
        weak_wait_for(weak_tsc_now() + 3000);
    if (left)
        publish_leave_unified();
    if (left && weak_random(2))
        return;
    know();
    if (!left && weak_random(3) == 0)
        publish_enter_unified();
    else
        publish_own(clock_of(cpu), cpu, rdtsc_ordered());
}

static void act(unsigned cpu)
{
    inside[cpu] = busy = true;
    acts++;
    weak_drop_early();
    if (weak_search.wall) {
        keeper_set_wall(1000 + acts, 0, 0);
    } else if (weak_search.page) {
        know();
        page_act(cpu);
    } else {
        lock_take(&keeper.lock);
        if (weak_search.leaves) {
            move_modes(cpu);
        } else {
            know();
            publish_unified();
        }
        lock_release(&keeper.lock, false);
    }
    inside[cpu] = busy = false;
}

/* CPU 2 never publishes: it only reads. The page is more to read than a record. */
void world_interrupt(void)
{
    unsigned cpu = weak_cpu(), seldom = weak_search.page ? 30 : 10;

    if (acts < ACTS && !busy && !inside[cpu] && cpu != 2 && weak_random(seldom) == 0)
        act(cpu);
}

void world_run(unsigned cpu)
{
    for (unsigned i = 0; i < READS; i++)
        world_read(cpu);
}

/* ---- What is promised ---- */

uint64_t world_hear(void)
{
    unsigned number = (unsigned)weak_load(&weak_arena.said);

    if (number == 0)
        return 0;
    if (weak_search.page)
        return heard[number].ns;
    /* TSCs are in step: no word comes before it was sent. */
    weak_wait_for(heard[number].tsc);
    return heard[number].ns;
}

void world_judge(uint64_t ns, uint64_t before)
{
    uint64_t tsc = weak_tsc_now();
    unsigned number = ++heard_count;

    if (weak_tells)
        tell_read(ns, before);
    weak_promise(ns >= before, weak_search.page ? "told" : "T2");
    heard[number].ns = ns;
    heard[number].tsc = tsc;
    weak_store(&weak_arena.said, number);
}

static bool same(const struct published *a, const struct published *b)
{
    return a->line.tsc == b->line.tsc && a->line.ns == b->line.ns && a->line.scale.mul == b->line.scale.mul &&
           a->line.scale.shift == b->line.scale.shift && a->bound.ns == b->bound.ns &&
           a->bound.ppb == b->bound.ppb && a->wall.s == b->wall.s && a->wall.ns == b->wall.ns &&
           a->hz == b->hz && a->disruptions == b->disruptions && a->flags == b->flags;
}

bool world_published(const struct published *data)
{
    for (unsigned i = 0; i < published_count; i++) {
        if (same(&published[i], data))
            return true;
    }
    return false;
}

void world_note(const struct published *data)
{
    if (!world_published(data) && published_count < PUBLISHED)
        published[published_count++] = *data;
}
