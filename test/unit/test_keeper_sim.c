/* sources: sim keeper */
/* flags: -lm -Itest/sim -include test/sim/sim_cpu.h */
/* The simulator's named worlds, and a few machines drawn at random: a short run of what `make sim` does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

#define WORLDS_MOST 64
#define SEEDS       2
#define DRAWN       48
#define SHORT_S     120

static void test_world(void **state)
{
    struct scene machine = *(const struct scene *)*state;

    for (machine.seed = 1; machine.seed <= SEEDS; machine.seed++)
        assert_true(run(&machine));
}

static void test_drawn(void **state)
{
    struct scene scene;

    (void)state;
    for (uint64_t seed = 1; seed <= DRAWN; seed++) {
        scene = draw_machine(seed);
        scene.length_ns = smaller(scene.length_ns, SHORT_S * SECOND);
        assert_true(run(&scene));
    }
    assert_true(tally.reads > 1000000);
    assert_true(tally.shown > 10000);
    for (unsigned i = FAULT_NONE + 1; i < FAULTS; i++)
        assert_true(tally.struck[i] > 0);
}

int main(void)
{
    struct CMUnitTest tests[WORLDS_MOST];
    unsigned count = 0;

    for (unsigned i = 0; i < world_count; i++)
        tests[count++] = (struct CMUnitTest){worlds[i].name, test_world, NULL, NULL, (void *)&worlds[i]};
    tests[count++] = (struct CMUnitTest){"machines drawn", test_drawn, NULL, NULL, NULL};
    return _cmocka_run_group_tests("sim", tests, count, NULL, NULL);
}
