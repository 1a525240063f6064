/*
 * Many machines, on several processes; each is made from its own number, so any of them can be run again
 * alone.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"
#include "world.h"

#define JOBS_MOST     64u
#define EACH_HOUR     1.0L /* every kind of fault is met so often, or the run shows little */
#define BROKEN_ENOUGH 20u

/* What the processes share. */
struct shared {
    uint64_t next;         /* machine */
    uint64_t simulated_ms; /* by all */
    struct {
        uint64_t seed; /* of the machine at hand: who dies tells by it */
        struct tally tally;
    } job[JOBS_MOST];
};

static struct scene machine(const struct wish *wish, uint64_t seed)
{
    for (unsigned i = 0; wish->world && i < world_count; i++) {
        if (strcmp(worlds[i].name, wish->world) == 0) {
            struct scene scene = worlds[i];

            scene.seed = seed;
            return scene;
        }
    }
    return draw_machine(seed);
}

static void replay(const struct wish *wish, uint64_t seed)
{
    fprintf(stderr, "        again: make sim SEED=%llu RUNS=1 TRACE=1%s%s%s\n", (unsigned long long)seed,
            wish->world ? " WORLD='" : "", wish->world ? wish->world : "", wish->world ? "'" : "");
}

static bool more(const struct wish *wish, const struct shared *shared, uint64_t index)
{
    if (tally.broken >= BROKEN_ENOUGH)
        return false;
    if (wish->length_ns > 0)
        return (long double)__atomic_load_n(&shared->simulated_ms, __ATOMIC_RELAXED) * 1e6L < wish->length_ns;
    return index < wish->runs;
}

static void work(const struct wish *wish, struct shared *shared, unsigned job)
{
    uint64_t index = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);

    while (more(wish, shared, index)) {
        struct scene scene = machine(wish, wish->seed + index);
        uint64_t before_ns = tally.simulated_ns;

        shared->job[job].seed = scene.seed;
        if (!run(&scene))
            replay(wish, scene.seed);
        __atomic_fetch_add(&shared->simulated_ms, (tally.simulated_ns - before_ns) / 1000000,
                           __ATOMIC_RELAXED);
        index = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);
    }
    shared->job[job].tally = tally;
}

static void print(const struct tally *t)
{
    printf("%llu machines, %.2Lf hours (%.4Lf years) simulated\n", (unsigned long long)t->runs,
           t->simulated_ns / 3.6e12L, t->simulated_ns / 3.15576e16L);
    printf(
        "%llu reads checked: %llu with a bound, %llu while a fault could not be seen yet; %llu turned away\n",
        (unsigned long long)t->reads, (unsigned long long)t->known, (unsigned long long)t->suspended,
        (unsigned long long)t->retries);
    printf("%llu looks at the reference; longest without one, on a CPU that runs: %.0Lf ms\n",
           (unsigned long long)t->updates, t->worst_gap_ns * 1e-6L);
    printf("TSCs set back that S could not make good: no look in 2 s, or the reference touched too: %llu "
           "VCPUs\n",
           (unsigned long long)t->beyond_help);
    printf("rate known to %.3Lf of what T4 allows, at worst\n", t->worst_rate);
    printf(
        "nearest to the bound: %.1Lf ns inside it; bound unknown for at most %.1Lf periods after a fault\n",
        t->least_room_ns, t->worst_settling);
}

/* Returns false if some kind of fault did not come often enough. Short runs are not asked. */
static bool print_faults(const struct tally *t, bool asked)
{
    long double hours = t->simulated_ns / 3.6e12L;
    bool enough = true;

    for (unsigned i = FAULT_NONE + 1; i < FAULTS; i++) {
        bool often = !asked || hours < 10 || t->struck[i] >= hours * EACH_HOUR;

        printf("  %-28s %12llu   %.1Lf an hour%s\n", fault_names[i], (unsigned long long)t->struck[i],
               t->struck[i] / larger(hours, 1e-9L), often ? "" : ": TOO FEW");
        enough = enough && often;
    }
    return enough;
}

static bool wait_for_all(const struct wish *wish, const struct shared *shared, const pid_t *pids)
{
    bool ended = true;
    int status;

    for (unsigned job = 0; job < wish->jobs; job++) {
        if (waitpid(pids[job], &status, 0) == pids[job] && WIFEXITED(status) && WEXITSTATUS(status) == 0)
            continue;
        fprintf(stderr, "a process died, at seed %llu\n", (unsigned long long)shared->job[job].seed);
        replay(wish, shared->job[job].seed);
        ended = false;
    }
    return ended;
}

bool machines_run(const struct wish *wish)
{
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct tally all = TALLY_NOTHING;
    pid_t pids[JOBS_MOST];
    bool ended, enough;

    if (shared == MAP_FAILED)
        return false;
    fflush(stdout);
    for (unsigned job = 0; job < wish->jobs; job++) {
        pids[job] = fork();
        if (pids[job] == 0) {
            work(wish, shared, job);
            _exit(0);
        }
    }
    ended = wait_for_all(wish, shared, pids);
    for (unsigned job = 0; job < wish->jobs; job++)
        tally_add(&all, &shared->job[job].tally);
    munmap(shared, sizeof *shared);
    print(&all);
    enough = print_faults(&all, !wish->world);
    printf("%llu promises broken\n", (unsigned long long)all.broken);
    return ended && enough && all.broken == 0;
}
