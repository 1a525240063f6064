/* sources: hv/keeper/domains.c hv/keeper/records.c hv/time/publish.c hv/time/wallclock.c */
/* flags: -Wl,--wrap=record_begin,--wrap=record_fill,--wrap=record_fill_wall,--wrap=record_end */
/*
 * keeper_set_wall: one act for all CPUs and all domains. At each step of it, between any two records, readers
 * on all VCPUs look, each after it has been told what the others saw.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keeper/clocks.h"
#include "keeper/publisher.h"
#include "record_wraps.h"

static uint64_t tsc_now;
#define MERIDIAN_TSC() tsc_now
#include "meridian/clock.h"

#define DOMAINS 2
#define VCPUS   3
#define BASE_S  1120824000ll

struct keeper keeper;

static struct cpu_clock clocks[VCPUS];
static struct guest {
    struct time_domain domain;
    struct time_vcpu vcpus[VCPUS];
    struct meridian_record page[1 + VCPUS];
    struct xen_time_record xen[VCPUS];
    uint32_t wall[4];
} guests[DOMAINS];

/* What readers have seen so far: UTC when system time was 0; and how often they could read at all. */
static struct {
    struct meridian_utc old, new;
    bool watching, new_seen;
    unsigned looks, before, after, torn_away;
    uint32_t xen_versions;
} watch;

bool lock_take(struct lock *lock)
{
    assert_false(lock->held);
    lock->held = 1;
    return true;
}

void assumed_changed(void)
{
}

void assumed_refresh(void)
{
}

void lock_release(struct lock *lock, bool were_on)
{
    assert_true(lock->held && were_on);
    lock->held = 0;
}

const struct published *published_for(unsigned cpu)
{
    return keeper.mode == CLOCK_UNIFIED ? &keeper.common.published : &clocks[cpu].own.published;
}

/* ---- Readers ---- */

static struct meridian_utc base_of(const struct meridian_sample *s)
{
    __int128 ns = (__int128)s->wall_sec * 1000000000 + s->wall_nsec - s->system_time;

    return (struct meridian_utc){(int64_t)(ns / 1000000000), (uint32_t)(ns % 1000000000)};
}

static bool same(struct meridian_utc a, struct meridian_utc b)
{
    return a.sec == b.sec && a.nsec == b.nsec;
}

/* The old one, or the new one; and never the old after somebody saw the new. */
static void saw(struct meridian_utc base)
{
    assert_true(same(base, watch.old) || same(base, watch.new));
    if (same(base, watch.new)) {
        watch.new_seen = true;
        watch.after++;
    } else {
        assert_false(watch.new_seen);
        watch.before++;
    }
}

static void read_xens(const struct guest *g)
{
    uint32_t version = g->wall[0];

    if (version & 1)
        watch.torn_away++;
    else
        saw((struct meridian_utc){(int64_t)((uint64_t)g->wall[3] << 32 | g->wall[1]), g->wall[2]});
}

static void read_slot(const struct meridian_record *slot, const struct line *line)
{
    struct meridian_sample s;

    if (!meridian_try(slot, 1, &s)) {
        watch.torn_away++;
        return;
    }
    /* Nothing but the wall may have changed: no reader of system time sees anything. */
    assert_true(s.tsc_timestamp == line->tsc && s.system_time == line->ns);
    assert_true(s.tsc_to_system_mul == line->scale.mul && s.tsc_shift == line->scale.shift);
    assert_true(s.err_ns == 100 && s.err_ppb == 200 && s.cpu_freq == 3000000000 && s.disruptions == 7);
    saw(base_of(&s));
}

static void read_vcpu(const struct guest *g, unsigned id)
{
    if (keeper.mode == CLOCK_UNIFIED)
        read_slot(&g->page[0], &keeper.common.published.line);
    read_slot(&g->page[1 + id], &published_for(g->vcpus[id].cpu)->line);
    assert_int_equal(g->xen[id].version, watch.xen_versions);
}

/* Every VCPU of every domain, twice, in both directions: some after others have told them. */
static void look(void)
{
    if (!watch.watching)
        return;
    watch.looks++;
    for (unsigned n = 0; n < 2 * DOMAINS * VCPUS; n++) {
        unsigned i = n < DOMAINS * VCPUS ? n : 2 * DOMAINS * VCPUS - 1 - n;

        read_xens(&guests[i / VCPUS]);
        read_vcpu(&guests[i / VCPUS], i % VCPUS);
    }
}

/* ---- Between any two stores of the writer's ---- */

void __wrap_record_begin(volatile struct meridian_record *record, uint32_t version)
{
    look();
    __real_record_begin(record, version);
    look();
}

void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data)
{
    look();
    __real_record_fill(record, data);
    look();
}

void __wrap_record_fill_wall(volatile struct meridian_record *record, struct utc wall)
{
    look();
    __real_record_fill_wall(record, wall);
    look();
}

void __wrap_record_end(volatile struct meridian_record *record, uint32_t version)
{
    look();
    __real_record_end(record, version);
    look();
}

/* ---- The machine ---- */

static struct published line_of(uint64_t tsc, uint64_t ns, uint8_t flags)
{
    return (struct published){
        .line = {.tsc = tsc, .ns = ns, .scale = {0x80000000u + (uint32_t)ns, -1}},
        .bound = {.ns = 100, .ppb = 200},
        .wall = wallclock_at(keeper.wall_base, ns),
        .hz = 3000000000,
        .disruptions = 7,
        .flags = flags,
    };
}

static void add(struct guest *g)
{
    for (unsigned i = 0; i < VCPUS; i++)
        g->vcpus[i] = (struct time_vcpu){
            .cpu = i, .xen = (volatile struct vcpu_time_info *)&g->xen[i], .slot = &g->page[1 + i]};
    g->domain = (struct time_domain){.vcpu_count = VCPUS,
                                     .vcpus = g->vcpus,
                                     .common = &g->page[0],
                                     .wc_version = &g->wall[0],
                                     .wc_sec = &g->wall[1],
                                     .wc_nsec = &g->wall[2],
                                     .wc_sec_hi = &g->wall[3]};
    keeper_add_domain(&g->domain);
}

/* The stamps are up to a quarter second old, and in per-CPU mode each CPU's is another. */
static void start(enum clock_mode mode)
{
    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    memset(guests, 0, sizeof guests);
    memset(&watch, 0, sizeof watch);
    keeper.mode = mode;
    keeper.cpus = VCPUS;
    keeper.clocks = clocks;
    keeper.wall_base = (struct utc){BASE_S, 999999000};
    keeper.common.published = line_of(1000000, 5000000000, MERIDIAN_FLAG_TSC_STABLE);
    for (unsigned i = 0; i < VCPUS; i++)
        clocks[i].own.published = line_of(1000000 + 777 * i, 5000000000 + 83000000 * i, 0);
    tsc_now = 9000000;
    for (unsigned i = 0; i < DOMAINS; i++)
        add(&guests[i]);
    watch.xen_versions = guests[0].xen[0].version;
}

static struct meridian_utc base_now(void)
{
    return (struct meridian_utc){keeper.wall_base.s, keeper.wall_base.ns};
}

static void set_and_watch(int64_t s, uint32_t ns, uint64_t system_ns, struct meridian_utc expected)
{
    watch.old = base_now();
    watch.new = expected;
    watch.new_seen = false;
    watch.watching = true;
    look();
    keeper_set_wall(s, ns, system_ns);
    look();
    watch.watching = false;
    assert_true(watch.new_seen && watch.before && watch.after && watch.torn_away);
}

static void all_see_it_at_once(enum clock_mode mode)
{
    start(mode);
    set_and_watch(BASE_S + 3605, 5, 5000000000, (struct meridian_utc){BASE_S + 3600, 5});
    /* Back, and against a time that is to come. */
    set_and_watch(BASE_S, 1, 86400000000002, (struct meridian_utc){BASE_S - 86401, 999999999});
    assert_in_range(watch.looks, 2 * DOMAINS * (1 + VCPUS) * 6, 1000);
}

static void unified_readers_see_it_at_once(void **state)
{
    (void)state;
    all_see_it_at_once(CLOCK_UNIFIED);
}

static void percpu_readers_see_it_at_once(void **state)
{
    (void)state;
    all_see_it_at_once(CLOCK_PERCPU);
}

/* Every record of every CPU, whatever its stamp: the seed wrote one UTC beside stamps that were not alike. */
static void every_record_is_right_on_its_own_line(void **state)
{
    (void)state;
    for (enum clock_mode mode = CLOCK_PERCPU; mode <= CLOCK_UNIFIED; mode++) {
        start(mode);
        for (unsigned i = 0; i < VCPUS; i++) /* none on the CPU of its own number */
            keeper_place_vcpu(&guests[1].domain, i, (i + 1) % VCPUS, guests[1].vcpus[i].xen);
        keeper_set_wall(BASE_S + 10, 20, 4750000000);
        for (unsigned i = 0; i < DOMAINS * (1 + VCPUS); i++) {
            struct meridian_sample s;

            assert_true(meridian_try(&guests[i / (1 + VCPUS)].page[i % (1 + VCPUS)], 1, &s));
            assert_true(same(base_of(&s), (struct meridian_utc){BASE_S + 5, 250000020}));
        }
    }
}

/* What is published next, or written for a VCPU that moves, goes on with it. */
static void later_records_keep_it(void **state)
{
    struct meridian_sample s;

    (void)state;
    start(CLOCK_PERCPU);
    keeper_set_wall(BASE_S + 7, 70, 7);
    keeper_place_vcpu(&guests[1].domain, 0, 2, guests[1].vcpus[0].xen);
    assert_true(meridian_try(&guests[1].page[1], 1, &s));
    assert_int_equal(s.tsc_timestamp, clocks[2].own.published.line.tsc);
    assert_true(same(base_of(&s), (struct meridian_utc){BASE_S + 7, 63}));
}

/* The seed's were written outside of any order: the last one wins whole here, and none is half of another. */
static void the_last_of_two_sets_wins_whole(void **state)
{
    (void)state;
    start(CLOCK_UNIFIED);
    set_and_watch(BASE_S + 100, 111, 0, (struct meridian_utc){BASE_S + 100, 111});
    set_and_watch((1ll << 33) + 50, 222, 0, (struct meridian_utc){(1ll << 33) + 50, 222});
    assert_true(keeper.wall_base.s == (1ll << 33) + 50 && keeper.wall_base.ns == 222);
    /* A reader that slept from before the one until after the other must see that something was written. */
    assert_int_equal(guests[1].page[0].version1, 2 + 2 * 2);
    assert_int_equal(guests[1].page[3].version1, 2 + 2 * 2);
    assert_int_equal(guests[1].page[3].version2, 2 + 2 * 2);
    assert_int_equal(guests[1].wall[0], 2 + 2 * 2);
}

/*
 * In the seed wall time moved on VCPU 0 only. VCPU 0 is down here: its CPU publishes nothing more, its record
 * grows old. The others' wall time goes on with their own lines, and so does VCPU 0's for who reads it then.
 */
static void it_goes_on_while_vcpu_0_is_down(void **state)
{
    struct meridian_sample s;

    (void)state;
    start(CLOCK_PERCPU);
    for (uint64_t second = 1; second < 5; second++) {
        clocks[1].own.published = line_of(1000000 + second * 1000000, 5000000000 + second * 1000000000, 0);
        keeper_place_vcpu(&guests[0].domain, 1, 1, guests[0].vcpus[1].xen);
        assert_true(meridian_try(&guests[0].page[2], 1, &s));
        assert_int_equal(s.wall_sec, BASE_S + 5 + (int64_t)second);
        assert_int_equal(s.wall_nsec, 999999000);
    }
    keeper_set_wall(BASE_S + 1000, 0, 9000000000);
    assert_true(meridian_try(&guests[0].page[1], 1, &s)); /* nobody had to run VCPU 0 for this */
    assert_true(same(base_of(&s), (struct meridian_utc){BASE_S + 991, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unified_readers_see_it_at_once),
        cmocka_unit_test(percpu_readers_see_it_at_once),
        cmocka_unit_test(every_record_is_right_on_its_own_line),
        cmocka_unit_test(later_records_keep_it),
        cmocka_unit_test(the_last_of_two_sets_wins_whole),
        cmocka_unit_test(it_goes_on_while_vcpu_0_is_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
