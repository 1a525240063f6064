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
    return draw_machine(seed);
}

static void replay(const struct wish *wish, uint64_t seed)
{
    dprintf(STDERR_FILENO, "        again: make sim SEED=%llu RUNS=1 TRACE=1%s%s%s\n",
            (unsigned long long)seed, wish->world ? " WORLD='" : "", wish->world ? wish->world : "",
            wish->world ? "'" : "");
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
    shared->job[job].tally = tally;
}

static void add(struct tally *to, const struct tally *one)
{
    to->runs += one->runs;
    to->broken += one->broken;
    to->simulated_ns += one->simulated_ns;
    to->reads += one->reads;
    to->known += one->known;
    to->updates += one->updates;
    to->retries += one->retries;
    for (unsigned i = 0; i < FAULTS; i++)
        to->struck[i] += one->struck[i];
    for (unsigned i = 0; i < EXCUSES; i++)
        to->excused[i] += one->excused[i];
    to->worst_known_ns = larger(to->worst_known_ns, one->worst_known_ns);
    to->least_room_ns = smaller(to->least_room_ns, one->least_room_ns);
    to->worst_rate = larger(to->worst_rate, one->worst_rate);
    to->worst_settling = larger(to->worst_settling, one->worst_settling);
    to->worst_gap_ns = larger(to->worst_gap_ns, one->worst_gap_ns);
}

static void print(const struct tally *t)
{
    printf("%llu machines, %.2Lf hours (%.4Lf years) simulated\n", (unsigned long long)t->runs,
           t->simulated_ns / 3.6e12L, t->simulated_ns / 3.15576e16L);
    printf("%llu reads checked: %llu with a bound; %llu turned away\n", (unsigned long long)t->reads,
           (unsigned long long)t->known, (unsigned long long)t->retries);
    printf("%llu looks at the reference; longest without one, on a CPU that runs: %.0Lf ms\n",
           (unsigned long long)t->updates, t->worst_gap_ns * 1e-6L);
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
    struct tally all = {.least_room_ns = NEVER};
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
        add(&all, &shared->job[job].tally);
    munmap(shared, sizeof *shared);
    print(&all);
    excuses_print(all.excused);
    enough = print_faults(&all, !wish->world);
    printf("%llu promises broken\n", (unsigned long long)all.broken);
    return ended && enough && all.broken == 0;
}
