#include "time/seconds.h"

#include <stddef.h>

#define SECOND NS_PER_S
/* A clock that is off by more is none. */
#define LIMIT_NS (SECOND / 50)
/* By so much a second may an edge come beside its time: no crystal's rate leaps by 20 ppm. */
#define ALLOWED_NS 20000
/* Past its time by so much it does not come any more. */
#define GIVE_UP_NS (SECOND / 2)

#define STEPS        8         /* looks, in the time in which the edge is expected */
#define STEP_NS      10000     /* about as long as a look takes */
#define LEAD_NS      1000      /* at least, */
#define LEAD_MOST_NS 100000000 /* and at most */
#define SELDOM       8         /* seconds from one hunt to the next, when enough is known */
#define RECENT       64        /* seconds; beyond, the rate may have wandered */
#define STRANGE_MOST 2u
#define LONGEST      7776000 /* seconds, 90 days: a thousand of these in ns are below 2^63 */

static int64_t width(struct range range)
{
    return range.hi - range.lo;
}

static const struct edge *newest(const struct seconds *seconds)
{
    return &seconds->edge[seconds->count - 1];
}

void seconds_start(struct seconds *seconds)
{
    *seconds = (struct seconds){.shown = -1, .lead_ns = LEAD_NS};
}

void seconds_begin(struct seconds *seconds, int second, struct range ref_ns)
{
    int64_t lead_ns = seconds->lead_ns;

    seconds_start(seconds);
    seconds->lead_ns = max_i64(lead_ns, LEAD_NS);
    seconds->shown = second;
    seconds->edge[0] = (struct edge){0, ref_ns};
    seconds->count = 1;
}

/* In doubt per second: (width a + width b) / (b.n - a.n) is less for the pair a, b. */
static bool tells_more(const struct edge *a, const struct edge *b, const struct edge *than_a,
                       const struct edge *than_b)
{
    int64_t doubt = width(a->ref_ns) + width(b->ref_ns), than = width(than_a->ref_ns) + width(than_b->ref_ns);

    return doubt / (b->n - a->n) < than / (than_b->n - than_a->n);
}

/* R's ns in one second of the clock, by the newest edge and the one before it that tells most. */
static struct range second_lasts(const struct seconds *seconds)
{
    const struct edge *last = newest(seconds), *best = NULL;
    struct range ns = {SECOND - LIMIT_NS, SECOND + LIMIT_NS};
    int64_t n;

    for (const struct edge *at = seconds->edge; at < last; at++) {
        if (last->n - at->n <= RECENT && (!best || tells_more(at, last, best, last)))
            best = at;
    }
    if (!best)
        return ns;
    n = last->n - best->n;
    return (struct range){max_i64(ns.lo, (last->ref_ns.lo - best->ref_ns.hi) / n - 1),
                          min_i64(ns.hi, (last->ref_ns.hi - best->ref_ns.lo) / n + 1)};
}

/* Nothing is known: its second changes within the next one. */
static void plan_any(struct seconds *seconds, int64_t now_ns)
{
    seconds->shown = -1;
    seconds->hunt = (struct hunt){
        .n = 1,
        .expected = {now_ns, now_ns + SECOND + LIMIT_NS},
        .before_ns = INT64_MIN,
        .next_ns = now_ns,
        .step_ns = SECOND / STEPS,
    };
}

void seconds_plan(struct seconds *seconds, int64_t now_ns)
{
    const struct edge *last;
    struct range lasts, expected;
    int64_t after;

    if (seconds->count == 0) {
        plan_any(seconds, now_ns);
        return;
    }
    last = newest(seconds);
    lasts = second_lasts(seconds);
    after = seconds->count < SECONDS_EDGES ? 1 : SELDOM;
    if (last->ref_ns.lo + after * lasts.lo - seconds->lead_ns <= now_ns)
        after = (now_ns + seconds->lead_ns - last->ref_ns.lo) / lasts.lo + 1;
    expected = (struct range){last->ref_ns.lo + after * lasts.lo, last->ref_ns.hi + after * lasts.hi};
    if (width(expected) > SECOND / 2) { /* which second it is would not be sure */
        seconds_start(seconds);
        plan_any(seconds, now_ns);
        return;
    }
    seconds->hunt = (struct hunt){
        .n = last->n + after,
        .expected = expected,
        .before_ns = INT64_MIN,
        .next_ns = expected.lo - seconds->lead_ns,
        .step_ns = max_i64(STEP_NS, (width(expected) + seconds->lead_ns) / STEPS),
    };
}

/* How many seconds past the one before the hunted edge it shows: 0 and 1 are what can be. */
static int seconds_past(const struct seconds *seconds, int second)
{
    return (int)(((second - seconds->shown - (seconds->hunt.n - 1)) % 60 + 60) % 60);
}

static enum hunted leave(struct seconds *seconds)
{
    seconds_start(seconds);
    return HUNT_LEFT;
}

/* Either way nothing is known of this edge; twice in a row, and what was known of the clock is not so. */
static enum hunted fits_nothing(struct seconds *seconds, enum hunted once)
{
    return ++seconds->strange >= STRANGE_MOST ? leave(seconds) : once;
}

static enum hunted not_yet(struct seconds *seconds, const struct second_sight *sight)
{
    struct hunt *hunt = &seconds->hunt;

    if (sight->ref_ns.lo > hunt->expected.hi + GIVE_UP_NS)
        return fits_nothing(seconds, HUNT_MISSED);
    hunt->before_ns = sight->ref_ns.lo;
    if (sight->ref_ns.lo > hunt->expected.hi)
        hunt->step_ns *= 2;
    hunt->next_ns = max_i64(sight->ref_ns.hi, hunt->next_ns + hunt->step_ns);
    return HUNT_ON;
}

static void drop_edge(struct seconds *seconds, unsigned victim)
{
    seconds->count--;
    for (unsigned i = victim; i < seconds->count; i++)
        seconds->edge[i] = seconds->edge[i + 1];
}

/* The edge with which the first one tells most of the rate, by now. There are two at least. */
static unsigned best_since_first(const struct seconds *seconds)
{
    const struct edge *edge = seconds->edge;
    unsigned best = 1;

    for (unsigned i = 2; i < seconds->count; i++) {
        if (!tells_more(&edge[0], &edge[best], &edge[0], &edge[i]))
            best = i;
    }
    return best;
}

/*
 * The longest span tells most, so the first edge stays; until one that was seen better tells more without it.
 */
static void add(struct seconds *seconds, const struct edge *edge)
{
    if (seconds->count == SECONDS_EDGES)
        drop_edge(seconds, best_since_first(seconds) == 1 ? 2 : 1);
    seconds->edge[seconds->count++] = *edge;
    if (seconds->count > 2 &&
        (edge->n - seconds->edge[0].n > LONGEST ||
         tells_more(&seconds->edge[1], edge, &seconds->edge[0], &seconds->edge[best_since_first(seconds)])))
        drop_edge(seconds, 0);
}

/* It was missed: looks come later than was thought. */
static enum hunted begin_earlier(struct seconds *seconds)
{
    seconds->lead_ns = min_i64(LEAD_MOST_NS, 4 * seconds->lead_ns);
    return HUNT_MISSED;
}

static enum hunted has_come(struct seconds *seconds, const struct second_sight *sight)
{
    const struct hunt *hunt = &seconds->hunt;
    struct edge edge = {hunt->n, {sight->ended ? sight->ref_ns.lo : hunt->before_ns, sight->ref_ns.hi}};
    int64_t allowed = seconds->count > 0 ? (hunt->n - newest(seconds)->n) * ALLOWED_NS : GIVE_UP_NS;

    if (edge.ref_ns.hi < hunt->expected.lo - allowed || edge.ref_ns.lo > hunt->expected.hi + allowed)
        return leave(seconds);
    if (edge.ref_ns.lo == INT64_MIN)
        return begin_earlier(seconds);
    if (seconds->count == 0)
        seconds_begin(seconds, sight->second, edge.ref_ns);
    else
        add(seconds, &edge);
    seconds->strange = 0;
    seconds->lead_ns = max_i64(LEAD_NS, seconds->lead_ns - seconds->lead_ns / 8);
    return HUNT_FOUND;
}

enum hunted seconds_saw(struct seconds *seconds, const struct second_sight *sight)
{
    struct hunt *hunt = &seconds->hunt;
    int past = 0;

    if (seconds->shown < 0) /* whatever it shows first */
        seconds->shown = sight->second;
    else if (sight->second >= 0)
        past = seconds_past(seconds, sight->second);
    if (past == 0)
        return not_yet(seconds, sight);
    if (sight->ref_ns.hi > hunt->expected.hi + GIVE_UP_NS)
        return HUNT_MISSED; /* this look came too late for it */
    if (past == 1)
        return has_come(seconds, sight);
    hunt->next_ns = max_i64(sight->ref_ns.hi, hunt->next_ns + hunt->step_ns);
    return fits_nothing(seconds, HUNT_ON);
}

/* e / span in ppb, rounded down; |e| is below span, and 1000 span below 2^63: three digits at a time. */
static int64_t ppb_of(int64_t e, int64_t span)
{
    int64_t ppb = 0, left = abs_i64(e);

    for (unsigned i = 0; i < 3; i++) {
        left *= 1000;
        ppb = ppb * 1000 + left / span;
        left %= span;
    }
    return e < 0 ? -ppb - 1 : ppb;
}

bool seconds_rate(const struct seconds *seconds, struct range *ppb)
{
    const struct edge *first = &seconds->edge[0], *best;
    int64_t n;

    if (seconds->count < 2)
        return false;
    best = &seconds->edge[best_since_first(seconds)];
    n = best->n - first->n;
    /* It counts n seconds while R goes on by so much; a shorter time makes it the faster. */
    *ppb = (struct range){
        .lo = ppb_of(n * SECOND - (best->ref_ns.hi - first->ref_ns.lo), best->ref_ns.hi - first->ref_ns.lo),
        .hi =
            ppb_of(n * SECOND - (best->ref_ns.lo - first->ref_ns.hi), best->ref_ns.lo - first->ref_ns.hi) + 1,
    };
    return true;
}
