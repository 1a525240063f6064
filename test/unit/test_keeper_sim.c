/* sources: test/sim/crystal.c test/sim/bend.c test/sim/constant.c test/sim/excused.c test/sim/ledger.c test/sim/told.c test/sim/oracle.c test/sim/negative.c test/sim/negative_rows.c test/sim/negative_table.c test/sim/truth.c test/sim/hands.c test/sim/meet.c test/sim/guest.c test/sim/promises.c test/sim/looks.c test/sim/shown.c test/sim/faults.c test/sim/fault_draw.c test/sim/run.c test/sim/worlds.c test/sim/draw.c test/sim/beside.c test/sim/rival.c test/sim/rival_field.c test/sim/rival_score.c test/sim/rival_seed.c test/sim/rival_seed_parts.c test/sim/rival_xen.c test/sim/rival_kvm.c hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/outlook.c hv/time/timeline.c hv/time/wallclock.c hv/time/window.c hv/time/timerq.c hv/time/align.c hv/time/publish.c hv/log/format.c hv/keeper/start.c hv/keeper/time_base.c hv/keeper/disruption.c hv/keeper/publisher.c hv/keeper/latch.c hv/keeper/domains.c hv/keeper/records.c hv/keeper/alarm.c hv/keeper/announce.c hv/keeper/mode.c hv/keeper/watch.c hv/keeper/snapshot.c hv/keeper/view.c */
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
