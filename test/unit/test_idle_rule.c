/* sources: hv/keeper/idle_rule.c */
/* How deep a CPU is sent to idle, and whether its TSC went on meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keeper/idle_rule.h"

#define MONITOR (1u << 3)
#define MS      1000000ull

static void assert_mwait(struct mwait m, unsigned state, uint32_t hint)
{
    assert_true(m.usable);
    assert_int_equal(m.state, state);
    assert_int_equal(m.hint, hint);
}

/* Leaf 5 EDX as CPUs were seen to have it. */
static void the_deepest_hint(void **state)
{
    (void)state;
    assert_mwait(mwait_deepest(13, MONITOR, 0x00000000), 1, 0x00); /* none named: C1 */
    assert_mwait(mwait_deepest(13, MONITOR, 0x00000011), 1, 0x00); /* Zen: C1 alone */
    assert_mwait(mwait_deepest(10, MONITOR, 0x00022220), 4, 0x31); /* Core 2 mobile: C1 to C4 */
    assert_mwait(mwait_deepest(11, MONITOR, 0x00001120), 3, 0x20); /* Nehalem */
    assert_mwait(mwait_deepest(13, MONITOR, 0x00021120), 4, 0x31); /* Sandy Bridge */
    assert_mwait(mwait_deepest(22, MONITOR, 0x11142120), 7, 0x60); /* Skylake mobile */
    assert_mwait(mwait_deepest(5, ~0u, 0xf0000000), 7, 0x6e);
    assert_mwait(mwait_deepest(5, MONITOR, 0x0000000f), 1, 0x00); /* C0 is no idle state */
}

static void no_mwait(void **state)
{
    (void)state;
    assert_false(mwait_deepest(4, MONITOR, 0x11142120).usable);
    assert_false(mwait_deepest(13, ~MONITOR, 0x11142120).usable);
}

/* A TSC that runs by up to 500 ppm slower than thought, beside one as much faster, has not stopped. */
static void stopped_or_not(void **state)
{
    struct idle_trial trial;

    (void)state;
    assert_int_equal(idle_judge(20 * MS, 20 * MS, 3).result, IDLE_GOES_ON);
    assert_int_equal(idle_judge(25 * MS, 20 * MS, 1).result, IDLE_GOES_ON);
    assert_int_equal(idle_judge(20 * MS - 20000, 20 * MS, 1).result, IDLE_GOES_ON);
    trial = idle_judge(20 * MS - 20001, 20 * MS, 1);
    assert_int_equal(trial.result, IDLE_STOPPED);
    assert_int_equal(trial.stopped_ns, 20001);
    trial = idle_judge(0, 20 * MS, 2);
    assert_int_equal(trial.result, IDLE_STOPPED);
    assert_int_equal(trial.stopped_ns, 20 * MS);
    assert_int_equal(trial.returns, 2);
}

/* One that came back over and over was never asleep; if its TSC stopped all the same, that is what counts. */
static void awake(void **state)
{
    (void)state;
    assert_int_equal(idle_judge(20 * MS, 20 * MS, 100).result, IDLE_GOES_ON);
    assert_int_equal(idle_judge(20 * MS, 20 * MS, 101).result, IDLE_AWAKE);
    assert_int_equal(idle_judge(20 * MS, 20 * MS, 101).stopped_ns, 0);
    assert_int_equal(idle_judge(10 * MS, 20 * MS, 5000).result, IDLE_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_deepest_hint),
        cmocka_unit_test(no_mwait),
        cmocka_unit_test(stopped_or_not),
        cmocka_unit_test(awake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
