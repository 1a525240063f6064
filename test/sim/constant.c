#include "constant.h"

#include <math.h>

/*
 * In unified mode there is one line for all. In per-CPU mode each CPU has its own, with a count of its own,
 * and one constant must suit all of them. Which counts of two CPUs belong together no record says, for a CPU
 * that stood still counts fewer. But a CPU that publishes a bound after another CPU's began to be known again
 * is tied to R as that one is. So `all` begins anew with a count under which no bound was known before. A CPU
 * that publishes a bound under its old count after that brings what was known with it.
 */
struct ties {
    bool known;     /* there was a bound under this count */
    bool in_all;    /* its constant is `all`'s; else its own: */
    uint16_t count; /* of disruptions */
    long double lo, hi;
};

static struct ties ties[WORLD_CPUS + 1]; /* the last: the line of all */
static struct {
    long double lo, hi, since_ns;
} all;

#define COMMON WORLD_CPUS

/*
 * Before the first disruption S is R, which is 0 at the count that is the keeper's origin (true_ref()): so
 * clock.md defines it. A judge without that could only be kinder.
 */
void constants_forget(void)
{
    for (unsigned i = 0; i <= COMMON; i++)
        ties[i] = (struct ties){0};
    all.lo = all.hi = 0;
    all.since_ns = -NEVER;
}

/* The nearest wrap of a narrow counter counts: after a fault nobody can know how many went by. */
static long double wraps_off(long double ns, long double lo, long double hi)
{
    if (promises_one_wrap() || lo <= -NEVER || hi >= NEVER)
        return 0;
    return roundl((ns - (lo + hi) / 2) / wrap_ns()) * wrap_ns();
}

static void begin_anew(long double ns)
{
    for (unsigned i = 0; i <= COMMON; i++) {
        if (!ties[i].in_all)
            continue;
        ties[i].in_all = false;
        ties[i].lo = all.lo;
        ties[i].hi = all.hi;
    }
    all.lo = -NEVER;
    all.hi = NEVER;
    all.since_ns = ns;
}

/*
 * A line that was another's until now goes on under the same count: a CPU's own as the common line, which
 * has the highest of all their counts, or the common one as a CPU's own.
 */
static const struct ties *before(const struct ties *tie, uint16_t count)
{
    const struct ties *highest = NULL;

    if (tie != &ties[COMMON])
        return ties[COMMON].known && ties[COMMON].count == count ? &ties[COMMON] : NULL;
    for (unsigned i = 0; i < world.m.cpus; i++) {
        if (ties[i].known && ties[i].in_all && (!highest || (int16_t)(ties[i].count - highest->count) > 0))
            highest = &ties[i];
    }
    return highest && highest->count == count ? highest : NULL;
}

/* This count is new on this line. */
static void renew(struct ties *tie, uint16_t count, long double published_ns)
{
    const struct ties *was = before(tie, count);

    if (was) {
        *tie = *was;
    } else if (!tie->known && count == 0 && all.since_ns <= -NEVER) {
        tie->in_all = true;
    } else {
        begin_anew(published_ns);
        tie->in_all = true;
    }
    tie->known = true;
    tie->count = count;
}

/* Returns by how much what this line allows and what all allow miss each other. */
static long double join(struct ties *tie)
{
    long double off = wraps_off((tie->lo + tie->hi) / 2, all.lo, all.hi);
    long double lo = larger(all.lo, tie->lo - off), hi = smaller(all.hi, tie->hi - off);

    tie->in_all = true;
    if (lo <= hi) {
        all.lo = lo;
        all.hi = hi;
    }
    return lo - hi;
}

/* What is allowed to this read's line. */
static const long double *allowed(const struct ties *tie)
{
    static long double range[2];

    range[0] = tie->in_all ? all.lo : tie->lo;
    range[1] = tie->in_all ? all.hi : tie->hi;
    return range;
}

static struct ties *tie_of(const struct sim_read *r)
{
    return &ties[r->stable ? COMMON : r->cpu];
}

static long double error_of(const struct sim_read *r, const long double *range)
{
    long double error = (long double)r->ns - r->ref;

    return error - wraps_off(error, range[0], range[1]);
}

static void learn(const struct sim_read *r, struct ties *tie, long double bound)
{
    const long double *range = allowed(tie);
    long double error = error_of(r, range);
    long double lo = larger(range[0], error - bound), hi = smaller(range[1], error + bound);

    *(tie->in_all ? &all.lo : &tie->lo) = lo;
    *(tie->in_all ? &all.hi : &tie->hi) = hi;
}

long double constant_peek_ns(const struct sim_read *r)
{
    const struct ties *tie = tie_of(r);
    const long double *range = allowed(tie);
    long double error;

    if (!tie->known || tie->count != r->disruptions)
        return -NEVER;
    error = error_of(r, range);
    return larger(error - range[1], range[0] - error) - r->bound_ns;
}

long double constant_miss_ns(const struct sim_read *r, long double spare_ns)
{
    struct ties *tie = tie_of(r);
    long double published_ns = r->at_ns - r->age_ns, missed = -NEVER;

    if (!tie->known || tie->count != r->disruptions)
        renew(tie, r->disruptions, published_ns);
    else if (!tie->in_all && published_ns > all.since_ns)
        missed = join(tie);
    missed = larger(missed, constant_peek_ns(r)) - spare_ns;
    if (missed <= 0)
        learn(r, tie, r->bound_ns + spare_ns);
    return missed;
}

long double constant_room_ns(const struct sim_read *r)
{
    const long double *range = allowed(tie_of(r));

    return range[1] - range[0];
}

bool constant_is_exact(const struct sim_read *r)
{
    const long double *range = allowed(tie_of(r));

    return range[0] == range[1];
}
