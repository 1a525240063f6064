/* Who saw what, for people. */
#include <stdio.h>

#include "sim.h"
#include "world.h"

#define EACH 10u

static const char *const names[WATCHED_KINDS] = {
    [WATCHED_NOTHING] = "nothing",
    [WATCHED_CPU_STOPS] = "CPU stops for a while",
    [WATCHED_MACHINE_STOPS] = "machine stops for a while",
    [WATCHED_TSC_STEP_AHEAD] = "one TSC ahead, 10 ns .. 100 us",
    [WATCHED_TSC_STEP_BACK] = "one TSC back, 10 ns .. 100 us",
    [WATCHED_TSC_AHEAD] = "one TSC ahead, far",
    [WATCHED_TSC_BACK] = "one TSC back, up to 1 s",
    [WATCHED_TSC_BACK_FAR] = "one TSC back, far",
    [WATCHED_TSC_FREEZES] = "one TSC freezes, goes on",
    [WATCHED_RATES] = "TSCs apart by 5 ppb .. 1 ppm",
    [WATCHED_RATES_MUCH] = "TSCs apart by 1 .. 200 ppm",
    [WATCHED_ALL_STEP_AHEAD] = "all TSCs ahead, 10 ns .. 100 us",
    [WATCHED_ALL_STEP_BACK] = "all TSCs back, 10 ns .. 100 us",
    [WATCHED_ALL_AHEAD] = "all TSCs ahead, far",
    [WATCHED_ALL_BACK] = "all TSCs back, far",
    [WATCHED_TIMER_STEP_AHEAD] = "timer ahead, 10 ns .. 100 us",
    [WATCHED_TIMER_STEP_BACK] = "timer back, 10 ns .. 100 us",
    [WATCHED_TIMER_AHEAD] = "timer ahead, far",
    [WATCHED_TIMER_BACK] = "timer back, far",
    [WATCHED_TIMER_FREEZES] = "timer freezes for a while",
    [WATCHED_TIMER_RATE] = "timer off by 1 .. 100 %",
    [WATCHED_TIMER_LIES] = "timer counts at random",
    [WATCHED_TIMER_DEAD] = "timer dead for a while",
};

static void print_watcher(const struct tally *t, enum watcher who, unsigned kind)
{
    uint64_t seen = t->watched_seen[who * WATCHED_KINDS + kind];
    uint64_t ms = t->watched_ms[who * WATCHED_KINDS + kind];

    printf("  %5llu", (unsigned long long)seen);
    if (seen > 0)
        printf(" %8.2f s", (double)ms / (double)seen / 1000);
    else
        printf("          -");
}

void watched_print(const struct tally *t)
{
    uint64_t all = 0;

    for (unsigned kind = 0; kind < WATCHED_KINDS; kind++)
        all += t->watched[kind];
    if (all == 0)
        return;
    printf("\n%-32s %6s  %-16s  %-16s  %-16s  %s\n", "fault: seen, after so long", "of", "  meridian",
           "  linux 6.8", "  linux 7.1", "we alone (6.8, 7.1)  it alone (6.8, 7.1)");
    for (unsigned kind = 0; kind < WATCHED_KINDS; kind++) {
        printf("%-32s %6llu", names[kind], (unsigned long long)t->watched[kind]);
        for (unsigned who = 0; who < WATCHERS; who++)
            print_watcher(t, (enum watcher)who, kind);
        printf("  %9llu %9llu  %9llu %9llu\n",
               (unsigned long long)t->watched_missed[WATCHER_OLD * WATCHED_KINDS + kind],
               (unsigned long long)t->watched_missed[WATCHER_NEW * WATCHED_KINDS + kind],
               (unsigned long long)t->watched_alone[WATCHER_OLD * WATCHED_KINDS + kind],
               (unsigned long long)t->watched_alone[WATCHER_NEW * WATCHED_KINDS + kind]);
    }
    printf("said before anything happened: %llu, %llu, %llu\n\n", (unsigned long long)t->watched_early[0],
           (unsigned long long)t->watched_early[1], (unsigned long long)t->watched_early[2]);
}

bool watched_run(const struct wish *wish)
{
    const struct tally nothing = TALLY_NOTHING, others = tally;
    struct wish watched = *wish;
    bool kept;

    watched.watched = true;
    watched.world = NULL;
    tally = nothing;
    machines_run(&watched, EACH * WATCHED_KINDS);
    watched_print(&tally);
    kept = tally.broken == 0;
    tally = others;
    return kept;
}
