/* sources: hv/keeper/lost_rule.c */
/* When a CPU that holds the keeper's lock is asked, given INIT, and taken over from; and when it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keeper/lost_rule.h"

#define MS     1000000ull
#define HOLDER 3u

static struct lost_wait wait;
static uint64_t now_ns, answers;
static uint32_t taken;

static int begin(void **state)
{
    (void)state;
    wait = (struct lost_wait){.holder = UINT32_MAX};
    taken = 7;
    now_ns += 100 * MS;
    return 0;
}

/* Looks each ms. Returns after how many ms `act` comes; nothing else may come before. 0: not in `most` ms. */
static unsigned comes_after(enum lost_act act, unsigned most)
{
    for (unsigned ms = 1; ms <= most; ms++) {
        enum lost_act now = lost_next(&wait, HOLDER, taken, answers, now_ns += MS);

        if (now == act)
            return ms;
        assert_int_equal(now, LOST_WAIT);
    }
    return 0;
}

static void one_act_after_the_other(void **state)
{
    (void)state;
    assert_int_equal(comes_after(LOST_ASK, 100), 21); /* the first look begins it */
    assert_int_equal(comes_after(LOST_INIT, 3000), 2000);
    assert_int_equal(comes_after(LOST_TAKE_OVER, 100), 10);
}

static void an_answer_begins_it_anew(void **state)
{
    (void)state;
    comes_after(LOST_ASK, 100);
    assert_int_equal(comes_after(LOST_INIT, 1999), 0);
    answers++; /* it was frozen, and goes on */
    assert_int_equal(comes_after(LOST_ASK, 100), 21);
    assert_int_equal(comes_after(LOST_INIT, 3000), 2000);
}

static void a_lock_in_other_hands_begins_it_anew(void **state)
{
    (void)state;
    comes_after(LOST_ASK, 100);
    assert_int_equal(comes_after(LOST_INIT, 1999), 0);
    taken++; /* the same CPU, but another time */
    assert_int_equal(comes_after(LOST_ASK, 100), 21);
    assert_int_equal(comes_after(LOST_INIT, 1999), 0);
    assert_int_equal(lost_next(&wait, HOLDER + 1, taken, answers, now_ns += MS), LOST_WAIT);
    assert_int_equal(comes_after(LOST_ASK, 100), 21);
}

/* A machine that stood still as a whole asks nobody and gives nobody up. */
static void time_in_which_it_stood_still_does_not_count(void **state)
{
    (void)state;
    comes_after(LOST_ASK, 100);
    now_ns += 100000 * MS;
    assert_int_equal(comes_after(LOST_INIT, 1940), 0);
    assert_int_not_equal(comes_after(LOST_INIT, 100), 0);
}

/* Another CPU was quicker, or the lock was not had: it is judged anew from the beginning. */
static void after_a_take_over_it_begins_anew(void **state)
{
    (void)state;
    comes_after(LOST_ASK, 100);
    comes_after(LOST_INIT, 3000);
    comes_after(LOST_TAKE_OVER, 100);
    assert_int_equal(comes_after(LOST_ASK, 100), 21);
    assert_int_equal(comes_after(LOST_INIT, 3000), 2000);
}

/* Once it has INIT it runs no more, whatever the count of its NMIs says. */
static void after_init_there_is_no_way_back(void **state)
{
    (void)state;
    comes_after(LOST_ASK, 100);
    comes_after(LOST_INIT, 3000);
    answers++;
    assert_int_equal(comes_after(LOST_TAKE_OVER, 100), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_act_after_the_other, begin),
        cmocka_unit_test_setup(an_answer_begins_it_anew, begin),
        cmocka_unit_test_setup(a_lock_in_other_hands_begins_it_anew, begin),
        cmocka_unit_test_setup(time_in_which_it_stood_still_does_not_count, begin),
        cmocka_unit_test_setup(after_a_take_over_it_begins_anew, begin),
        cmocka_unit_test_setup(after_init_there_is_no_way_back, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
