/* sources: hv/keeper/exchange.c hv/time/align.c hv/time/outlook.c hv/time/line.c */
/* flags: -include test/unit/turns_cpu.h -fno-sanitize=address */
/*
 * Start-up's exchanges where the test says what each meeting shows: who is ordered to meet whom, how often,
 * and what is made of it (docs/clock.md). test_exchange has the meetings as they are.
 */
#include "turns.h"

#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "keeper/meeting.h"
#include "keeper/start.h"

#define CPUS   4u
#define PASSES 4u
#define BEGINS (1ull << 40) /* turns_new */

struct keeper keeper;

static struct cpu_clock clocks[CPUS];
static bool hypervisor;
static enum alignment found;
static int64_t extent;
static uint64_t pair_time;

/* What the meetings of a pair show: `first` in so many, `later` in the next ones. */
static struct shows {
    struct offset first, later;
    unsigned firsts;
} shows[CPUS][CPUS];
static struct offset star_shows[CPUS];
static unsigned absent_tries[CPUS], absent_stars[CPUS]; /* a star's first tries come to nothing; its stars */
static uint64_t takes_ticks;                            /* a meeting */

static bool in_star;
static unsigned stars, star_tries[CPUS], meetings[CPUS][CPUS]; /* meetings: [leader][other] */

/* Says for an order's number and a CPU which other CPU it led, or followed. */
#define NUMBERS 512u
#define NOBODY  0xff
static uint8_t led[NUMBERS][CPUS], followed[NUMBERS][CPUS];

static char taken[2][64 * 1024] __attribute__((aligned(64)));
static unsigned takes;

void *memory_take_bytes(uint64_t bytes, const char *what)
{
    (void)what;
    assert_in_range(bytes, 1, sizeof taken[0]);
    assert_in_range(takes, 0, 1);
    return memset(taken[takes++], 0, sizeof taken[0]);
}

bool cpu_has_hypervisor(void)
{
    return hypervisor;
}

bool adjust_read(struct cpu_clock *clock)
{
    (void)clock;
    return false;
}

void meeting_init(unsigned cpus)
{
    assert_int_equal(cpus, keeper.cpus);
}

bool meeting_wide(const struct ping *ping)
{
    return !ping->received;
}

bool meeting_at_once(unsigned other, uint64_t meeting)
{
    (void)other, (void)meeting;
    return false;
}

static struct offset shown_by(unsigned leader, unsigned other)
{
    const struct shows *pair = &shows[leader][other];

    return meetings[leader][other] <= pair->firsts ? pair->first : pair->later;
}

void meeting_lead(unsigned other, uint64_t meeting, struct offset *offset, struct ping *narrowest)
{
    assert_in_range(meeting, 1, NUMBERS - 1);
    assert_int_equal(led[meeting][cpu_id()], NOBODY);
    led[meeting][cpu_id()] = (uint8_t)other;
    turns.now += takes_ticks;
    turn();
    if (in_star) {
        if (star_tries[other]++ < absent_tries[other])
            return;
        *offset = offset_join(*offset, star_shows[other]);
        *narrowest = (struct ping){turns.now - 200, turns.now - 100, turns.now};
        return;
    }
    meetings[cpu_id()][other]++;
    *offset = offset_join(*offset, shown_by(cpu_id(), other));
}

void meeting_follow(unsigned leader, uint64_t meeting)
{
    assert_in_range(meeting, 1, NUMBERS - 1);
    assert_int_equal(followed[meeting][cpu_id()], NOBODY);
    followed[meeting][cpu_id()] = (uint8_t)leader;
}

static void star(void)
{
    struct outlook known = {.tsc = BEGINS, .nominal = keeper.nominal};

    in_star = true;
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        star_tries[cpu] = 0;
        absent_tries[cpu] = absent_stars[cpu] >> stars & 1 ? 1000 : absent_tries[cpu];
    }
    exchange_star(&known);
    in_star = false;
    stars++;
}

static void boot(void)
{
    star();
    star();
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++)
        clocks[cpu].measured = clocks[cpu].measured && clocks[cpu].start.late.tsc_hi;
    pair_time = turns.now;
    found = exchange_pairs(PASSES, &extent);
    pair_time = turns.now - pair_time;
    exchange_finish();
}

static void idle(void)
{
    fail_msg("nobody ordered it");
}

/* All are measured, and all that they show is that they are in step, to 300 ticks; a tick is a ns. */
static void new_machine(unsigned cpus)
{
    const struct offset in_step = {-300, 250};

    turns_new(cpus, 3);
    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    memset(shows, 0, sizeof shows);
    memset(absent_tries, 0, sizeof absent_tries);
    memset(absent_stars, 0, sizeof absent_stars);
    memset(meetings, 0, sizeof meetings);
    memset(led, NOBODY, sizeof led);
    memset(followed, NOBODY, sizeof followed);
    keeper.cpus = cpus;
    keeper.clocks = clocks;
    scale_from_hz(1000000000, &keeper.nominal);
    hypervisor = false;
    stars = takes = 0;
    takes_ticks = 1000;
    exchange_init(cpus, idle);
    turns.of[0].runs = boot;
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        clocks[cpu].measured = true;
        star_shows[cpu] = in_step;
        for (unsigned other = 0; other < cpus; other++)
            shows[cpu][other] = (struct shows){in_step, in_step, 0};
        if (cpu)
            turns.of[cpu].runs = exchange_serve;
    }
}

/* The smaller id leads, so [greater][smaller] is nobody's. */
static void assert_met(unsigned a, unsigned b, unsigned times)
{
    assert_int_equal(meetings[a][b], times);
    assert_int_equal(meetings[b][a], 0);
}

static void assert_all_met(unsigned times)
{
    for (unsigned a = 0; a < keeper.cpus; a++) {
        for (unsigned b = a + 1; b < keeper.cpus; b++)
            assert_met(a, b, times);
    }
}

/* ---- The star ---- */

/* T8: what it took for all CPUs, and for the one that took most, both ends of the window together. */
static void the_cost_is_told_of_all_and_of_the_worst(void **state)
{
    uint64_t sum = 0, most = 0;

    (void)state;
    new_machine(4);
    absent_tries[2] = 3; /* so it is CPU 2 that takes most, and not the last */
    assert_true(turns_run());
    for (unsigned cpu = 1; cpu < 4; cpu++) {
        sum += clocks[cpu].start.star_ticks;
        most = clocks[cpu].start.star_ticks > most ? clocks[cpu].start.star_ticks : most;
    }
    assert_true(most == clocks[2].start.star_ticks && most >= 8000);
    assert_true(exchange_cost()->star == sum);
    assert_true(exchange_cost()->star_worst == most);
}

/* A CPU that is held up is not left out for it: it meets again, eight times at most. */
static void who_was_held_up_meets_again(void **state)
{
    (void)state;
    new_machine(3);
    absent_tries[1] = 7;
    absent_tries[2] = 8;
    assert_true(turns_run());
    assert_true(clocks[1].measured);
    assert_true(clocks[1].start.late.tsc_hi != 0);
    assert_false(clocks[2].measured);
}

/* A bracket of the first star says nothing of the second: a rate that is made of one moment is none. */
static void who_did_not_meet_has_no_bracket(void **state)
{
    (void)state;
    new_machine(3);
    absent_stars[2] = 2; /* the second one */
    assert_true(turns_run());
    assert_true(clocks[1].start.late.tsc_hi != 0);
    assert_int_equal(clocks[2].start.late.tsc_hi, 0);
}

/* In step are TSCs of which neither was ever seen behind the other: in a star either. */
static void what_a_star_showed_counts(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        new_machine(3);
        star_shows[2] = way ? (struct offset){5, 200} : (struct offset){-200, -5};
        assert_true(turns_run());
        assert_int_equal(found, ALIGNMENT_APART);
    }
}

/* ---- Pairs ---- */

static void every_pair_meets_as_often_as_asked(void **state)
{
    (void)state;
    for (unsigned cpus = 2; cpus <= CPUS; cpus++) {
        for (unsigned beside = 0; beside < 2; beside++) {
            new_machine(cpus);
            hypervisor = beside;
            assert_true(turns_run());
            assert_all_met(PASSES);
            assert_int_equal(found, ALIGNMENT_IN_STEP);
        }
    }
}

/* Each of the others would wait for it in every round. */
static void who_is_left_out_meets_nobody(void **state)
{
    (void)state;
    for (unsigned beside = 0; beside < 2; beside++) {
        new_machine(4);
        hypervisor = beside;
        clocks[2].measured = false;
        assert_true(turns_run());
        assert_met(0, 2, 0);
        assert_met(1, 2, 0);
        assert_met(2, 3, 0);
        assert_met(0, 1, PASSES);
        assert_met(0, 3, PASSES);
        assert_met(1, 3, PASSES);
        assert_int_equal(found, ALIGNMENT_IN_STEP);
        assert_int_equal(extent, 300);
    }
}

static const struct {
    unsigned a, b;
} PAIRS[] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};

#define PAIR_COUNT (sizeof PAIRS / sizeof *PAIRS)

/* Two others are wider than the rest, so that it is neither the first nor the last one by chance. */
static void the_resolution_is_the_largest_of_all_pairs(void **state)
{
    (void)state;
    for (unsigned most = 0; most < PAIR_COUNT; most++) {
        new_machine(4);
        for (unsigned i = 0; i < 4; i++)
            star_shows[i] = (struct offset){-990, 990};
        for (unsigned i = 0; i < PAIR_COUNT; i++)
            shows[PAIRS[i].a][PAIRS[i].b].later =
                i == most ? (struct offset){-100, 900} : (struct offset){-(200 + (int64_t)i), 150};
        assert_true(turns_run());
        assert_int_equal(found, ALIGNMENT_IN_STEP);
        assert_int_equal(extent, 900);
    }
}

static void one_pair_decides(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < PAIR_COUNT; pair++) {
        new_machine(4);
        shows[PAIRS[pair].a][PAIRS[pair].b].later = (struct offset){3, 250};
        assert_true(turns_run());
        assert_int_equal(found, ALIGNMENT_APART);
    }
}

/* ---- Pairs that are wide ---- */

/* A pair in step meets again while its range reaches beyond 1 us; no other pair does. */
static void wide_pairs_meet_again_and_no_others(void **state)
{
    (void)state;
    for (unsigned wide = 1; wide < 1u << PAIR_COUNT; wide += 3) {
        for (unsigned beside = 0; beside < 2; beside++) {
            new_machine(4);
            hypervisor = beside;
            for (unsigned i = 0; i < 4; i++)
                star_shows[i] = (struct offset){-2000, 2000};
            for (unsigned i = 0; i < PAIR_COUNT; i++) {
                if (wide >> i & 1)
                    shows[PAIRS[i].a][PAIRS[i].b] =
                        (struct shows){{-300, 1500}, {-300, 1000}, PASSES + 1 + i % 2};
            }
            assert_true(turns_run());
            for (unsigned i = 0; i < PAIR_COUNT; i++)
                assert_met(PAIRS[i].a, PAIRS[i].b, wide >> i & 1 ? PASSES + 2 + i % 2 : PASSES);
            assert_int_equal(extent, 1000);
        }
    }
}

/* More meetings make nothing of them. */
static void who_is_apart_or_unknown_does_not_meet_again(void **state)
{
    (void)state;
    new_machine(3);
    shows[1][2].later = (struct offset){4000, 9000};
    assert_true(turns_run());
    assert_all_met(PASSES);
    new_machine(3);
    shows[1][2].later = OFFSET_UNKNOWN;
    assert_true(turns_run());
    assert_all_met(PASSES);
    assert_int_equal(found, ALIGNMENT_UNKNOWN);
}

/* For half a second in all, and the meeting in which that ends. */
static void wide_for_ever_it_ends(void **state)
{
    (void)state;
    new_machine(3);
    takes_ticks = 10000000;
    for (unsigned i = 0; i < 3; i++) {
        star_shows[i] = (struct offset){-2000, 2000};
        shows[PAIRS[i].a][PAIRS[i].b].later = (struct offset){-2000, 2000};
    }
    shows[1][2].later = (struct offset){-2000, 2000};
    assert_true(turns_run());
    assert_int_equal(extent, 2000);
    assert_in_range(pair_time, 500000000, 3 * PASSES * takes_ticks + 500000000 + 2 * takes_ticks);
}

/* ---- Orders ---- */

/* Who followed had a leader that met it, in the same order, and who led was followed. */
static void assert_followed(void)
{
    for (unsigned number = 0; number < NUMBERS; number++) {
        for (unsigned cpu = 0; cpu < keeper.cpus; cpu++) {
            if (followed[number][cpu] != NOBODY)
                assert_int_equal(led[number][followed[number][cpu]], cpu);
            if (led[number][cpu] != NOBODY)
                assert_int_equal(followed[number][led[number][cpu]], cpu);
        }
    }
}

static void wake_somebody(void)
{
    turns.of[1 + turn_draw(turns.cpus - 1)].woken = true;
}

/*
 * HLT ends for other reasons than a wake-up. So a CPU may look for an order at any moment, in the middle of
 * its being written: it takes a whole one or none, and each once.
 */
static void an_order_is_whole(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 300; run++) {
        new_machine(4);
        turns.r.state = run;
        turns.nmi = wake_somebody;
        hypervisor = run % 2;
        assert_true(turns_run());
        assert_all_met(PASSES);
        assert_followed();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cost_is_told_of_all_and_of_the_worst),
        cmocka_unit_test(who_was_held_up_meets_again),
        cmocka_unit_test(who_did_not_meet_has_no_bracket),
        cmocka_unit_test(what_a_star_showed_counts),
        cmocka_unit_test(every_pair_meets_as_often_as_asked),
        cmocka_unit_test(who_is_left_out_meets_nobody),
        cmocka_unit_test(the_resolution_is_the_largest_of_all_pairs),
        cmocka_unit_test(one_pair_decides),
        cmocka_unit_test(wide_pairs_meet_again_and_no_others),
        cmocka_unit_test(who_is_apart_or_unknown_does_not_meet_again),
        cmocka_unit_test(wide_for_ever_it_ends),
        cmocka_unit_test(an_order_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
