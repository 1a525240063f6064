/* sources: hv/keeper/snapshot.c hv/keeper/view.c hv/time/estimate.c hv/time/solve.c hv/time/outlook.c hv/time/line.c hv/time/align.c */
/* flags: -include test/sim/sim_cpu.h -pthread -O2 */
/*
 * What is shown of a CPU: whole, though threads read it while it is written; and what it says of a CPU
 * that has not looked yet, was left out, or has stopped. That it is true is the simulator's part.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "keeper/publisher.h"
#include "busy_host.h"

#define CPUS         2u
#define WRITES       100000u
#define WRITES_LEAST 100u /* on a busy host */

struct keeper keeper;

const struct meridian_assumed *keeper_assumed(void)
{
    static struct meridian_assumed page = {.wander_ppb_s = 22, .phase_ns = 10};

    return &page;
}
static struct cpu_clock clocks[CPUS];
static struct published told;
static uint64_t moment; /* everything that is shown is this number */
static volatile bool stop;
static volatile unsigned torn, whole;

uint64_t rdtsc_ordered(void)
{
    return moment;
}

unsigned cpu_id(void)
{
    return 1;
}

struct cpu *cpu_by_id(unsigned id)
{
    static struct cpu cpus[CPUS];

    cpus[id].apic_id = 10 + id;
    return &cpus[id];
}

uint64_t reference_misreads(void)
{
    return 0;
}

uint64_t keeper_now_ns(void)
{
    return moment;
}

const char *mode_name(void)
{
    return "percpu";
}

const struct latch *latch_in_force(void)
{
    return &keeper.common.latch;
}

uint64_t latch_read(const struct latch *latch, uint64_t tsc)
{
    (void)latch;
    return tsc;
}

const struct published *published_for(unsigned cpu)
{
    (void)cpu;
    told.bound.ns = moment;
    told.disruptions = (uint16_t)moment;
    return &told;
}

bool adjust_now(uint64_t *adjust)
{
    *adjust = moment;
    return true;
}

static void start(void)
{
    keeper = (struct keeper){.cpus = CPUS, .clocks = clocks, .epoch = 1}; /* nothing is known of any rate */
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        clocks[cpu] = (struct cpu_clock){.measured = true};
    moment = 0;
    stop = false;
    torn = whole = 0;
}

static void take(void)
{
    moment++;
    clocks[1].shown.meetings = clocks[1].shown.behind = (uint32_t)moment;
    snapshot_take(&clocks[1]);
}

/* As looks come: not many within one read. */
static void take_beside_a_read(void)
{
    unsigned reads = torn + whole;

    take();
    while (torn + whole == reads)
        sched_yield();
}

static void *read_on(void *unused)
{
    struct keeper_cpu seen;

    while (!stop) {
        keeper_cpu_view(1, &seen);
        if (seen.err_ns != seen.at_ns || seen.adjust != (int64_t)seen.at_ns || seen.meetings != seen.at_ns ||
            seen.behind != seen.at_ns || seen.disruptions != (uint16_t)seen.at_ns)
            torn++;
        else
            whole++;
    }
    return unused;
}

static void test_whole(void **state)
{
    time_t begun_s = seconds_now();
    pthread_t reader;
    unsigned writes;

    (void)state;
    start();
    take();
    assert_int_equal(pthread_create(&reader, NULL, read_on, NULL), 0);
    for (writes = 0; writes < WRITES && !hand_over_is_over(begun_s); writes++)
        take_beside_a_read();
    stop = true;
    pthread_join(reader, NULL);
    assert_in_range(writes, WRITES_LEAST, WRITES);
    assert_int_equal(torn, 0);
}

static void test_states(void **state)
{
    struct keeper_cpu seen;

    (void)state;
    start();
    assert_false(keeper_cpu_view(CPUS, &seen));
    assert_true(keeper_cpu_view(1, &seen));
    assert_int_equal(seen.state, KEEPER_CPU_ONLINE);
    assert_int_equal(seen.apic_id, 11);
    assert_true(seen.at_ns == 0 && seen.hz_ppb == UINT64_MAX && seen.rate_bound_ppb == UINT64_MAX &&
                seen.offset_bound_ns == UINT64_MAX && seen.err_ns == UINT64_MAX);
    take();
    keeper_cpu_view(1, &seen);
    assert_true(seen.at_ns == 1 && seen.err_ns == 1 && seen.offset_bound_ns == UINT64_MAX);
    clocks[1].watched.silent = STOPPED_PERIODS;
    keeper_cpu_view(1, &seen);
    assert_int_equal(seen.state, KEEPER_CPU_STOPPED);
    clocks[1].measured = false;
    keeper_cpu_view(1, &seen);
    assert_int_equal(seen.state, KEEPER_CPU_LEFT_OUT);
}

/* Start-up's reading is what it is compared with; once it has changed, it has. */
static void test_adjust(void **state)
{
    struct keeper_cpu seen;

    (void)state;
    start();
    clocks[1].look.adjust = 1;
    take();
    keeper_cpu_view(1, &seen);
    assert_false(seen.adjust_changed);
    take();
    keeper_cpu_view(1, &seen);
    assert_true(seen.adjust_changed && seen.adjust == 2);
    moment = 1; /* and back, as it was first */
    take();
    keeper_cpu_view(1, &seen);
    assert_true(seen.adjust_changed);
}

/* Which CPU was seen behind which. */
static void test_met(void **state)
{
    struct shown *a = &clocks[0].shown, *b = &clocks[1].shown;
    struct range heard;

    (void)state;
    start();
    snapshot_met(0, 1, OFFSET_UNKNOWN, 0);
    assert_true(a->meetings == 0 && b->meetings == 0);
    snapshot_met(0, 1, (struct offset){-5, 5}, 0);
    assert_true(a->meetings == 1 && b->meetings == 1 && a->behind == 0 && b->behind == 0);
    snapshot_met(0, 1, (struct offset){-9, -1}, 0);
    assert_true(a->meetings == 2 && b->meetings == 2 && a->behind == 0 && b->behind == 1);
    snapshot_met(0, 1, (struct offset){1, 9}, 0);
    assert_true(a->behind == 1 && b->behind == 1);
    assert_true(scale_from_hz(3000000000, &keeper.nominal));
    heard = b->heard;
    snapshot_met(0, 1, (struct offset){90000, 1}, 0); /* pings that contradict each other tell no offset */
    assert_true(b->heard.lo == heard.lo && b->heard.hi == heard.hi && heard.lo <= heard.hi);
}

/* R on both CPUs to 500 ns, and by it CPU 1's TSC is ahead by so many ns. The TSCs have 1 GHz. */
static void ahead_by_reference(int64_t ns)
{
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        struct outlook *outlook = &clocks[cpu].known.outlook;

        clocks[cpu].known.epoch = keeper.epoch;
        *outlook = (struct outlook){.tsc = moment, .nominal = keeper.nominal};
        outlook->lo_ns = (int64_t)moment - 500 - (cpu ? ns : 0);
        outlook->hi_ns = outlook->lo_ns + 1000;
    }
}

static void met(int64_t lo, int64_t hi)
{
    snapshot_met(0, 1, (struct offset){lo, hi}, moment);
}

static void assert_offset(int64_t ns, int64_t bound_ns)
{
    struct keeper_cpu seen;

    moment += 10;
    snapshot_take(&clocks[1]);
    assert_true(keeper_cpu_view(1, &seen));
    assert_in_range(seen.offset_ns - ns + 3, 0, 6);
    assert_in_range(seen.offset_bound_ns, bound_ns, bound_ns + 20);
}

/*
 * What meetings show is narrower than the reference. Of two facts that contradict each other the newer one
 * counts, once; and nothing from before a disruption.
 */
static void test_which_fact_counts(void **state)
{
    (void)state;
    start();
    moment = 1000000;
    assert_true(scale_from_hz(1000000000, &keeper.nominal));
    clocks[1].start.offset = OFFSET_UNKNOWN;
    ahead_by_reference(0);
    assert_offset(0, 1000);
    met(100, 200);
    assert_offset(150, 50);
    assert_offset(150, 50); /* carried on */
    met(300, 400);
    assert_offset(350, 50);
    ahead_by_reference(5000); /* it was written */
    assert_offset(5000, 1000);
    met(5100, 5200);
    assert_offset(5150, 50);

    keeper.epoch++;
    ahead_by_reference(5500);
    assert_offset(5500, 1000);
    met(5100, 5200); /* and then a disruption, before it is taken in */
    keeper.epoch++;
    ahead_by_reference(5500);
    assert_offset(5500, 1000);
}

/* Until the time base is due; not at all while something is odd. */
static void test_free_ns(void **state)
{
    struct cpu_clock *clock = &clocks[1];

    (void)state;
    start();
    assert_int_equal(keeper_free_ns(), 0);
    clock->look.timer = (struct timer){.armed = true, .deadline_ns = 1000};
    moment = 400;
    assert_int_equal(keeper_free_ns(), 600);
    clock->alarm.suspect = 1;
    assert_int_equal(keeper_free_ns(), 0);
    clock->alarm.suspect = 0;
    clock->alarm.nudged = true;
    assert_int_equal(keeper_free_ns(), 0);
    clock->alarm.nudged = false;
    moment = 1001;
    assert_int_equal(keeper_free_ns(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_states),
        cmocka_unit_test(test_adjust),  cmocka_unit_test(test_met),
        cmocka_unit_test(test_free_ns), cmocka_unit_test(test_which_fact_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
