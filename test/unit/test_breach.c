/* sources: */
/* Whether an interval was breached since: every page that can be, the torn and the odd ones too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Each load is also a moment at which the test may act as the writer. */
static void moment(void);
#define MERIDIAN_LOAD(word)                (moment(), *(const volatile __typeof__(word) *)&(word))
#define MERIDIAN_LOAD_VERSIONS(record)     (*(const volatile meridian_versions *)&(record)->version1)
#define MERIDIAN_FIELD(field)              (field)
#define MERIDIAN_ZERO_AFTER(tsc)           meridian_zero_after(tsc)
#define MERIDIAN_LOAD_LAST(word)           __atomic_load_n(word, __ATOMIC_RELAXED)
#define MERIDIAN_SWAP_LAST(word, seen, ns) ((void)(seen), *(word) = (ns), 1)
#define MERIDIAN_PAUSE()                   pauses++

static unsigned pauses;

#include "meridian/breach.h"
#include "random.h"

#define SECOND  1000000000ull
#define UNKNOWN MERIDIAN_UNKNOWN_NS

static struct meridian_assumed page_told;
static struct meridian_breach by;

static struct meridian_interval at(uint64_t ns)
{
    return (struct meridian_interval){ns - 100, ns, ns + 100, 100};
}

static enum meridian_answer ask(uint64_t ns)
{
    struct meridian_interval i = at(ns);

    by = (struct meridian_breach){1, 2, 3, 4};
    return meridian_breached(&page_told, &i, &by);
}

/* The hypervisor's part: breach n is from n * 10 s for a second, off by n + 10 to n + 1000. */
static void tell(void)
{
    uint64_t n = page_told.breaches;

    page_told.version++;
    page_told.last[n % MERIDIAN_BREACHES_KEPT] =
        (struct meridian_breach){n * 10 * SECOND, n * 10 * SECOND + SECOND, n + 10, n + 1000};
    page_told.breaches++;
    page_told.version++;
}

static int empty(void **state)
{
    (void)state;
    memset(&page_told, 0, sizeof page_told);
    return 0;
}

static void nothing_told_is_kept(void **state)
{
    (void)state;
    assert_int_equal(ask(100), MERIDIAN_KEPT);
    assert_int_equal(ask(5 * SECOND), MERIDIAN_KEPT);
    assert_int_equal(by.from_ns, 1);
    assert_int_equal(meridian_breaches(&page_told), 0);
}

static void a_breach_is_found_by_its_time(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        tell();
    assert_int_equal(meridian_breaches(&page_told), 3);
    assert_int_equal(ask(10 * SECOND + 5), MERIDIAN_BREACHED);
    assert_int_equal(by.from_ns, 10 * SECOND);
    assert_int_equal(by.to_ns, 11 * SECOND);
    assert_int_equal(by.at_least_ns, 11);
    assert_int_equal(by.at_most_ns, 1001);
    assert_int_equal(ask(5 * SECOND), MERIDIAN_KEPT);
    assert_int_equal(ask(22 * SECOND), MERIDIAN_KEPT);
}

/* An interval that a breach only touches at an end may have been read in it. */
static void the_ends_belong_to_it(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        tell();
    assert_int_equal(ask(10 * SECOND - 101), MERIDIAN_KEPT);
    assert_int_equal(ask(10 * SECOND - 100), MERIDIAN_BREACHED);
    assert_int_equal(ask(11 * SECOND + 100), MERIDIAN_BREACHED);
    assert_int_equal(ask(11 * SECOND + 101), MERIDIAN_KEPT);
}

static void several_are_told_as_one(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        tell();
    page_told.last[3] = (struct meridian_breach){9 * SECOND, 10 * SECOND + 7, 500, 600};
    assert_int_equal(ask(10 * SECOND + 5), MERIDIAN_BREACHED);
    assert_int_equal(by.from_ns, 9 * SECOND);
    assert_int_equal(by.to_ns, 11 * SECOND);
    assert_int_equal(by.at_least_ns, 500);
    assert_int_equal(by.at_most_ns, 1001);
}

/* 70 breaches: the flags' six bits have come round, and all but the last eight are gone. */
static void what_is_lost_is_unsure_and_no_more(void **state)
{
    (void)state;
    for (int i = 0; i < 70; i++)
        tell();
    assert_int_equal(ask(690 * SECOND + 1), MERIDIAN_BREACHED);
    assert_int_equal(by.at_most_ns, 69 + 1000);
    assert_int_equal(ask(695 * SECOND), MERIDIAN_KEPT);
    assert_int_equal(ask(625 * SECOND), MERIDIAN_KEPT);
    assert_int_equal(ask(619 * SECOND), MERIDIAN_UNSURE); /* between breaches 61, which is lost, and 62 */
    assert_int_equal(ask(615 * SECOND), MERIDIAN_UNSURE);
    assert_int_equal(ask(50 * SECOND), MERIDIAN_UNSURE);
    assert_int_equal(ask(100), MERIDIAN_UNSURE);
    assert_int_equal(by.from_ns, 1);
}

/* In the oldest that is kept an older one may lie too: by how much at most is not known. */
static void the_most_is_unknown_beside_what_is_lost(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        tell();
    assert_int_equal(ask(500), MERIDIAN_BREACHED);
    assert_int_equal(by.at_most_ns, 1000);
    tell();
    assert_int_equal(ask(10 * SECOND + 5), MERIDIAN_BREACHED);
    assert_int_equal(by.at_least_ns, 11);
    assert_true(by.at_most_ns == UNKNOWN);
    assert_int_equal(ask(20 * SECOND + 5), MERIDIAN_BREACHED);
    assert_int_equal(by.at_most_ns, 1002);
}

/* At the very end of the oldest that is kept, one that is lost may have ended too. */
static void an_end_that_is_touched_may_be_a_lost_ones(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++)
        tell();
    assert_int_equal(ask(11 * SECOND + 100), MERIDIAN_BREACHED);
    assert_true(by.at_most_ns == UNKNOWN);
    assert_int_equal(ask(11 * SECOND + 101), MERIDIAN_KEPT);
}

/* A breach of no length, at the moment 0, by nothing: told as it stands. */
static void nothing_is_made_larger(void **state)
{
    struct meridian_interval i = {0, 0, 5, 5};

    (void)state;
    page_told.breaches = 1;
    assert_int_equal(meridian_breached(&page_told, &i, &by), MERIDIAN_BREACHED);
    assert_true(by.from_ns == 0 && by.to_ns == 0 && by.at_least_ns == 0 && by.at_most_ns == 0);
}

static void a_copy_is_of_every_field(void **state)
{
    struct meridian_assumed copy;

    (void)state;
    memset(&copy, 0xff, sizeof copy);
    page_told = (struct meridian_assumed){.version = 4,
                                          .wander_ppb_s = 215,
                                          .phase_ns = 7,
                                          .most_wander_ppb_s = 1000,
                                          .wander_origin = MERIDIAN_ORIGIN_LEARNED,
                                          .phase_origin = MERIDIAN_ORIGIN_FIXED,
                                          .resolution_ns = 140,
                                          .excursion_ns = 8};
    tell();
    assert_int_equal(meridian_read_assumed(&page_told, &copy), 1);
    assert_memory_equal(&copy, &page_told, sizeof copy);
    assert_int_equal(meridian_read_assumed(NULL, &copy), 0);
}

static void what_promised_nothing_is_kept(void **state)
{
    struct meridian_interval i = {0, 10 * SECOND, UNKNOWN, UNKNOWN};

    (void)state;
    for (int n = 0; n < 70; n++)
        tell();
    assert_int_equal(meridian_breached(&page_told, &i, &by), MERIDIAN_KEPT);
}

static void no_page_and_no_sense_are_unsure(void **state)
{
    struct meridian_interval i = at(5 * SECOND);

    (void)state;
    assert_int_equal(meridian_breached(NULL, &i, &by), MERIDIAN_UNSURE);
    tell();
    page_told.last[0].from_ns = page_told.last[0].to_ns + 1;
    assert_int_equal(ask(5 * SECOND), MERIDIAN_UNSURE);
    memset(&page_told, 0xfe, sizeof page_told);
    assert_int_equal(ask(5 * SECOND), MERIDIAN_UNSURE);
}

/* Bytes of any kind: an answer comes, and what it says of a breach is in the page. */
static void any_page_has_an_answer(void **state)
{
    struct random r = {3};
    unsigned answers[3] = {0};

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        unsigned char *bytes = (unsigned char *)&page_told;

        for (unsigned n = 0; n < sizeof page_told; n++)
            bytes[n] = (unsigned char)random_next(&r);
        page_told.version &= ~1u;
        if (i % 2)
            page_told.breaches %= 12;
        for (unsigned n = 0; n < MERIDIAN_BREACHES_KEPT && i % 4 > 1; n++)
            page_told.last[n].to_ns |= page_told.last[n].from_ns;
        enum meridian_answer answer = ask(random_next(&r) >> random_next(&r) % 64);
        assert_in_range(answer, MERIDIAN_KEPT, MERIDIAN_UNSURE);
        answers[answer]++;
        assert_true(answer == MERIDIAN_BREACHED ? by.from_ns <= by.to_ns : by.from_ns == 1);
    }
    assert_true(answers[0] > 1000 && answers[1] > 1000 && answers[2] > 1000);
}

/* ---- Torn pages ---- */

static void a_page_written_for_ever_is_unsure(void **state)
{
    (void)state;
    tell();
    page_told.version++;
    pauses = 0;
    assert_int_equal(ask(500), MERIDIAN_UNSURE);
    assert_int_equal(pauses, 1000);
    page_told.version++;
    assert_int_equal(ask(500), MERIDIAN_BREACHED);
}

/* A write comes between two of the reader's loads: what it has then must not be believed. */
static unsigned loads, tear_at;

static void moment(void)
{
    if (++loads == tear_at)
        tell();
}

static void a_torn_page_is_read_again(void **state)
{
    struct meridian_assumed copy;

    (void)state;
    for (unsigned i = 1; i < 60; i++) {
        memset(&page_told, 0, sizeof page_told);
        tear_at = 0;
        for (unsigned n = 0; n < 20; n++)
            tell();
        loads = pauses = 0;
        tear_at = i;
        assert_true(meridian_read_assumed(&page_told, &copy));
        assert_int_equal(pauses,
                         i > 1 && i <= 42); /* before its first look and behind its last none is torn */
        assert_true(copy.breaches == 20 || copy.breaches == 21);
        for (uint64_t n = copy.breaches - MERIDIAN_BREACHES_KEPT; n < copy.breaches; n++)
            assert_int_equal(copy.last[n % MERIDIAN_BREACHES_KEPT].at_least_ns, n + 10);
    }
}

/* ---- Against all that was ever told ---- */

#define MOST 100u

static struct meridian_breach history[MOST];

static uint64_t told_to(void)
{
    return page_told.breaches ? history[page_told.breaches - 1].to_ns : 0;
}

/* Of any length, over one another or apart; told in the order of their ends. */
static void tell_any(struct random *r)
{
    uint64_t n = page_told.breaches, to_ns = told_to() + random_next(r) % 1000;

    history[n] = (struct meridian_breach){.from_ns = to_ns - random_next(r) % (to_ns + 1) % 2000,
                                          .to_ns = to_ns,
                                          .at_least_ns = random_next(r) % 100,
                                          .at_most_ns = 100 + random_next(r) % 100};
    page_told.last[n % MERIDIAN_BREACHES_KEPT] = history[n];
    page_told.breaches++;
}

static void judge(uint64_t ns)
{
    enum meridian_answer answer = ask(ns);
    struct meridian_breach all = {UNKNOWN, 0, 0, 0};
    bool breached = false;

    for (uint64_t n = 0; n < page_told.breaches; n++) {
        if (history[n].to_ns < ns - 100 || history[n].from_ns > ns + 100)
            continue;
        breached = true;
        meridian_join_breach(&all, &history[n]);
    }
    if (answer == MERIDIAN_KEPT)
        assert_false(breached);
    if (answer == MERIDIAN_BREACHED) {
        assert_true(breached);
        assert_true(by.at_most_ns >= all.at_most_ns && by.at_least_ns <= all.at_least_ns);
        assert_true(by.from_ns >= all.from_ns && by.to_ns == all.to_ns);
    }
    /* What is not older than all that is kept is known. */
    if (page_told.breaches <= MERIDIAN_BREACHES_KEPT ||
        ns - 100 > history[page_told.breaches - MERIDIAN_BREACHES_KEPT].to_ns) {
        assert_int_equal(answer, breached ? MERIDIAN_BREACHED : MERIDIAN_KEPT);
        assert_true(!breached || by.at_most_ns == all.at_most_ns);
    }
}

static void no_answer_is_false(void **state)
{
    struct random r = {7};

    (void)state;
    tear_at = 0;
    for (unsigned world = 0; world < 300; world++) {
        memset(&page_told, 0, sizeof page_told);
        for (unsigned n = 0; n < MOST; n++) {
            tell_any(&r);
            for (unsigned i = 0; i < 5; i++)
                judge(100 + random_next(&r) % (told_to() + 500));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_told_is_kept, empty),
        cmocka_unit_test_setup(a_breach_is_found_by_its_time, empty),
        cmocka_unit_test_setup(the_ends_belong_to_it, empty),
        cmocka_unit_test_setup(several_are_told_as_one, empty),
        cmocka_unit_test_setup(what_is_lost_is_unsure_and_no_more, empty),
        cmocka_unit_test_setup(the_most_is_unknown_beside_what_is_lost, empty),
        cmocka_unit_test_setup(an_end_that_is_touched_may_be_a_lost_ones, empty),
        cmocka_unit_test_setup(nothing_is_made_larger, empty),
        cmocka_unit_test_setup(a_copy_is_of_every_field, empty),
        cmocka_unit_test_setup(what_promised_nothing_is_kept, empty),
        cmocka_unit_test_setup(no_page_and_no_sense_are_unsure, empty),
        cmocka_unit_test_setup(any_page_has_an_answer, empty),
        cmocka_unit_test_setup(a_page_written_for_ever_is_unsure, empty),
        cmocka_unit_test_setup(a_torn_page_is_read_again, empty),
        cmocka_unit_test_setup(no_answer_is_false, empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
