#include "spread.h"

#include "clock.h"
#include "vcpu.h"

#define TRIES 8

struct spread spread;
static struct meridian_sample copies[1 + MAX_VCPUS]; /* the common line, then each VCPU's */

/* Copies all records. Returns the number of copies, or 0 if a record was being written. */
static uint32_t copy_all(uint32_t vcpus)
{
    uint32_t count = 0;

    if (clock_has_pages() && !meridian_try(guest_clock.pages[0], 1, &copies[count++]))
        return 0;
    for (uint32_t id = 0; id < vcpus; id++)
        if (!clock_try_own(id, &copies[count++]))
            return 0;
    return count;
}

static bool of_one_publish(uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (copies[i].tsc_timestamp != copies[0].tsc_timestamp || copies[i].flags != copies[0].flags)
            return false;
    return true;
}

/* Returns how far the copies are apart at the last one's TSC, which is the latest. */
static uint64_t apart_ns(uint32_t count)
{
    uint64_t tsc = copies[count - 1].tsc, least = UINT64_MAX, most = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t ns = meridian_line_ns(&copies[i], tsc);

        least = ns < least ? ns : least;
        most = ns > most ? ns : most;
    }
    return most - least;
}

void spread_note(uint64_t ns)
{
    spread.recent_ns = ns > spread.recent_ns ? ns : spread.recent_ns;
    spread.worst_ns = ns > spread.worst_ns ? ns : spread.worst_ns;
}

/*
 * Meridian publishes all records at once. Copies of two publishes only say that one came in between: then all
 * are copied again. Whole records that stay of two publishes are a fault, and are measured as they are.
 */
void spread_sample(uint32_t vcpus)
{
    uint32_t count = 0;

    for (unsigned tries = 0; tries < TRIES; tries++) {
        count = copy_all(vcpus);
        if (count && clock_mode_of(&copies[0]) != CLOCK_UNIFIED)
            break;
        if (count && of_one_publish(count))
            break;
    }
    if (!count) {
        spread.skipped++;
        return;
    }
    enum clock_mode mode = clock_mode_of(&copies[0]);
    if (mode == CLOCK_PERCPU)
        return;
    uint64_t ns = apart_ns(count);
    spread.samples++;
    spread.broken |= mode == CLOCK_UNIFIED && ns;
    spread_note(ns);
}

uint64_t spread_take_recent(void)
{
    uint64_t ns = spread.recent_ns;

    spread.recent_ns = 0;
    return ns;
}
