/*
 * Each pair of events proposes a train: its first event and its period. The train is followed from there to
 * both sides, from event to event, so a period that wanders slowly is still one. That random events lie so is
 * kept unlikely by the tolerance: it is a 50th of the period, and of the mean distance of all events where
 * that is less. Then the next place of a train holds a random event once in 25 times, and a train needs six
 * such places at least.
 */
#include "time/train.h"

/* The events that are left, in their order. */
struct events {
    uint64_t at[TRAIN_MOST];
    unsigned number[TRAIN_MOST]; /* what each is called by the caller */
    unsigned count;
    uint64_t mean; /* the distance from one to the next */
};

/* The way that a train takes to one side, or to both. */
struct path {
    unsigned hits;            /* without the event that it begins with */
    uint64_t events;          /* a bit each, by the caller's numbers */
    uint64_t length, periods; /* to the last hit */
};

static void gather_events(const uint64_t *at, unsigned count, uint64_t gone, struct events *out)
{
    out->count = 0;
    for (unsigned i = 0; i < count && i < TRAIN_MOST; i++) {
        if (gone >> i & 1 || (out->count && at[i] < out->at[out->count - 1]))
            continue;
        out->at[out->count] = at[i];
        out->number[out->count++] = i;
    }
    out->mean = out->count > 1 ? (out->at[out->count - 1] - out->at[0]) / (out->count - 1) : 0;
}

static uint64_t time_between(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Returns the event after `from` that is nearest to `place`, if one is near enough; else `from`. */
static unsigned nearest(const struct events *e, unsigned from, uint64_t place, uint64_t tolerance)
{
    unsigned best = from;

    for (unsigned i = from + 1; i < e->count && e->at[i] <= place + tolerance; i++) {
        if (time_between(e->at[i], place) <= tolerance &&
            (best == from || time_between(e->at[i], place) < time_between(e->at[best], place)))
            best = i;
    }
    return best;
}

/* The same events with time going the other way. */
static void mirror(const struct events *e, struct events *out)
{
    *out = (struct events){.count = e->count, .mean = e->mean};
    for (unsigned i = 0; i < e->count; i++) {
        out->at[i] = e->at[e->count - 1] - e->at[e->count - 1 - i];
        out->number[i] = e->number[e->count - 1 - i];
    }
}

/* A place without an event is passed; the next is expected a period later. */
static struct path follow_train(const struct events *e, unsigned first, uint64_t period)
{
    uint64_t tolerance = (period < e->mean ? period : e->mean) / TRAIN_FINE, place = e->at[first];
    struct path path = {0};
    unsigned last = first, steps = 0;

    while (place + period <= e->at[e->count - 1] + tolerance) {
        unsigned next = nearest(e, last, place + period, tolerance);

        place = next == last ? place + period : e->at[next];
        steps++;
        if (next == last)
            continue;
        last = next;
        path.hits++;
        path.events |= 1ull << e->number[next];
        path.length = e->at[next] - e->at[first];
        path.periods = steps;
    }
    return path;
}

static struct path follow_both(const struct events *e, const struct events *back, unsigned first,
                               uint64_t period)
{
    struct path path = follow_train(e, first, period);
    struct path before = follow_train(back, e->count - 1 - first, period);

    path.hits += before.hits + 1;
    path.events |= before.events | 1ull << e->number[first];
    path.length += before.length;
    path.periods += before.periods;
    return path;
}

static bool is_train(const struct path *path, unsigned events, uint64_t places)
{
    return path->hits >= TRAIN_LEAST && path->hits * 4 >= events && path->hits * 4ull >= places * 3;
}

static struct path longest(const struct events *e)
{
    uint64_t span = e->at[e->count - 1] - e->at[0];
    struct path best = {0};
    struct events back;

    mirror(e, &back);
    for (unsigned i = 0; i + 1 < e->count; i++) {
        for (unsigned j = i + 1; j < e->count && e->at[j] - e->at[i] <= span / (TRAIN_LEAST - 2); j++) {
            uint64_t period = e->at[j] - e->at[i];
            struct path path;

            if (!period || span / period + 1 > TRAIN_MOST * 4 / 3)
                continue;
            path = follow_both(e, &back, i, period);
            if (path.hits > best.hits && is_train(&path, e->count, span / period + 1))
                best = path;
        }
    }
    return best;
}

bool train_find(const uint64_t at[TRAIN_MOST], unsigned count, uint64_t *gone, struct train *out)
{
    struct events e;
    struct path best;

    gather_events(at, count, *gone, &e);
    if (e.count < TRAIN_LEAST)
        return false;
    best = longest(&e);
    if (!best.hits)
        return false;
    *gone |= best.events;
    *out = (struct train){.period = best.length / best.periods, .hits = best.hits};
    return true;
}

bool train_same(uint64_t a, uint64_t b)
{
    return time_between(a, b) <= (a < b ? a : b) / TRAIN_FINE;
}
