/* sources: hv/time/seconds.c */
/*
 * Edges of a clock that shows seconds, hunted by looks that come late. The world knows when each second truly
 * began; nothing that is said may contradict it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "random.h"
#include "time/seconds.h"

#define SECOND 1000000000ll
#define UPDATE 244000 /* so long before an edge the flag is up */

static struct random dice;
static struct world {
    int64_t now_ns;   /* R, which is true time */
    long double rate; /* the clock's, beside R */
    int64_t began_ns; /* when its second 0 began, ... */
    int64_t base;     /* ... which is this second */
    bool stands, updates_for_ever;
    int64_t late_ns;       /* a look comes late by up to this */
    unsigned strange_once; /* one look in so many shows nonsense */
    long double wander;    /* by so much a second its rate changes, from second 0 on */
} w;

static uint64_t up_to(uint64_t most)
{
    return random_next(&dice) % (most + 1);
}

static int64_t edge_ns(int64_t n)
{
    return w.began_ns + (int64_t)((long double)n * SECOND / w.rate - w.wander * n * n * SECOND / 2);
}

/* Which second it is, as the world has it. */
static int64_t second_at(int64_t r_ns)
{
    int64_t n = (int64_t)((long double)(r_ns - w.began_ns) * w.rate / SECOND);

    while (edge_ns(n) > r_ns)
        n--;
    while (edge_ns(n + 1) <= r_ns)
        n++;
    return w.stands ? 0 : n;
}

static bool updating_at(int64_t r_ns)
{
    return w.updates_for_ever || (!w.stands && edge_ns(second_at(r_ns) + 1) - r_ns <= UPDATE);
}

/* A look as rtc_glance has it: four polls if an update is under way. R is known to 60 ns. */
static struct second_sight look(void)
{
    int64_t before = w.now_ns, after = before;
    struct second_sight sight = {.second = -1};
    bool updating = true;

    for (unsigned poll = 0; poll < 4 && updating; poll++) {
        bool was = poll > 0;

        updating = updating_at(w.now_ns + 500);
        after = w.now_ns + 1000;
        if (updating)
            before = w.now_ns;
        sight.ended = was && !updating;
        w.now_ns = after;
    }
    sight.ref_ns = (struct range){before - 60, after + 60};
    if (!updating)
        sight.second = (int)((w.base + second_at(w.now_ns)) % 60);
    if (w.strange_once && up_to(w.strange_once - 1) == 0)
        sight.second = (int)up_to(59);
    w.now_ns += 2000;
    return sight;
}

static void begin(uint64_t seed, double ppm)
{
    dice = (struct random){seed};
    w = (struct world){.now_ns = 5 * SECOND, .rate = 1 + ppm * 1e-6L, .base = (int64_t)up_to(59)};
    w.began_ns = w.now_ns - (int64_t)up_to(SECOND / 2);
    w.late_ns = 3000;
}

static struct seconds begun(void)
{
    struct seconds seconds;

    seconds_start(&seconds);
    seconds_begin(&seconds, (int)w.base, (struct range){w.began_ns - 2000, w.began_ns + 2000});
    return seconds;
}

static unsigned looks; /* in the last hunt */

static enum hunted hunt(struct seconds *seconds)
{
    enum hunted hunted = HUNT_ON;

    seconds_plan(seconds, w.now_ns);
    for (looks = 0; hunted == HUNT_ON; looks++) {
        struct second_sight sight;

        assert_in_range(looks, 0, 60);
        if (seconds->hunt.next_ns > w.now_ns)
            w.now_ns = seconds->hunt.next_ns;
        w.now_ns += (int64_t)up_to((uint64_t)w.late_ns);
        sight = look();
        hunted = seconds_saw(seconds, &sight);
    }
    return hunted;
}

static double truth_ppb(void)
{
    return (double)((w.rate - 1) * 1e9L);
}

static void assert_true_of(const struct seconds *seconds)
{
    struct range ppb;

    if (!seconds_rate(seconds, &ppb))
        return;
    assert_true(ppb.lo <= truth_ppb() && truth_ppb() <= ppb.hi);
}

/* Returns how far off the rate may be, ppb. */
static int64_t bound(const struct seconds *seconds)
{
    struct range ppb;

    assert_true(seconds_rate(seconds, &ppb));
    return (ppb.hi - ppb.lo) / 2;
}

/* Any rate within 2 %, from a start that is well known: 100 ppm in four edges, 1 ppm in half a minute. */
static void a_rate_is_found_and_true(void **state)
{
    (void)state;
    static const double ppm[] = {0, 1, -37, 130, -480, 2600, 10000, -10000, 19000, -19000};

    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct seconds seconds;
        int64_t start;

        begin(seed, ppm[seed % 10]);
        seconds = begun();
        start = w.now_ns;
        for (unsigned edges = 1; w.now_ns < start + 35 * SECOND; edges++) {
            hunt(&seconds);
            assert_in_range(looks, 1, 12);
            assert_true_of(&seconds);
            if (edges == 6)
                assert_true(bound(&seconds) < 100000);
        }
        assert_true(bound(&seconds) < 1000);
    }
}

/* Enough is known: one hunt in eight seconds, of three looks on average at most. */
static void later_few_looks_are_enough(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct seconds seconds;
        unsigned sum = 0, edges = 0, tight = 0;
        int64_t start;

        begin(seed, 23);
        seconds = begun();
        for (unsigned i = 0; i < 20; i++)
            hunt(&seconds);
        start = w.now_ns;
        for (; w.now_ns < start + 800 * SECOND; sum += looks) {
            if (hunt(&seconds) != HUNT_FOUND)
                continue;
            edges++;
            const struct edge *edge = &seconds.edge[seconds.count - 1];
            tight += edge->ref_ns.hi - edge->ref_ns.lo < 3000; /* the update was seen to end */
        }
        assert_in_range(edges, 60, 101);
        assert_in_range(tight, edges / 10, edges);
        assert_in_range(sum, edges, 300);
        assert_true(bound(&seconds) < 30);
        /* As if it had run for 300 days: 64 bits do not hold a thousand of those in ns. */
        seconds.edge[0].n = -300 * 86400;
        seconds.edge[0].ref_ns = (struct range){edge_ns(-300 * 86400) - 10, edge_ns(-300 * 86400) + 10};
        while (hunt(&seconds) != HUNT_FOUND)
            continue;
        assert_true(seconds.edge[0].n >= 0);
        assert_true_of(&seconds);
    }
}

/*
 * A crystal that gets hot for twenty minutes, and is 60 ppm beside itself then: its edges are foretold by the
 * last ones.
 */
static void a_wander_is_followed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct seconds seconds;
        unsigned found = 0, hunts = 0;
        int64_t start;

        begin(seed, 30);
        w.wander = seed % 2 ? -50e-9L : 50e-9L;
        seconds = begun();
        start = w.now_ns;
        for (; w.now_ns < start + 1200 * SECOND; hunts++) {
            enum hunted hunted = hunt(&seconds);

            assert_int_not_equal(hunted, HUNT_LEFT);
            found += hunted == HUNT_FOUND;
        }
        assert_in_range(found, 3 * hunts / 4, hunts);
    }
}

/* Looks that come late by as much as a millisecond: less is known, and that is true. */
static void late_looks_are_no_fault(void **state)
{
    (void)state;
    static const int64_t late_ns[] = {20000, 100000, 1000000, 5000000};

    for (uint64_t seed = 1; seed <= 80; seed++) {
        struct seconds seconds;
        int64_t known = INT64_MAX;
        unsigned found = 0;

        begin(seed, seed % 3 ? 10000 : -50);
        w.late_ns = late_ns[seed % 4];
        seconds = begun();
        for (unsigned i = 0; i < 60; i++) {
            enum hunted hunted = hunt(&seconds);

            assert_int_not_equal(hunted, HUNT_LEFT);
            found += hunted == HUNT_FOUND;
            assert_true_of(&seconds);
            if (seconds.count < 2)
                continue;
            assert_true(bound(&seconds) <= known); /* what was known stays known */
            known = bound(&seconds) + bound(&seconds) / 100 + 2;
        }
        assert_in_range(found, 30, 60);
        assert_true(bound(&seconds) < 100000);
    }
}

/* Without an edge to begin with, and from any moment of a second on. */
static void from_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct seconds seconds;
        int64_t start;

        begin(seed, seed % 2 ? 12 : 10000);
        w.now_ns += (int64_t)up_to(SECOND);
        start = w.now_ns;
        seconds_start(&seconds);
        while (w.now_ns < start + 60 * SECOND) {
            enum hunted hunted = hunt(&seconds);

            assert_int_not_equal(hunted, HUNT_LEFT);
            assert_true_of(&seconds);
        }
        assert_true(bound(&seconds) < 1000);
    }
}

/*
 * Set by somebody: ahead or back, by parts of a second or many. It is seen within two hunts of the old clock.
 */
static void a_clock_that_is_set_is_left(void **state)
{
    (void)state;
    static const int64_t leaps_ns[] = {300000000, -300000000, 5000000,         -5000000,
                                       1000000,   -1000000,   7 * SECOND + 11, -13 * SECOND};

    for (uint64_t seed = 1; seed <= 80; seed++) {
        struct seconds seconds;
        bool left = false;
        int64_t start;

        begin(seed, seed % 2 ? 0 : 55);
        seconds = begun();
        for (unsigned i = 0; i < 25; i++)
            assert_int_not_equal(hunt(&seconds), HUNT_LEFT);
        w.began_ns -= leaps_ns[seed % 8];
        for (unsigned i = 0; i < 12 && !left; i++)
            left = hunt(&seconds) == HUNT_LEFT;
        assert_true(left);
        start = w.now_ns;
        while (w.now_ns < start + 60 * SECOND) {
            hunt(&seconds);
            assert_true_of(&seconds);
        }
        assert_true(bound(&seconds) < 1000);
    }
}

/* Its rate changes by more than a crystal's can: nothing of before is mixed with what follows. */
static void a_new_rate_is_no_mean_of_two(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct seconds seconds;
        bool left = false;
        int64_t n;

        begin(seed, 0);
        seconds = begun();
        for (unsigned i = 0; i < 25; i++)
            hunt(&seconds);
        n = second_at(w.now_ns);
        w.began_ns = edge_ns(n);
        w.base += n;
        w.rate = seed % 2 ? 1.001L : 0.995L;
        for (unsigned i = 0; i < 12 && !left; i++)
            left = hunt(&seconds) == HUNT_LEFT;
        assert_true(left);
        for (unsigned i = 0; i < 20; i++) {
            hunt(&seconds);
            assert_true_of(&seconds);
        }
    }
}

/*
 * It stands still, updates for ever, or is off by more than a clock is: left again and again. No rate is
 * named, but one so uncertain that it is true.
 */
static void no_clock_has_no_rate(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct seconds seconds;
        struct range ppb;
        unsigned left = 0;
        int64_t start;

        begin(seed, (const double[]){0, 0, 40000, -60000, 20500}[seed % 5]);
        seconds = begun();
        if (seed % 5 == 4)
            seconds_start(&seconds); /* it is little enough to be found, at first */
        w.stands = seed % 5 == 0;
        w.updates_for_ever = seed % 5 == 1;
        start = w.now_ns;
        while (w.now_ns < start + 60 * SECOND) {
            left += hunt(&seconds) == HUNT_LEFT;
            if (w.stands || w.updates_for_ever)
                assert_false(seconds_rate(&seconds, &ppb));
            assert_true_of(&seconds);
            assert_true(seed % 5 == 4 || seconds.count < 2 || bound(&seconds) > 1000000);
        }
        assert_in_range(left, 2, 60);
    }
}

/* A register that is misread once in a while says nothing. */
static void a_misread_second_says_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct seconds seconds;

        begin(seed, 20);
        seconds = begun();
        w.strange_once = 200;
        for (unsigned i = 0; i < 60; i++) {
            enum hunted hunted = hunt(&seconds);

            if (hunted != HUNT_LEFT)
                assert_true_of(&seconds);
        }
    }
}

/* A machine that was stopped for a while: it comes too late for the edge, and goes on with another one. */
static void a_hunt_that_comes_too_late(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct seconds seconds;

        begin(seed, seed % 2 ? -30 : 10000);
        seconds = begun();
        for (unsigned i = 0; i < 30; i++) {
            struct second_sight sight;

            assert_int_not_equal(hunt(&seconds), HUNT_LEFT);
            assert_true_of(&seconds);
            seconds_plan(&seconds, w.now_ns);
            w.now_ns += (int64_t)up_to(15 * SECOND);
            if (w.now_ns < seconds.hunt.next_ns)
                continue;
            sight = look();
            assert_int_not_equal(seconds_saw(&seconds, &sight), HUNT_LEFT);
        }
        assert_true(bound(&seconds) < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_found_and_true),
        cmocka_unit_test(later_few_looks_are_enough),
        cmocka_unit_test(a_wander_is_followed),
        cmocka_unit_test(late_looks_are_no_fault),
        cmocka_unit_test(from_nothing),
        cmocka_unit_test(a_clock_that_is_set_is_left),
        cmocka_unit_test(a_new_rate_is_no_mean_of_two),
        cmocka_unit_test(no_clock_has_no_rate),
        cmocka_unit_test(a_misread_second_says_nothing),
        cmocka_unit_test(a_hunt_that_comes_too_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
