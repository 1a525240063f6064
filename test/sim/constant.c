#include "constant.h"

#include <math.h>

/*
 * In unified mode there is one line for all. In per-CPU mode each CPU has its own, with a count of its own,
 * and one constant must suit all of them. Which counts of two CPUs belong together no record says, for a CPU
 * that stood still counts fewer. But whoever publishes a bound after another CPU's began to be known again is
 * tied to R as that one is. So `all` begins anew with a count under which no bound was known before, and who
 * publishes a bound under its old count after that brings what was known with it.
 */
struct tie {
    bool known;     /* there was a bound under this count */
    bool in_all;    /* its constant is `all`'s; else its own: */
    uint16_t count; /* of disruptions */
    long double lo, hi;
};

static struct tie ties[WORLD_CPUS + 1]; /* the last: the line of all */
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
        ties[i] = (struct tie){0};
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
static const struct tie *before(const struct tie *tie, uint16_t count)
{
    const struct tie *highest = NULL;

    if (tie != &ties[COMMON])
        return ties[COMMON].known && ties[COMMON].count == count ? &ties[COMMON] : NULL;
    for (unsigned i = 0; i < world.m.cpus; i++) {
        if (ties[i].known && ties[i].in_all && (!highest || (int16_t)(ties[i].count - highest->count) > 0))
            highest = &ties[i];
    }
    return highest && highest->count == count ? highest : NULL;
}

/* This count is new on this line. */
static void renew(struct tie *tie, uint16_t count, long double published_ns)
{
    const struct tie *was = before(tie, count);

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
static long double join(struct tie *tie)
{
    long double off = wraps_off((tie->lo + tie->hi) / 2, all.lo, all.hi);
    long double lo = larger(all.lo, tie->lo - off), hi = smaller(all.hi, tie->hi - off);

    tie->in_all = true;
    if (lo > hi)
        return lo - hi;
    all.lo = lo;
    all.hi = hi;
    return 0;
}

static long double miss(const struct sim_read *r, long double lo, long double hi)
{
    long double error = (long double)r->ns - r->ref;

    error -= wraps_off(error, lo, hi);
    return larger(larger(error - r->bound_ns - hi, lo - error - r->bound_ns), 0);
}

static void learn(const struct sim_read *r, long double *lo, long double *hi)
{
    long double error = (long double)r->ns - r->ref;

    error -= wraps_off(error, *lo, *hi);
    *lo = larger(*lo, error - r->bound_ns);
    *hi = smaller(*hi, error + r->bound_ns);
}

long double constant_miss_ns(const struct sim_read *r)
{
    struct tie *tie = &ties[r->stable ? COMMON : r->cpu];
    long double published_ns = r->at_ns - r->age_ns, missed = 0;

    if (!tie->known || tie->count != r->disruptions)
        renew(tie, r->disruptions, published_ns);
    else if (!tie->in_all && published_ns > all.since_ns)
        missed = join(tie);
    missed = larger(missed, constant_peek_ns(r));
    if (missed <= 0)
        learn(r, tie->in_all ? &all.lo : &tie->lo, tie->in_all ? &all.hi : &tie->hi);
    return missed;
}

long double constant_peek_ns(const struct sim_read *r)
{
    const struct tie *tie = &ties[r->stable ? COMMON : r->cpu];

    if (!tie->known || tie->count != r->disruptions)
        return 0;
    return tie->in_all ? miss(r, all.lo, all.hi) : miss(r, tie->lo, tie->hi);
}
