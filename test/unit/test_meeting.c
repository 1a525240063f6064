/* sources: hv/keeper/meeting.c hv/time/align.c hv/time/line.c */
/* flags: -include test/unit/turns_cpu.h -fno-sanitize=address */
/*
 * Two CPUs meet: the code of both partners, in any order of their steps (turns.h), with TSCs whose skew is
 * known. What a meeting says of the skew holds always, whoever is held up, and is tight where nobody is.
 */
#include "turns.h"

#include "keeper/clocks.h"
#include "keeper/meeting.h"

#define RUNS 400u

struct keeper keeper;

static struct offset offset;
static struct ping narrowest;
static uint64_t meeting; /* its number */
static unsigned partner; /* whom CPU 0 meets */
static uint64_t late[2]; /* ticks: how long after the other each comes */
static bool at_once;

static _Alignas(64) char taken[4096]; /* again for each test */

void *memory_take_bytes(uint64_t bytes, const char *what)
{
    (void)what;
    assert_in_range(bytes, 1, sizeof taken);
    return memset(taken, 0, sizeof taken);
}

bool cpu_has_hypervisor(void)
{
    return false;
}

/* A tick is a ns. */
static void new_pair(uint64_t seed, int64_t skew)
{
    turns_new(3, seed);
    turns.skew[1] = skew;
    scale_from_hz(1000000000, &keeper.nominal);
    keeper.cpus = 3;
    meeting_init(3);
    offset = OFFSET_UNKNOWN;
    narrowest = (struct ping){0};
    meeting = 2 + 2 * (seed % 1000);
    partner = 1;
    late[0] = late[1] = 0;
}

static void lead(void)
{
    turn_late(late[0]);
    meeting_lead(partner, meeting, &offset, &narrowest);
}

static void follow(void)
{
    turn_late(late[1]);
    meeting_follow(0, meeting);
}

static void lead_soon(void)
{
    turn_late(late[0]);
    meeting_lead_soon(partner, meeting, &offset);
}

static void follow_soon(void)
{
    turn_late(late[1]);
    meeting_follow_soon(0, meeting);
}

/* How many spins some 20 us are. */
static void measure_first(void)
{
    new_pair(1, 0);
    turns.of[0].runs = meeting_measure_spin;
    assert_true(turns_run());
}

static void run_pair(void (*leads)(void), void (*follows)(void))
{
    turns.of[0].runs = leads;
    turns.of[1].runs = follows;
    assert_true(turns_run());
}

/* From ns to hours, both ways. */
static int64_t any_skew(struct random *r)
{
    int64_t size = (int64_t)(random_next(r) % (1ull << (random_next(r) % 45)));

    return random_next(r) % 2 ? size : -size;
}

static void assert_true_of(int64_t skew)
{
    assert_true(offset.lo <= skew && skew <= offset.hi);
}

static void the_truth_is_inside(void **state)
{
    struct random r = {1};

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        int64_t skew = any_skew(&r);

        new_pair(run, skew);
        turns.hold = run % 2 ? 30000 : 0;
        run_pair(lead, follow);
        assert_true(offset_judge(offset) != ALIGNMENT_UNKNOWN);
        assert_true_of(skew);
        assert_true(narrowest.sent <= narrowest.answered - (uint64_t)skew &&
                    narrowest.answered - (uint64_t)skew <= narrowest.received);
        assert_true(offset.hi - offset.lo <= (int64_t)(narrowest.received - narrowest.sent));
    }
}

/* Most meetings have a ping in which somebody was held up, and nearly all one without: it is kept. */
static void the_narrowest_ping_is_kept(void **state)
{
    unsigned tight = 0;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        new_pair(run, 0);
        turns.hold = 30000;
        turns.hold_in = 80;
        run_pair(lead, follow);
        tight += narrowest.received - narrowest.sent < 2000;
    }
    assert_in_range(tight, RUNS * 17 / 20, RUNS);
}

/* What CPU 1 answered last. */
static unsigned pings(void)
{
    uint64_t pong;

    memcpy(&pong, &taken[128 + 64], sizeof pong);
    return pong & 0xff;
}

/* Four where they are tight; all that there may be where none is. */
static void as_many_pings_as_it_takes(void **state)
{
    (void)state;
    new_pair(1, 0);
    run_pair(lead, follow);
    assert_int_equal(pings(), 4);
    new_pair(1, 0);
    turns.step = 8000;
    run_pair(lead, follow);
    assert_int_equal(pings(), MEETING_PINGS);
}

/* An emulator changes CPUs only where one pauses: who waits does. */
static void they_meet_one_at_a_time_too(void **state)
{
    (void)state;
    new_pair(1, 40);
    turns.at_pauses = true;
    run_pair(lead, follow);
    assert_true(offset_judge(offset) != ALIGNMENT_UNKNOWN);
    assert_true_of(40);
    assert_in_range(turns.now - (1ull << 40), 1, 1000000);
}

/* With steps of a few ns a skew of 1 us is always seen, in each direction, and 0 never is taken for one. */
static void a_skew_of_1_us_is_seen(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        int64_t skew = run % 4 == 0 ? 1000 : run % 4 == 1 ? -1000 : 0;

        new_pair(run, skew);
        run_pair(lead, follow);
        assert_int_equal(offset_judge(offset), skew ? ALIGNMENT_APART : ALIGNMENT_IN_STEP);
        if (!skew)
            assert_true(offset_extent(offset) < 1000);
    }
}

/* What the extent says of TSCs in step is the truth: a skew that is called none is no larger. */
static void what_is_not_seen_is_within_the_extent(void **state)
{
    unsigned unseen = 0;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        int64_t skew = (int64_t)(run % 200) - 100;

        new_pair(run, skew);
        turns.hold = 3000;
        run_pair(lead, follow);
        assert_true_of(skew);
        if (offset_judge(offset) != ALIGNMENT_IN_STEP)
            continue;
        unseen += skew != 0;
        assert_true(skew <= offset_extent(offset) && -skew <= offset_extent(offset));
    }
    assert_true(unseen > 0);
}

/* At run time neither waits long: it is the truth that they learn, or nothing. */
static void at_run_time_it_is_the_truth_or_nothing(void **state)
{
    unsigned met = 0, missed = 0;
    struct random r = {7};

    (void)state;
    measure_first();
    for (unsigned run = 0; run < RUNS; run++) {
        int64_t skew = any_skew(&r);

        new_pair(run, skew);
        turns.hold = run % 2 ? 60000 : 0;
        late[run / 2 % 2] = random_next(&r) % 40000;
        run_pair(lead_soon, follow_soon);
        assert_true_of(skew);
        if (offset_judge(offset) == ALIGNMENT_UNKNOWN)
            missed++;
        else
            met++;
    }
    assert_true(met > RUNS / 3);
    assert_true(missed > 0);
}

static void meet_two(void)
{
    meeting_lead_soon(1, meeting, &offset);
    offset = OFFSET_UNKNOWN;
    meeting_lead_soon(2, meeting + 1, &offset);
}

static void follow_second(void)
{
    meeting_follow(0, meeting + 1);
}

/* CPU 1 is held up in an answer, and gives it while CPU 0 meets CPU 2: it is not taken for 2's. */
static void a_late_answer_is_nobody_elses(void **state)
{
    unsigned met = 0;

    (void)state;
    measure_first();
    for (unsigned run = 0; run < RUNS; run++) {
        new_pair(run, 5000000);
        turns.skew[2] = -7000000;
        turns.hold = 100000;
        turns.of[0].runs = meet_two;
        turns.of[1].runs = follow_soon;
        turns.of[2].runs = follow_second;
        assert_true(turns_run());
        assert_true_of(-7000000);
        met += offset_judge(offset) == ALIGNMENT_APART;
    }
    assert_true(met > RUNS / 2);
}

static void lead_another(void)
{
    meeting_lead(2, meeting + 1, &offset, &narrowest);
}

/* A leader that has gone on to its next partner: who waits for the last meeting leaves its pings alone. */
static void nobody_answers_for_another(void **state)
{
    static const char nothing[64];

    (void)state;
    measure_first();
    for (unsigned run = 0; run < RUNS; run++) {
        new_pair(run, 0);
        turns.of[0].runs = lead_another;
        turns.of[1].runs = follow_soon;
        turns.of[2].runs = follow_second;
        assert_true(turns_run());
        assert_int_equal(offset_judge(offset), ALIGNMENT_IN_STEP);
        assert_memory_equal(&taken[128 + 64], nothing, sizeof nothing); /* CPU 1's own line of answers */
    }
}

/* Nobody answers: a meeting ends by itself, on either side, and says nothing. */
static void alone_it_ends(void **state)
{
    (void)state;
    measure_first();
    new_pair(1, 0);
    turns.of[0].runs = lead_soon;
    assert_true(turns_run());
    assert_int_equal(offset_judge(offset), ALIGNMENT_UNKNOWN);
    new_pair(2, 0);
    turns.of[0].runs = follow_soon;
    assert_true(turns_run());
    assert_in_range(turns.now - (1ull << 40), 15000, 30000);
}

static void ask_at_once(void)
{
    at_once = meeting_at_once(1, meeting);
}

/* Who changes only at a PAUSE does not answer while this CPU polls without one. */
static void one_at_a_time_is_told_from_at_once(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 20; run++) {
        new_pair(run, 0);
        turns.at_pauses = run % 2;
        run_pair(ask_at_once, follow);
        assert_int_equal(at_once, run % 2 == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truth_is_inside),
        cmocka_unit_test(the_narrowest_ping_is_kept),
        cmocka_unit_test(as_many_pings_as_it_takes),
        cmocka_unit_test(they_meet_one_at_a_time_too),
        cmocka_unit_test(a_skew_of_1_us_is_seen),
        cmocka_unit_test(what_is_not_seen_is_within_the_extent),
        cmocka_unit_test(at_run_time_it_is_the_truth_or_nothing),
        cmocka_unit_test(a_late_answer_is_nobody_elses),
        cmocka_unit_test(nobody_answers_for_another),
        cmocka_unit_test(alone_it_ends),
        cmocka_unit_test(one_at_a_time_is_told_from_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
