/* What came of the negative worlds, against what was stated. */
#include <stdio.h>
#include <string.h>

#include "kept.h"
#include "negative.h"
#include "told.h"

static long double hours(const struct outcome *o)
{
    return larger(o->simulated_ns / 3.6e12L, 1e-9L);
}

static long double share(uint64_t part, uint64_t of)
{
    return of ? (long double)part / of : 0;
}

/* One letter a column, as the table's head has them. */
const char *negative_failed(const struct row *row, unsigned reading, const struct negative_tally *t)
{
    static char failed[16];
    const struct stated *must = &row->must;
    const struct outcome *o = &t->late;
    const struct {
        char letter;
        long double is, most;
    } asked[] = {
        {'P', t->broken, 0},
        {'S', t->all.beyond, 0},
        {'L', t->all.least_too_much, 0},
        {'M', t->all.most_too_little + t->all.most_too_much, 0},
        {'O', share(o->outside, o->known), must->outside},
        {'W', o->worst_w, must->worst_w},
        {'D', o->disruptions / hours(o), must->disruptions},
        {'U', o->unknown_ns / PERIOD, must->unknown_periods},
        {'B', o->oracle_ns > 0 ? o->bound_ns / o->oracle_ns : 0, must->bound},
        {'T', o->tellings / hours(o), must->tellings},
        {'A', o->slowest_ns / SECOND, negative_slowest_s(row, reading)},
    };
    size_t count = 0;

    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        if (asked[i].is > asked[i].most)
            failed[count++] = asked[i].letter;
    }
    failed[count] = 0;
    return failed;
}

static void print_outcome(const char *name, const struct outcome *o, const char *failed)
{
    printf("%-40s %7.2Lf %9.4Lf %9.4Lf %7llu %8.0Lf %6.2Lf %5.1Lf %7.1Lf %6.1Lf %7.2Lf %6.0Lf %7.1Lf %7.0Lf "
           "%5.2Lf  %s\n",
           name, hours(o), 100 * share(o->outside - o->told, o->known), 100 * share(o->told, o->known),
           (unsigned long long)o->beyond, o->worst_ns, o->worst_w, o->worst_times, o->tellings / hours(o),
           o->false_tellings / hours(o), o->slowest_ns / SECOND, o->unknown_ns / PERIOD,
           o->disruptions / hours(o), o->compared ? o->bound_ns / o->compared : 0,
           o->oracle_ns > 0 ? o->bound_ns / o->oracle_ns : 0, failed);
}

static const char head[] =
    "                                                   reads outside, %%  silent    worst outside         "
    "tellings an hour  slowest unknown   disr.   bound over\n"
    "the world                                  hours  not told      told  beyond       ns      w times     "
    "all  false       s periods an hour      ns oracle's\n";

bool negative_print(struct negative_tally (*tallies)[NEGATIVE_READINGS])
{
    char name[96];
    bool as_stated = true;

    printf(head);
    for (unsigned i = 0; i < negative_row_count; i++) {
        for (unsigned j = 0; j < NEGATIVE_READINGS; j++) {
            const struct negative_tally *t = &tallies[i][j];
            const char *failed = negative_failed(&negative_rows[i], j, t);

            if (t->runs == 0)
                continue;
            as_stated = as_stated && !failed[0];
            negative_name(name, sizeof name, i, j);
            print_outcome(name, &t->all, "");
            print_outcome("    after five minutes", &t->late, failed[0] ? failed : "as stated");
        }
    }
    return as_stated;
}
