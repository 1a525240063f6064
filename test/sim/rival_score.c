#include "rival_score.h"

#define DAY_NS 86400e9

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A clock can be off by more than 63 bits hold. */
static int64_t error_of(uint64_t ns, int64_t true_ns)
{
    uint64_t error = ns - (uint64_t)true_ns;
    bool ahead = true_ns < 0 || ns >= (uint64_t)true_ns;

    if (ahead)
        return error > INT64_MAX ? INT64_MAX : (int64_t)error;
    return -(int64_t)(0 - error);
}

static uint64_t size_of(int64_t error)
{
    return error < 0 ? 0 - (uint64_t)error : (uint64_t)error;
}

/* One more for the regression line. Not first and last alone: what one read is off by is no drift. */
static void drift_read(struct score *s, unsigned cpu, int64_t true_ns, int64_t error_ns)
{
    double days, ns;

    if (s->cpu[cpu].reads == 0) {
        s->cpu[cpu].first_true_ns = true_ns;
        s->cpu[cpu].first_error_ns = error_ns;
    }
    days = ((double)true_ns - (double)s->cpu[cpu].first_true_ns) / DAY_NS;
    ns = (double)error_ns - (double)s->cpu[cpu].first_error_ns;
    s->cpu[cpu].reads++;
    s->cpu[cpu].days += days;
    s->cpu[cpu].errors_ns += ns;
    s->cpu[cpu].days_days += days * days;
    s->cpu[cpu].days_errors += days * ns;
}

void score_read(struct score *s, unsigned cpu, uint64_t ns, int64_t true_ns)
{
    int64_t error = error_of(ns, true_ns);

    s->reads++;
    s->worst_error_ns = larger(s->worst_error_ns, size_of(error));
    if (s->cpu[cpu].seen && ns < s->cpu[cpu].last_ns) {
        s->back_self++;
        s->worst_self_ns = larger(s->worst_self_ns, s->cpu[cpu].last_ns - ns);
    }
    if (ns < s->highest_ns) {
        s->behind++;
        s->worst_across_ns = larger(s->worst_across_ns, s->highest_ns - ns);
    }
    s->highest_ns = larger(s->highest_ns, ns);
    s->cpu[cpu].last_ns = ns;
    s->cpu[cpu].seen = true;
    drift_read(s, cpu, true_ns, error);
}

void score_spread(struct score *s, const uint64_t *ns, unsigned count)
{
    uint64_t least = UINT64_MAX, most = 0;

    for (unsigned i = 0; i < count; i++) {
        least = ns[i] < least ? ns[i] : least;
        most = larger(most, ns[i]);
    }
    if (count)
        s->worst_spread_ns = larger(s->worst_spread_ns, most - least);
}

void score_settled(struct score *s)
{
    for (unsigned cpu = 0; cpu < SCORE_CPUS; cpu++)
        s->cpu[cpu].reads = s->cpu[cpu].days = s->cpu[cpu].errors_ns = s->cpu[cpu].days_days =
            s->cpu[cpu].days_errors = 0;
}

static double size(double value)
{
    return value < 0 ? -value : value;
}

void score_end(struct score *s)
{
    for (unsigned cpu = 0; cpu < SCORE_CPUS; cpu++) {
        double reads = s->cpu[cpu].reads, days = s->cpu[cpu].days, drift;
        double width = reads * s->cpu[cpu].days_days - days * days;

        if (reads < 2 || width <= 0)
            continue;
        drift = (reads * s->cpu[cpu].days_errors - days * s->cpu[cpu].errors_ns) / width;
        if (size(drift) >= size(s->drift_ns_per_day))
            s->drift_ns_per_day = drift;
    }
}

void score_add(struct score *total, const struct score *one)
{
    double drift = one->drift_ns_per_day, worst = total->drift_ns_per_day;

    total->reads += one->reads;
    total->behind += one->behind;
    total->back_self += one->back_self;
    total->worst_error_ns = larger(total->worst_error_ns, one->worst_error_ns);
    total->worst_self_ns = larger(total->worst_self_ns, one->worst_self_ns);
    total->worst_across_ns = larger(total->worst_across_ns, one->worst_across_ns);
    total->worst_spread_ns = larger(total->worst_spread_ns, one->worst_spread_ns);
    if (size(drift) > size(worst))
        total->drift_ns_per_day = drift;
}
