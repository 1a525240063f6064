/* sources: keeper */
/* flags: -include test/sim/sim_cpu.h */
/*
 * What is assumed, of which CPUs, and what stands on the page of it; and a breach, from the step that caused
 * it to the word about it (docs/promises.md, "What a bound is worth"; docs/abi.md). On a machine without
 * chance.
 */
#include "seed_machine.h"
#include "keeper/publisher.h"
#include "time/fixed.h"

#define HZ   (3 * SECOND)
#define CPUS 3u

#define ROOM_NS 10000u /* until the publish after a telling */

static struct meridian_record slots[1 + CPUS];
static struct time_vcpu vcpus[CPUS];
static uint32_t wall[4];
static struct meridian_assumed page;
static struct time_domain domain;

static void boot(enum clockmode mode, bool learns)
{
    machine_new(CPUS, HZ);
    machine.wander_ppb_s = learns ? WANDER_LEARNED : 10;
    machine_boot(mode);
    memset(slots, 0, sizeof slots);
    memset(&page, 0, sizeof page);
    for (unsigned i = 0; i < CPUS; i++)
        vcpus[i] = (struct time_vcpu){.cpu = i, .slot = &slots[i + 1]};
    domain = (struct time_domain){.vcpu_count = CPUS,
                                  .vcpus = vcpus,
                                  .common = &slots[0],
                                  .assumed = &page,
                                  .wc_version = &wall[0],
                                  .wc_sec = &wall[1],
                                  .wc_nsec = &wall[2],
                                  .wc_sec_hi = &wall[3]};
    keeper_add_domain(&domain);
    machine_run(20 * SECOND);
}

/* A TSC goes on from where it is, faster by so many ppm. */
static void step_rate(unsigned cpu, int64_t ppm)
{
    uint64_t tsc = tsc_of(cpu);

    machine.hz[cpu] += (uint64_t)(ppm * (int64_t)(HZ / 1000000));
    machine.base[cpu] += tsc - tsc_of(cpu);
}

/* By how much a reader on that CPU is told wrong now, beyond the bound, as the machine knows R. */
static int64_t beyond_ns(unsigned cpu)
{
    const struct published *told = published_for(cpu);
    int64_t s = (int64_t)line_read(&told->line, tsc_of(cpu)), age = s - (int64_t)told->line.ns;
    int64_t off = s - (int64_t)(machine.now_ns - keeper.tie.origin * 10);

    assert_true(told->bound.ns < 20000); /* known: it is a breach, and no disruption */
    return llabs(off) - (int64_t)told->bound.ns - age * told->bound.ppb / (int64_t)SECOND;
}

/* Goes on until a breach is told, to the ms. How far reads were truly off beyond their bounds until then: */
static struct {
    uint64_t begins_ns; /* when nothing was wrong yet */
    uint64_t from_ns;   /* beyond what may pass in silence: w */
    uint64_t to_ns;
    int64_t worst_ns;
} truly;

static void run_until_told(void)
{
    truly.begins_ns = keeper_now_ns();
    truly.from_ns = UINT64_MAX;
    truly.to_ns = 0;
    truly.worst_ns = 0;
    for (unsigned i = 0; keeper.assumptions.page.breaches == 0; i++) {
        for (unsigned cpu = 0; cpu < CPUS; cpu++) {
            int64_t beyond = beyond_ns(cpu);

            truly.worst_ns = max_i64(truly.worst_ns, beyond);
            truly.to_ns = beyond > 0 ? keeper_now_ns() : truly.to_ns;
            if (beyond > (int64_t)page.resolution_ns && truly.from_ns == UINT64_MAX)
                truly.from_ns = truly.to_ns;
        }
        assert_in_range(i, 0, 1000);
        machine_run(SECOND / 1000);
    }
}

/* "Since when, for how long, at least and at most how much." At most is below the true one plus 2 w. */
static void assert_owned_up_to(const struct meridian_breach *told)
{
    assert_true(truly.worst_ns > 20);
    assert_true(told->from_ns <= truly.from_ns && told->from_ns + PERIOD_NS > truly.begins_ns);
    /* It is told within a period of the look: the old line was read until then, and some us more. */
    assert_in_range(told->to_ns, truly.to_ns, keeper_now_ns() + ROOM_NS);
    assert_in_range(told->at_least_ns, 1, truly.worst_ns + 10);
    assert_in_range(told->at_most_ns, truly.worst_ns - 10, truly.worst_ns + 2 * (int64_t)page.resolution_ns);
}

/*
 * Told at that look, and counted in all records at once. What was told once is not told again. Nobody is
 * anchored anew, the bound stays known, and what is silent is below the resolution.
 */
static void a_step_of_the_rate_is_owned_up_to(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 4; turn++) {
        boot(CLOCKMODE_UNIFIED, true);
        machine.reads_ns = turn / 2 ? 500 : 100;
        machine_run(10 * SECOND);
        for (unsigned cpu = 0; cpu < CPUS; cpu++)
            step_rate(cpu, turn % 2 ? 2 : -2);
        run_until_told();
        for (unsigned i = 0; i <= CPUS; i++)
            assert_int_equal(slots[i].flags >> MERIDIAN_BREACH_SHIFT, page.breaches % 64);
        assert_owned_up_to(&page.last[0]);
        for (unsigned i = 1; i < page.breaches; i++)
            assert_true(page.last[i].from_ns + ROOM_NS >= page.last[i - 1].to_ns);
        for (unsigned i = 0; i < 100; i++) {
            for (unsigned cpu = 0; cpu < CPUS; cpu++)
                assert_true(beyond_ns(cpu) <= (int64_t)(page.resolution_ns + page.excursion_ns));
            machine_run(SECOND / 100);
        }
        assert_int_equal(keeper.epoch, 0);
        assert_int_equal(keeper.mode, CLOCK_UNIFIED);
    }
}

/*
 * The other CPUs have not looked yet. "They have no say in where S goes, but the bound contains them. The new
 * bound is published at once", though the period's publish has been.
 */
static void others_have_no_say_until_they_have_looked(void **state)
{
    (void)state;
    for (unsigned sees = 0; sees < CPUS; sees++) {
        struct range own, all_of_them;
        struct consensus all;

        boot(CLOCKMODE_UNIFIED, true);
        machine.reads_ns = 100;
        machine_run(10 * SECOND);
        for (unsigned cpu = 0; cpu < CPUS; cpu++) {
            machine.blind[cpu] = cpu != sees;
            step_rate(cpu, 2);
        }
        run_until_told();
        assert_int_equal(page.breaches, 1);
        for (unsigned i = 0; i <= CPUS; i++)
            assert_int_equal(slots[i].flags >> MERIDIAN_BREACH_SHIFT, 1);
        own = all_of_them = outlook_at(&clock_of(sees)->known.outlook, tsc_of(0));
        for (unsigned cpu = 0; cpu < CPUS; cpu++) {
            struct range of = outlook_at(&clock_of(cpu)->known.outlook, tsc_of(0));

            all_of_them.lo = min_i64(all_of_them.lo, of.lo);
            all_of_them.hi = max_i64(all_of_them.hi, of.hi);
        }
        all = publish_gather(tsc_of(0));
        assert_true(all.agree);
        assert_memory_equal(&all.value, &own, sizeof own);
        assert_memory_equal(&all.value_hull, &all_of_them, sizeof own);
    }
}

/* Any CPU may tell it first, and the others may be off by less: the faster TSC is in what is told. */
static void the_worst_of_all_cpus_is_in_it(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 2 * CPUS; turn++) {
        unsigned high = turn / 2;

        boot(CLOCKMODE_PERCPU, true);
        machine.reads_ns = 100;
        machine_run(10 * SECOND);
        for (unsigned cpu = 0; cpu < CPUS; cpu++)
            step_rate(cpu, (turn % 2 ? 1 : -1) * (cpu == high ? 2 : 1));
        run_until_told();
        machine_run(1000000);
        assert_int_equal(page.breaches, 1);
        assert_owned_up_to(&page.last[0]);
        assert_int_equal(slots[1 + high].flags >> MERIDIAN_BREACH_SHIFT, 1);
    }
}

/* "Breaches are told in the order of to_ns", though the line of who told the last one was ahead. */
static void breaches_end_in_their_order(void **state)
{
    struct meridian_breach *last = &keeper.assumptions.page.last[0];

    (void)state;
    boot(CLOCKMODE_PERCPU, true);
    last->to_ns = keeper_now_ns() + SECOND;
    keeper.assumptions.page.breaches = 1;
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        step_rate(cpu, 2);
    machine_run(SECOND / 2);
    assert_int_equal(page.breaches, 2);
    assert_true(page.last[1].to_ns >= page.last[0].to_ns);
}

static void learned(unsigned cpu, uint32_t wander_ppb_s, uint32_t phase_ns)
{
    clock_of(cpu)->look.learned.wander_ppb_s = wander_ppb_s;
    clock_of(cpu)->look.learned.phase_ns = phase_ns;
}

/* "In unified mode the greatest D and J of all CPUs are in force on each"; one that stopped has no say. */
static void in_unified_mode_the_others_count(void **state)
{
    struct crystal others;

    (void)state;
    boot(CLOCKMODE_UNIFIED, true);
    learned(0, 220, 10);
    learned(1, 47, 77);
    learned(2, 1000, 300);
    others = assumed_by_others(0);
    assert_true(others.wander_ppb_s == 1000 && others.phase_ns == 300);
    others = assumed_by_others(2);
    assert_true(others.wander_ppb_s == 220 && others.phase_ns == 77);
    clock_of(0)->watched.silent = STOPPED_PERIODS;
    others = assumed_by_others(2);
    assert_true(others.wander_ppb_s == 47 && others.phase_ns == 77);
    keeper.mode = CLOCK_PERCPU;
    others = assumed_by_others(2);
    assert_true(others.wander_ppb_s == 0 && others.phase_ns == 0);
}

static void refresh(void)
{
    lock_take(&keeper.lock);
    assumed_changed();
    assumed_refresh();
    lock_release(&keeper.lock, false);
}

/* Each field of the page, as docs/abi.md has it: the greatest of all CPUs that count, whichever it is. */
static void the_page_has_the_greatest(void **state)
{
    (void)state;
    for (unsigned high = 0; high < CPUS; high++) {
        uint32_t version;

        boot(CLOCKMODE_UNIFIED, true);
        assert_int_equal(page.wander_origin, MERIDIAN_ORIGIN_START);
        assert_int_equal(page.phase_origin, MERIDIAN_ORIGIN_START);
        version = page.version;
        clock_of(high)->known.outlook.wander_ppb_s = 470;
        clock_of(high)->known.outlook.phase_ns = 99;
        clock_of(high)->known.width_ns = 7000;
        clock_of(high)->look.learned.wander_learned = clock_of(high)->look.learned.phase_learned = true;
        refresh();
        assert_true(page.version > version && page.version % 2 == 0);
        assert_true(page.wander_ppb_s == 470 && page.phase_ns == 99 && page.resolution_ns == 7000);
        assert_int_equal(page.most_wander_ppb_s, 1000);
        assert_in_range(page.excursion_ns, 8, 9); /* Dmax T^2 / 8 is 7.8 ns */
        assert_int_equal(page.wander_origin, MERIDIAN_ORIGIN_LEARNED);
        assert_int_equal(page.phase_origin, MERIDIAN_ORIGIN_LEARNED);
        clock_of(high)->watched.silent = STOPPED_PERIODS;
        refresh();
        assert_true(page.wander_ppb_s == 100 && page.phase_ns < 99 && page.resolution_ns < 7000);
    }
    boot(CLOCKMODE_UNIFIED, false);
    assert_int_equal(page.wander_origin, MERIDIAN_ORIGIN_FIXED);
}

/* "Dmax T^2 / 8"; "a rate step up and back: its size times T / 4". D counts where it is above Dmax. */
static void the_excursion_is_of_what_may_happen(void **state)
{
    (void)state;
    boot(CLOCKMODE_UNIFIED, false);
    keeper.assumptions.slew_ns = 125000; /* a period of 500 ppm */
    refresh();
    assert_in_range(page.excursion_ns, 31250, 31251);
    keeper.assumptions.slew_ns = 0;
    clock_of(1)->known.outlook.wander_ppb_s = 100000;
    refresh();
    assert_int_equal(page.most_wander_ppb_s, 100000);
    assert_in_range(page.excursion_ns, 781, 783);
}

/* What is learned comes down again in unified mode too: nobody holds himself up. */
static void a_quiet_machine_assumes_less_after_minutes(void **state)
{
    (void)state;
    boot(CLOCKMODE_UNIFIED, true);
    machine_run(40 * SECOND);
    assert_int_equal(page.wander_ppb_s, 100);
    machine_run(100 * SECOND);
    assert_int_equal(page.wander_ppb_s, 47);
    machine_run(200 * SECOND);
    assert_int_equal(page.wander_ppb_s, 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_of_the_rate_is_owned_up_to),
        cmocka_unit_test(others_have_no_say_until_they_have_looked),
        cmocka_unit_test(the_worst_of_all_cpus_is_in_it),
        cmocka_unit_test(breaches_end_in_their_order),
        cmocka_unit_test(in_unified_mode_the_others_count),
        cmocka_unit_test(the_page_has_the_greatest),
        cmocka_unit_test(the_excursion_is_of_what_may_happen),
        cmocka_unit_test(a_quiet_machine_assumes_less_after_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
