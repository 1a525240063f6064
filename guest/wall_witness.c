#include "wall_witness.h"

#include <stdbool.h>

#include "arithmetic.h"
#include "clock.h"
#include "vcpu.h"
#include "wall.h"

#define SET_EVERY_NS 10000000ull
#define NEVER_SET    (-1)

/* What a VCPU shows the others, and what it keeps for itself, in cache lines of its own. */
static struct {
    int64_t newest[WALL_SETTERS_MOST]; /* the newest number that it has seen of each setter; -1: none */
    int64_t last;                      /* the number it saw last */
    uint64_t next_set_ns;
    struct wall_witness counts;
} __attribute__((aligned(64))) shown[MAX_VCPUS];

static struct meridian_utc first; /* UTC at system time 0, before all settings */
static uint32_t vcpu_count, setter_count;

void wall_witness_init(uint32_t vcpus, uint32_t setters)
{
    struct meridian_counts counts = {0};
    struct meridian_sample sample;

    meridian_read(&guest_clock, &counts, &sample);
    first = wall_base(&sample);
    vcpu_count = vcpus;
    setter_count = setters < WALL_SETTERS_MOST ? setters : WALL_SETTERS_MOST;
    for (uint32_t id = 0; id < vcpus; id++) {
        for (uint32_t setter = 0; setter < WALL_SETTERS_MOST; setter++)
            shown[id].newest[setter] = NEVER_SET;
        shown[id].last = NEVER_SET;
    }
}

/* Returns the newest number of a setter that any VCPU has shown. */
static int64_t newest_shown(uint32_t setter)
{
    int64_t newest = NEVER_SET;

    for (uint32_t id = 0; id < vcpu_count; id++) {
        int64_t one = __atomic_load_n(&shown[id].newest[setter], __ATOMIC_RELAXED);

        newest = one > newest ? one : newest;
    }
    return newest;
}

static void show(uint32_t me, int64_t number)
{
    int64_t *newest = &shown[me].newest[number % setter_count];

    if (number > *newest)
        __atomic_store_n(newest, number, __ATOMIC_RELAXED);
    shown[me].last = number;
}

/*
 * All settings come in one order, and each setter's have rising numbers. A setting is old if a newer one of
 * its setter was known before the read, or if this VCPU has seen it and then another one.
 */
static bool is_old(uint32_t me, int64_t number, const int64_t before[])
{
    if (number == NEVER_SET) {
        for (uint32_t setter = 0; setter < WALL_SETTERS_MOST; setter++)
            if (before[setter] != NEVER_SET)
                return true;
        return false;
    }
    return number < before[number % setter_count] ||
           (number != shown[me].last && number <= shown[me].newest[number % setter_count]);
}

/* Loads what the others have shown, then reads the clock: loads stay in order, so the read comes later. */
static void check_read(uint32_t me, struct meridian_sample *sample)
{
    struct wall_witness *counts = &shown[me].counts;
    struct meridian_counts reading = {0};
    int64_t before[WALL_SETTERS_MOST];

    for (uint32_t setter = 0; setter < WALL_SETTERS_MOST; setter++)
        before[setter] = newest_shown(setter);
    __asm__ volatile("" : : : "memory");
    meridian_read(&guest_clock, &reading, sample);
    struct meridian_utc base = wall_base(sample);
    bool is_first = base.sec == first.sec && base.nsec == first.nsec;
    int64_t number = is_first ? NEVER_SET : wall_number_of(base);

    counts->reads++;
    if (number == WALL_NO_NUMBER)
        counts->torn++;
    else if (is_old(me, number, before))
        counts->back++;
    else if (number != NEVER_SET)
        show(me, number);
}

/* Returns the system time for which UTC is given: now, 250 ms ago, an hour ahead, or 0, and so on. */
static uint64_t stamp_for(int64_t count, uint64_t now_ns)
{
    switch (count % 4) {
    case 0: return now_ns;
    case 1: return now_ns < 250000000 ? 0 : now_ns - 250000000;
    case 2: return now_ns + 3600000000000;
    default: return 0;
    }
}

static void set(uint32_t me, uint64_t now_ns)
{
    struct wall_witness *counts = &shown[me].counts;
    int64_t count = (int64_t)counts->sets, number = count * setter_count + me;
    uint64_t stamp_ns = stamp_for(count, now_ns);

    if (wall_push(utc_plus(wall_of_number(number), (int64_t)stamp_ns), stamp_ns)) {
        counts->refused++;
        return;
    }
    counts->sets++;
    show(me, number);
}

/* Both setters set at the same moments, so that they collide. */
void wall_witness_poll(uint32_t me)
{
    struct meridian_sample sample;

    if (!setter_count)
        return;
    check_read(me, &sample);
    uint64_t now_ns = meridian_raw_ns(&sample);
    if (me >= setter_count || now_ns < shown[me].next_set_ns)
        return;
    if (shown[me].next_set_ns)
        set(me, now_ns);
    shown[me].next_set_ns = (now_ns / SET_EVERY_NS + 1) * SET_EVERY_NS;
}

struct wall_witness wall_witness_total(void)
{
    struct wall_witness total = {0};

    for (uint32_t id = 0; id < vcpu_count; id++) {
        const struct wall_witness *one = &shown[id].counts;

        total.reads += one->reads;
        total.sets += one->sets;
        total.refused += one->refused;
        total.back += one->back;
        total.torn += one->torn;
    }
    return total;
}

int wall_witness_last_stands(const struct meridian_sample *sample)
{
    struct meridian_utc base = wall_base(sample);
    int64_t number = wall_number_of(base);

    if (!setter_count || number == WALL_NO_NUMBER)
        return !setter_count;
    return number / setter_count == (int64_t)shown[number % setter_count].counts.sets - 1;
}
