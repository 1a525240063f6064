/*
 * Reading a reference timer. Where its count lasts longer than a reading takes, the reading is taken at the
 * count's edge (read_at_edge); of a few readings the tightest counts.
 */
#include "platform/reference/source.h"

#include "cpu/lock.h"
#include "cpu/spin.h"

#define MOST_READINGS 8u
#define EDGE_POLLS    64u     /* a count of the PIT is 5 to 10 readings on the fastest emulator */
#define LOCK_SPINS    100000u /* 5 ms at least; it is held for some 30 us at a time */

/* A device has one latch, and gives a count in halves: one CPU reads at a time. */
static struct lock counters_lock = LOCK_INIT("reference timers");

static uint64_t misreads; /* left out since start-up */

static bool try_counters(void *were_on)
{
    return lock_try(&counters_lock, were_on);
}

static bool take_counters(bool *were_on)
{
    return spin_until(try_counters, were_on, LOCK_SPINS);
}

static const struct counter_source *source_of(const struct reference *ref)
{
    return (const struct counter_source *)ref;
}

/* A wide counter is read in halves: one that is all ones is no better than the whole. */
static bool possible(const struct counter_source *source, const struct reference_reading *reading)
{
    uint64_t ones = counter_mask(&source->ref) & UINT32_MAX;

    return (reading->count & ones) != ones && reading->count >> 32 != UINT32_MAX;
}

static bool counted(bool ok)
{
    misreads += !ok;
    return ok;
}

bool source_read(const struct counter_source *source, struct reference_reading *out)
{
    return counted(source->read(out) && possible(source, out));
}

bool source_poll(const struct counter_source *source, struct reference_reading *out)
{
    return counted(source->poll(out) && possible(source, out));
}

/* How far from the truth a reading may be, in TSC ticks. */
static uint64_t doubt(const struct counter_source *source, const struct reference_reading *reading)
{
    return reading->tsc_hi - reading->tsc_lo + (reading->edge ? 0 : source->count_ticks);
}

/*
 * Polls until the count moves: that is its edge.
 *
 *     poll that showed the old count        poll that showed the new count
 *     tsc_lo    counter    tsc_hi           tsc_lo    counter    tsc_hi
 *     ^                                                          ^
 *     the count changed after this                 and before this
 *
 * If it moved by one only, the instant is that of its becoming `count`. The change of a stepping counter is
 * no count's edge, but the one instant at which its count is true. Returns false if no change was seen, or
 * one that says nothing.
 */
static bool read_at_edge(const struct counter_source *source, struct reference_reading *out)
{
    struct reference_reading old, now;
    uint64_t moved;

    if (!source_poll(source, &old))
        return false;
    for (unsigned polls = 0; polls < EDGE_POLLS; polls++) {
        if (!source_poll(source, &now))
            continue;
        moved = (now.count - old.count) & counter_mask(&source->ref);
        if (moved == 0) {
            old = now;
            continue;
        }
        *out = now;
        out->tsc_lo = old.tsc_lo;
        out->edge = moved == 1 && !source->stepping;
        return out->edge || source->stepping;
    }
    return false;
}

/* One reading, the best that this counter gives: at its edge where that can be seen. */
static bool read_once(const struct counter_source *source, struct reference_reading *out)
{
    if ((source->coarse || source->stepping) && read_at_edge(source, out))
        return true;
    return !source->stepping && source_read(source, out);
}

bool source_read_best(const struct counter_source *source, struct reference_reading *out)
{
    bool any = false;

    for (unsigned i = 0; i < MOST_READINGS; i++) {
        struct reference_reading reading;

        if (!read_once(source, &reading))
            continue;
        if (!any || doubt(source, &reading) < doubt(source, out))
            *out = reading;
        any = true;
        if (doubt(source, out) <= source->good_ticks)
            break;
    }
    return any;
}

bool reference_read(const struct reference *ref, struct reference_reading *out)
{
    bool were_on, ok;

    if (!take_counters(&were_on))
        return false;
    ok = source_read_best(source_of(ref), out);
    lock_release(&counters_lock, were_on);
    return ok;
}

bool reference_glance(const struct reference *ref, struct reference_reading *out)
{
    const struct counter_source *source = source_of(ref);
    bool were_on, ok;

    if (!take_counters(&were_on))
        return false;
    ok = source->stepping ? read_at_edge(source, out) : source_read(source, out);
    lock_release(&counters_lock, were_on);
    return ok;
}

uint64_t reference_misreads(void)
{
    return __atomic_load_n(&misreads, __ATOMIC_RELAXED);
}

bool source_count(const struct counter_source *source, uint64_t *count)
{
    struct reference_reading reading;
    bool were_on, ok;

    if (!take_counters(&were_on))
        return false;
    ok = source_read(source, &reading);
    lock_release(&counters_lock, were_on);
    *count = reading.count;
    return ok;
}
