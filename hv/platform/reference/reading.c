/* Reading a reference: one reading, and the tightest of a few. */
#include "platform/reference/source.h"

#include "cpu/instructions.h"
#include "cpu/lock.h"

#define SAMPLES    8u
#define EDGE_TURNS 64u     /* a count of the PIT is 5 to 10 readings on the fastest emulator */
#define LOCK_TURNS 100000u /* 5 ms at least; a sample keeps the lock for some 30 us */

/* Latches, and the order of half-reads, are the device's: one CPU at a time. */
static struct lock counters_lock = LOCK_INIT("reference timers");

static bool counters_take(bool *were_on)
{
    for (unsigned turn = 0; turn < LOCK_TURNS; turn++) {
        if (lock_try(&counters_lock, were_on))
            return true;
        cpu_relax();
    }
    return false;
}

static const struct counter_source *source_of(const struct reference *ref)
{
    return (const struct counter_source *)ref;
}

/* How far from the truth a reading may be, in TSC ticks. */
static uint64_t doubt(const struct counter_source *source, const struct reference_reading *reading)
{
    return reading->tsc_hi - reading->tsc_lo + (reading->edge ? 0 : source->count_ticks);
}

/*
 * Polls until the count moves. The change came after the TSC read before the last reading that still showed
 * the old count, and before the one read after the first that showed the new. If the count moved by one only,
 * the instant is that of its becoming `count`. A stepping counter's change is no count's edge, but the one
 * instant at which its count is the true one. False: no change was seen, or one that says nothing.
 */
static bool read_at_edge(const struct counter_source *source, struct reference_reading *out)
{
    struct reference_reading old, now;

    if (!source->poll(&old))
        return false;
    for (unsigned turn = 0; turn < EDGE_TURNS; turn++, old = now) {
        if (!source->poll(&now))
            return false;
        uint64_t moved = (now.count - old.count) & counter_mask(&source->ref);
        if (moved == 0)
            continue;
        *out = now;
        out->tsc_lo = old.tsc_lo;
        out->edge = moved == 1 && !source->stepping;
        return out->edge || source->stepping;
    }
    return false;
}

static bool read_once(const struct counter_source *source, struct reference_reading *out)
{
    if ((source->coarse || source->stepping) && read_at_edge(source, out))
        return true;
    return !source->stepping && source->read(out);
}

bool source_sample(const struct counter_source *source, struct reference_reading *out)
{
    bool any = false;

    for (unsigned i = 0; i < SAMPLES; i++) {
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

bool reference_sample(const struct reference *ref, struct reference_reading *out)
{
    bool were_on;

    if (!counters_take(&were_on))
        return false;
    bool ok = source_sample(source_of(ref), out);
    lock_release(&counters_lock, were_on);
    return ok;
}

bool source_count(const struct counter_source *source, uint64_t *count)
{
    struct reference_reading reading;
    bool were_on;

    if (!counters_take(&were_on))
        return false;
    bool ok = source->read(&reading);
    lock_release(&counters_lock, were_on);
    *count = reading.count;
    return ok;
}
