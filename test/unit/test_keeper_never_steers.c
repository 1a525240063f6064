/* sources: sim keeper test/sim/never_steers.c */
/* flags: -lm -Wl,--wrap=timeline_update -Itest/sim -include test/sim/sim_cpu.h */
/* A keeper that never steers S breaks T3 in every world: the simulator's judge must see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

#define SEEDS 12

static bool caught(const struct scene *world)
{
    struct scene machine = *world;
    bool kept = true;

    for (machine.seed = 1; kept && machine.seed <= SEEDS; machine.seed++)
        kept = run(&machine);
    return !kept;
}

static void test_every_world_catches_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < world_count; i++) {
        if (!caught(&worlds[i]))
            fail_msg("%s: not caught", worlds[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_world_catches_it)};

    promises_expected_broken = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
