/* What a number of machines were, for people. */
#include <stdio.h>

#include "sim.h"
#include "world.h"

#define EACH_HOUR 1.0L /* every kind of fault is met so often, or the run shows little */

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

bool summary_print(const struct wish *wish, const struct tally *t, uint64_t planned)
{
    bool enough;

    print(t);
    excuses_print(t->excused);
    enough = print_faults(t, !wish->world && !wish->watched);
    watched_print(t);
    if (t->runs < planned)
        printf("ended after %llu of %llu machines: so many broken promises are enough\n",
               (unsigned long long)t->runs, (unsigned long long)planned);
    printf("%llu promises broken\n", (unsigned long long)t->broken);
    return enough && t->broken == 0;
}
