/* sources: test/sim/crystal.c test/sim/bend.c test/sim/constant.c test/sim/excused.c test/sim/ledger.c test/sim/told.c test/sim/oracle.c test/sim/negative.c test/sim/negative_rows.c test/sim/negative_table.c test/sim/truth.c test/sim/hands.c test/sim/meet.c test/sim/guest.c test/sim/promises.c test/sim/looks.c test/sim/shown.c test/sim/faults.c test/sim/fault_draw.c test/sim/run.c test/sim/worlds.c test/sim/draw.c test/sim/beside.c test/sim/rival.c test/sim/rival_field.c test/sim/rival_score.c test/sim/rival_seed.c test/sim/rival_seed_parts.c test/sim/rival_xen.c test/sim/rival_kvm.c hv/time/line.c hv/time/bracket.c hv/time/estimate.c hv/time/outlook.c hv/time/timeline.c test/sim/never_steers.c hv/time/wallclock.c hv/time/window.c hv/time/timerq.c hv/time/align.c hv/time/publish.c hv/log/format.c hv/keeper/start.c hv/keeper/time_base.c hv/keeper/disruption.c hv/keeper/publisher.c hv/keeper/latch.c hv/keeper/domains.c hv/keeper/records.c hv/keeper/alarm.c hv/keeper/announce.c hv/keeper/mode.c hv/keeper/watch.c hv/keeper/snapshot.c hv/keeper/view.c */
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
