/* sources: hv/time/culprit.c */
/* Whose a disruption was, by which CPUs' TSCs went along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "time/culprit.h"

static void by_who_left(void **state)
{
    (void)state;
    /* A TSC that stayed with the reference shows that it is right, whatever other timers say. */
    assert_int_equal(culprit_of(1, 3, BLAME_UNKNOWN), CULPRIT_SOME_TSCS);
    assert_int_equal(culprit_of(3, 1, BLAME_TSC), CULPRIT_SOME_TSCS);
    /* All left, or there is one. */
    assert_int_equal(culprit_of(4, 0, BLAME_TSC), CULPRIT_ALL_TSCS);
    assert_int_equal(culprit_of(1, 0, BLAME_TSC), CULPRIT_ALL_TSCS);
    assert_int_equal(culprit_of(4, 0, BLAME_UNKNOWN), CULPRIT_UNKNOWN);
    assert_int_equal(culprit_of(4, 0, BLAME_REFERENCE), CULPRIT_UNKNOWN);
    /* The CPU that saw it has returned and lost its say. */
    assert_int_equal(culprit_of(0, 2, BLAME_UNKNOWN), CULPRIT_UNKNOWN);
}

static void they_add_up(void **state)
{
    struct culprits sum = {0};

    (void)state;
    culprits_add(&sum, CULPRIT_SOME_TSCS);
    culprits_add(&sum, CULPRIT_SOME_TSCS);
    culprits_add(&sum, CULPRIT_ALL_TSCS);
    culprits_add(&sum, CULPRIT_UNKNOWN);
    assert_int_equal(sum.some_tscs, 2);
    assert_int_equal(sum.all_tscs, 1);
    assert_int_equal(sum.unknown, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_who_left),
        cmocka_unit_test(they_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
