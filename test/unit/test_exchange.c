/* sources: hv/keeper/exchange.c hv/keeper/meeting.c hv/time/align.c hv/time/outlook.c hv/time/line.c */
/* flags: -include test/unit/turns_cpu.h -fno-sanitize=address */
/*
 * Start-up's exchanges as they are: the boot CPU orders, the others serve, all in any order of their steps
 * (turns.h). R is time itself, so that every bracket and every offset can be held against the truth.
 */
#include "turns.h"

#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "keeper/meeting.h"
#include "keeper/start.h"

#define RUNS   25u
#define BEGINS (1ull << 40) /* turns_new */

struct keeper keeper;

static struct cpu_clock clocks[TURN_CPUS];
static bool hypervisor, at_once;
static unsigned idled, adjusted;
static enum alignment found;
static int64_t extent;
static uint64_t pair_time; /* of all pairs */
static void (*before_pairs)(void);

static char taken[3][64 * 1024] __attribute__((aligned(64)));
static unsigned takes;

void *memory_take_bytes(uint64_t bytes, const char *what)
{
    (void)what;
    assert_in_range(bytes, 1, sizeof taken[0]);
    assert_in_range(takes, 0, 2);
    return memset(taken[takes++], 0, sizeof taken[0]);
}

bool cpu_has_hypervisor(void)
{
    return hypervisor;
}

bool adjust_read(struct cpu_clock *clock)
{
    adjusted |= 1u << (clock - clocks);
    return false;
}

static void idle(void)
{
    idled |= 1u << cpu_id();
}

/* What the boot CPU knows of R: all of it, to the ns. */
static struct outlook boot_outlook(void)
{
    return (struct outlook){.tsc = BEGINS + (uint64_t)turns.skew[0], .nominal = keeper.nominal};
}

static void boot(void)
{
    struct outlook known = boot_outlook();

    exchange_star(&known);
    if (before_pairs)
        before_pairs();
    pair_time = turns.now;
    found = exchange_pairs(4, &extent);
    pair_time = turns.now - pair_time;
    exchange_finish();
}

static void boot_asks(void)
{
    at_once = exchange_at_once();
    exchange_idle();
    turn_late(1000000);
    exchange_finish();
}

/* All CPUs run, and all are measured. */
static void new_machine(unsigned cpus, uint64_t seed)
{
    turns_new(cpus, seed);
    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    keeper.cpus = cpus;
    keeper.clocks = clocks;
    scale_from_hz(1000000000, &keeper.nominal);
    hypervisor = at_once = false;
    idled = adjusted = takes = 0;
    before_pairs = NULL;
    exchange_init(cpus, idle);
    turns.of[0].runs = boot;
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        clocks[cpu].measured = true;
        if (cpu)
            turns.of[cpu].runs = exchange_serve;
    }
}

/* By the star: the offset, and where R was when this TSC had its value. */
static void assert_tied(unsigned cpu)
{
    const struct cpu_start *start = &clocks[cpu].start;
    int64_t skew = turns.skew[cpu] - turns.skew[0];
    int64_t ref_ns = (int64_t)(start->late.tsc_lo - (uint64_t)turns.skew[cpu] - BEGINS);

    assert_true(start->offset.lo <= skew && skew <= start->offset.hi);
    assert_true(start->late.tsc_hi == start->late.tsc_lo && start->late.tsc_lo);
    assert_true(start->late.ref_lo_ns <= ref_ns && ref_ns <= start->late.ref_hi_ns);
    assert_true(start->star_ticks > 0);
}

static void all_are_tied_to_the_boot_cpu(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        new_machine(4, run);
        turns.hold = run % 2 ? 20000 : 0;
        for (unsigned cpu = 0; cpu < 4; cpu++)
            turns.skew[cpu] = (int64_t)turn_draw(1ull << turn_draw(40)) - 1000;
        assert_true(turns_run());
        for (unsigned cpu = 1; cpu < 4; cpu++)
            assert_tied(cpu);
        assert_int_equal(adjusted, 14);
        assert_true(exchange_cost()->star_worst > 0 && exchange_cost()->star >= exchange_cost()->star_worst);
    }
}

/* One of four is off by 1 us, ahead or behind; the others are in step. */
static void one_that_is_off_is_found(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        new_machine(4, run);
        hypervisor = run % 2;
        if (run % 5)
            turns.skew[run % 4] = run / 4 % 2 ? 1000 : -1000;
        assert_true(turns_run());
        assert_int_equal(found, run % 5 ? ALIGNMENT_APART : ALIGNMENT_IN_STEP);
        assert_in_range(extent, 1, 999);
    }
}

/* A skew too small for a meeting is within the extent that is told. */
static void a_small_one_is_within_what_is_told(void **state)
{
    unsigned in_step = 0;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        new_machine(3, run);
        turns.skew[1] = (int64_t)(run % 50) - 25;
        assert_true(turns_run());
        in_step += found == ALIGNMENT_IN_STEP;
        if (found == ALIGNMENT_IN_STEP)
            assert_true(extent >= turns.skew[1] && extent >= -turns.skew[1]);
    }
    assert_true(in_step > 0);
}

/* Each pair as often as is asked: by rounds, or one pair after another under a hypervisor. */
static void every_pair_meets(void **state)
{
    (void)state;
    for (unsigned cpus = 2; cpus <= 4; cpus++) {
        for (unsigned beside = 0; beside < 2; beside++) {
            new_machine(cpus, cpus);
            hypervisor = beside;
            assert_true(turns_run());
            assert_int_equal(found, ALIGNMENT_IN_STEP);
            assert_int_equal(exchange_cost()->meetings, 4 * (beside      ? cpus * (cpus - 1) / 2
                                                             : cpus == 2 ? 1
                                                                         : 3));
        }
    }
}

/* CPU 2 never comes: nobody waits for ever, and it is not known how it stands. */
static void one_that_never_comes_is_not_known(void **state)
{
    (void)state;
    new_machine(3, 1);
    turns.of[2].runs = NULL;
    turns.step = 1;
    turns.at_pauses = true; /* millions of polls */
    assert_true(turns_run());
    assert_int_equal(found, ALIGNMENT_UNKNOWN);
    assert_tied(1);
    assert_int_equal(clocks[2].start.late.tsc_hi, 0);
}

static void leave_out_1(void)
{
    clocks[1].measured = false;
}

/* One that is left out is off, and meets nobody: the others are in step. */
static void one_left_out_does_not_count(void **state)
{
    (void)state;
    for (unsigned beside = 0; beside < 2; beside++) {
        new_machine(3, 5);
        hypervisor = beside;
        turns.skew[1] = 70000;
        before_pairs = leave_out_1;
        assert_true(turns_run());
        assert_int_equal(found, ALIGNMENT_IN_STEP);
        assert_in_range(extent, 1, 999);
    }
}

static void make_meetings_wide(void)
{
    turns.step = 4000;
}

/* Meetings are wide now and then: pairs meet again, and are told apart to 1 us in the end. */
static void wide_pairs_meet_again(void **state)
{
    unsigned again = 0;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        new_machine(3, run);
        hypervisor = true;
        turns.step = 400;
        assert_true(turns_run());
        assert_int_equal(found, ALIGNMENT_IN_STEP);
        assert_in_range(extent, 1, align_resolution_ticks(keeper.nominal));
        again += exchange_cost()->meetings > 12;
    }
    assert_true(again > 0);
}

/* They are wide for ever: that is told, and it takes no longer than half a second. */
static void it_ends_where_all_are_wide(void **state)
{
    (void)state;
    new_machine(3, 3);
    before_pairs = make_meetings_wide;
    assert_true(turns_run());
    assert_int_equal(found, ALIGNMENT_IN_STEP);
    assert_true(extent > 1000);
    assert_in_range(pair_time, 1000000, 600000000);
}

static void only_a_hypervisor_lifts_the_limit(void **state)
{
    (void)state;
    new_machine(2, 1);
    assert_in_range(exchange_resolution_most_ticks(), 1000, 1001);
    hypervisor = true;
    assert_true(exchange_resolution_most_ticks() == INT64_MAX);
}

static void at_once_or_one_at_a_time(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 10; run++) {
        new_machine(3, run);
        turns.of[0].runs = boot_asks;
        turns.at_pauses = run % 2;
        assert_true(turns_run());
        assert_int_equal(at_once, run % 2 == 0);
        assert_int_equal(idled, 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_tied_to_the_boot_cpu),
        cmocka_unit_test(one_that_is_off_is_found),
        cmocka_unit_test(a_small_one_is_within_what_is_told),
        cmocka_unit_test(every_pair_meets),
        cmocka_unit_test(one_that_never_comes_is_not_known),
        cmocka_unit_test(one_left_out_does_not_count),
        cmocka_unit_test(wide_pairs_meet_again),
        cmocka_unit_test(it_ends_where_all_are_wide),
        cmocka_unit_test(only_a_hypervisor_lifts_the_limit),
        cmocka_unit_test(at_once_or_one_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
