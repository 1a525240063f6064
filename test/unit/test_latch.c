/* sources: hv/keeper/latch.c hv/time/line.c */
/* flags: -include test/unit/turns_cpu.h -fno-sanitize=address */
/*
 * The latch under interruption: one CPU writes a line, another reads it, and NMIs read it between any two of
 * the writer's stores, each in any order of their steps (turns.h). What is read is one line, whole. Beside it
 * how system time is read of it, and how a VCPU that moved waits for it.
 */
#include "turns.h"

#include "keeper/clocks.h"
#include "keeper/latch.h"

#define RUNS 500u
#define SETS 6u

struct keeper keeper;

static struct cpu_clock clocks[TURN_CPUS];
static struct latch latch;
static unsigned written; /* lines: whole in both copies */
static unsigned reads, nmi_reads;

bool cpu_has_hypervisor(void)
{
    return false;
}

/* All fields of line n follow from n; its ns are n seconds at every TSC. */
static struct line numbered(unsigned n)
{
    return (struct line){.tsc = n, .ns = n * 1000000000ull, .frac = n, .scale = {0, (int8_t)n}};
}

/* Reads the latch as latch_read does. Returns which line it is; fails for what is of two. */
static unsigned read_whole(void)
{
    struct line line, whole;

    latch_copy(&latch.sequence, latch.copy, &line, sizeof line);
    whole = numbered((unsigned)line.tsc);
    assert_true(line.ns == whole.ns && line.frac == whole.frac && line.scale.mul == whole.scale.mul &&
                line.scale.shift == whole.scale.shift);
    return (unsigned)line.tsc;
}

static void write_lines(void)
{
    struct line line;

    for (unsigned n = 1; n <= SETS; n++) {
        line = numbered(n);
        latch_set(&latch, &line);
        written = n;
        turn_late(turn_draw(3000)); /* a reader is overtaken by few */
    }
}

/* No older than what was whole when it began, no newer than what is being written, and never back. */
static void read_lines(void)
{
    unsigned last = 0;

    while (written < SETS) {
        unsigned least = written, n = read_whole();

        assert_in_range(n, least > last ? least : last, written + 1);
        last = n;
        reads++;
    }
    assert_int_equal(read_whole(), SETS);
}

/* On the writer's CPU, between any two of its stores, while the writer stands. */
static void read_in_nmi(void)
{
    assert_in_range(read_whole(), written, written + 1);
    nmi_reads++;
}

static void new_latch(uint64_t seed)
{
    struct line line = numbered(0);

    turns_new(3, seed);
    memset(&latch, 0, sizeof latch);
    latch_set(&latch, &line);
    written = 0;
}

static void what_is_read_is_whole(void **state)
{
    (void)state;
    reads = nmi_reads = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        new_latch(run);
        turns.of[0].runs = write_lines;
        turns.of[1].runs = turns.of[2].runs = read_lines;
        turns.nmi = read_in_nmi;
        assert_true(turns_run());
        assert_true(latch.copy[0].tsc == SETS && latch.copy[1].tsc == SETS);
    }
    assert_true(reads > RUNS && nmi_reads > RUNS);
}

/* ---- System time by it ---- */

static void new_clock(enum clock_mode mode)
{
    turns_new(2, 1);
    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    keeper.cpus = 2;
    keeper.clocks = clocks;
    keeper.mode = mode;
}

/* A tick is a ns. */
static struct line line_that_says(uint64_t ns)
{
    return (struct line){.tsc = turns.now, .ns = ns, .scale = {0x80000000u, 1}};
}

static void set(struct latch *to, uint64_t ns)
{
    struct line line = line_that_says(ns);

    latch_set(to, &line);
}

static void the_line_in_force_is_read(void **state)
{
    (void)state;
    new_clock(CLOCK_UNIFIED);
    assert_ptr_equal(latch_in_force(), &keeper.common.latch);
    keeper.mode = CLOCK_PERCPU;
    turns.cpu = 1;
    assert_ptr_equal(latch_in_force(), &clocks[1].own.latch);
    turns.cpu = 0;
    assert_ptr_equal(latch_in_force(), &clocks[0].own.latch);
}

/* A new line that is a little behind: time stands until it is past what was read, on this CPU alone. */
static void system_time_never_goes_back_here(void **state)
{
    uint64_t first, now;

    (void)state;
    new_clock(CLOCK_UNIFIED);
    turns.at_pauses = true;
    set(&keeper.common.latch, 1000000);
    first = keeper_now_ns();
    set(&keeper.common.latch, first - 500);
    now = keeper_now_ns();
    assert_int_equal(now, first);
    turns.cpu = 1;
    now = keeper_now_ns();
    assert_true(now < first);
    turns.cpu = 0;
    turns.now += 600;
    assert_true(keeper_now_ns() > first);
}

static struct time_vcpu vcpu[2];
static struct time_domain domain = {.vcpu_count = 2, .vcpus = vcpu};
static bool may_run;

static void go_on(void)
{
    may_run = keeper_vcpu_may_run(&domain, 1);
}

/* Tries a move: a VCPU waits on a CPU with a line behind the one that it read, until that is made up for. */
static void a_vcpu_that_moved_waits(void **state)
{
    (void)state;
    new_clock(CLOCK_PERCPU);
    turns.at_pauses = true;
    set(&clocks[0].own.latch, 1009000);
    set(&clocks[1].own.latch, 1000000);
    keeper_vcpu_left(&domain, 1);
    assert_true(vcpu[1].left_ns >= 1009000);
    turns.of[1].runs = go_on;
    assert_true(turns_run());
    assert_true(may_run);
    turns.cpu = 1;
    assert_in_range(keeper_now_ns(), vcpu[1].left_ns, vcpu[1].left_ns + 1000);
}

/* The line is so far behind that waiting is of no use: it is told, and the CPU is not held for ever. */
static void it_does_not_wait_for_ever(void **state)
{
    uint64_t begin;

    (void)state;
    new_clock(CLOCK_PERCPU);
    turns.at_pauses = true;
    set(&clocks[0].own.latch, 100000000000);
    set(&clocks[1].own.latch, 1000000);
    keeper_vcpu_left(&domain, 1);
    begin = turns.now;
    turns.of[1].runs = go_on;
    assert_true(turns_run());
    assert_false(may_run);
    assert_in_range(turns.now - begin, 1000000, 100000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_whole),
        cmocka_unit_test(the_line_in_force_is_read),
        cmocka_unit_test(system_time_never_goes_back_here),
        cmocka_unit_test(a_vcpu_that_moved_waits),
        cmocka_unit_test(it_does_not_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
