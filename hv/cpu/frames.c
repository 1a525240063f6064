/* A sorted list of free ranges. Frames come from its top: low memory is left for what needs it. */
#include "cpu/frames.h"

#include <stddef.h>

static struct frame_range ranges[FRAMES_MAX_RANGES]; /* by address, apart, never empty */
static unsigned range_count;

static uint64_t align_up(uint64_t value, uint64_t align)
{
    uint64_t up = (value + align - 1) & ~(align - 1);

    return up < value ? ~(align - 1) : up; /* near 2^64 the highest multiple there is */
}

static uint64_t align_down(uint64_t value, uint64_t align)
{
    return value & ~(align - 1);
}

static void remove_at(unsigned index)
{
    range_count--;
    for (unsigned i = index; i < range_count; i++)
        ranges[i] = ranges[i + 1];
}

static bool insert_at(unsigned index, uint64_t start, uint64_t end)
{
    if (range_count == FRAMES_MAX_RANGES)
        return false;
    for (unsigned i = range_count; i > index; i--)
        ranges[i] = ranges[i - 1];
    ranges[index] = (struct frame_range){start, end};
    range_count++;
    return true;
}

/* Adds one range, melting it with all it touches or overlaps: no frame may be in the list twice. */
static void join_range(uint64_t start, uint64_t end)
{
    unsigned at = 0;

    while (at < range_count && ranges[at].end < start)
        at++;
    while (at < range_count && ranges[at].start <= end) {
        start = ranges[at].start < start ? ranges[at].start : start;
        end = ranges[at].end > end ? ranges[at].end : end;
        remove_at(at);
    }
    insert_at(at, start, end);
}

void frames_init(const struct frame_range *usable, unsigned count)
{
    range_count = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t start = align_up(usable[i].start, FRAME_SIZE);
        uint64_t end = align_down(usable[i].end, FRAME_SIZE);

        if (start == 0)
            start = FRAME_SIZE; /* frames_take's 0 means 'none' */
        if (start < end)
            join_range(start, end);
    }
}

/*
 * Takes [start, end) out of one range. Returns false, and does nothing, if the rest are two pieces and there
 * is no room for both.
 */
static bool cut_range(unsigned index, uint64_t start, uint64_t end)
{
    struct frame_range *range = &ranges[index];
    uint64_t old_end = range->end;

    if (start <= range->start && end >= range->end) {
        remove_at(index);
        return true;
    }
    if (start > range->start && end < range->end && !insert_at(index + 1, end, old_end))
        return false;
    if (start > range->start)
        range->end = start;
    else
        range->start = end;
    return true;
}

bool frames_reserve(uint64_t start, uint64_t end)
{
    start = align_down(start, FRAME_SIZE);
    end = align_up(end, FRAME_SIZE);
    for (unsigned i = 0; i < range_count && start < end;) {
        unsigned before = range_count;
        bool apart = ranges[i].end <= start || ranges[i].start >= end;

        if (!apart && !cut_range(i, start, end))
            return false;
        if (apart || range_count >= before) /* else the next range has moved here */
            i++;
    }
    return true;
}

/* Returns the highest aligned address for `bytes` in a range below `limit`; 0: there is none. */
static uint64_t highest_place(const struct frame_range *range, uint64_t bytes, uint64_t align, uint64_t limit)
{
    uint64_t end = limit && limit < range->end ? limit : range->end;
    uint64_t place;

    if (end <= range->start || end - range->start < bytes)
        return 0;
    place = align_down(end - bytes, align);
    return place >= range->start ? place : 0;
}

uint64_t frames_take(uint64_t count, uint64_t align_bytes, uint64_t limit)
{
    uint64_t bytes = count * FRAME_SIZE;

    if (count == 0 || count > UINT64_MAX / FRAME_SIZE)
        return 0;
    if (align_bytes < FRAME_SIZE || (align_bytes & (align_bytes - 1)))
        return 0;
    for (unsigned i = range_count; i-- > 0;) {
        uint64_t place = highest_place(&ranges[i], bytes, align_bytes, limit);

        if (!place)
            continue;
        /*
         * With the list full the piece above the place is given up for good: memory lost, never taken twice.
         */
        if (!cut_range(i, place, place + bytes))
            ranges[i].end = place;
        return place;
    }
    return 0;
}

uint64_t frames_free_bytes(void)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < range_count; i++)
        bytes += ranges[i].end - ranges[i].start;
    return bytes;
}
