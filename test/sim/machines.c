/*
 * Many machines, one after the other; each is made from its own number, so any of them can be run again
 * alone.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim.h"
#include "world.h"

/* The wish and the machine at hand: if this process dies, it tells by them. */
static const struct wish *at_work;
static uint64_t at_seed;

static struct scene machine(const struct wish *wish, uint64_t seed)
{
    for (unsigned i = 0; wish->world && i < world_count; i++) {
        if (strcmp(worlds[i].name, wish->world) == 0) {
            struct scene scene = worlds[i];

            scene.seed = seed;
            return scene;
        }
    }
    return wish->watched ? watched_machine(seed) : draw_machine(seed);
}

static void replay(const struct wish *wish, uint64_t seed)
{
    dprintf(STDERR_FILENO, "        again: make sim SEED=%llu RUNS=1 TRACE=1%s%s%s%s\n",
            (unsigned long long)seed, wish->watched ? " WATCHDOG=1" : "", wish->world ? " WORLD='" : "",
            wish->world ? wish->world : "", wish->world ? "'" : "");
}

static void died(int signal_number)
{
    dprintf(STDERR_FILENO, "a process died, at seed %llu: %s\n", (unsigned long long)at_seed,
            strsignal(signal_number));
    replay(at_work, at_seed);
    _exit(1);
}

static void tell_deaths(const struct wish *wish)
{
    static const int deaths[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

    at_work = wish;
    for (unsigned i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        signal(deaths[i], died);
}

uint64_t machines_planned(const struct wish *wish)
{
    long double ns = 0;
    uint64_t count = 0;

    if (wish->length_ns == 0)
        return wish->runs;
    while (ns < wish->length_ns)
        ns += machine(wish, wish->seed + count++).length_ns;
    return count;
}

void machines_run(const struct wish *wish, uint64_t count)
{
    tell_deaths(wish);
    for (uint64_t i = 0; i < count && tally.broken < BROKEN_ENOUGH; i++) {
        struct scene scene = machine(wish, at_seed = wish->seed + i);

        if (!run(&scene))
            replay(wish, scene.seed);
    }
}
