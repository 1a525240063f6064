#include "platform/loader/memmap.h"

#define PAGE 4096ull

/* Returns the end of a range that covers `at` and is not usable; 0: none does. */
static uint64_t taken_until(const struct boot_info *boot, uint64_t at)
{
    uint64_t until = 0;

    for (unsigned i = 0; i < boot->range_count; i++) {
        const struct memory_range *r = &boot->ranges[i];

        if (r->kind != MEMORY_USABLE && r->start <= at && at < r->end && r->end > until)
            until = r->end;
    }
    return until;
}

/* Returns the first byte from `at` on that lies in a usable range, and perhaps in others; PHYS_END: none. */
static uint64_t next_usable(const struct boot_info *boot, uint64_t at)
{
    uint64_t next = PHYS_END;

    for (unsigned i = 0; i < boot->range_count; i++) {
        const struct memory_range *r = &boot->ranges[i];

        if (r->kind == MEMORY_USABLE && r->end > at && r->start < next)
            next = r->start > at ? r->start : at;
    }
    return next;
}

/* Returns how far usable memory goes from `start` on without a hole: ranges that touch are joined. */
static uint64_t usable_until(const struct boot_info *boot, uint64_t start)
{
    uint64_t end = start;

    for (bool grown = true; grown;) {
        grown = false;
        for (unsigned i = 0; i < boot->range_count; i++) {
            const struct memory_range *r = &boot->ranges[i];

            if (r->kind == MEMORY_USABLE && r->start <= end && r->end > end) {
                end = r->end;
                grown = true;
            }
        }
    }
    return end < PHYS_END ? end : PHYS_END;
}

/* Cuts [start, end) where the first range that is not usable begins. */
static uint64_t cut_at_taken(const struct boot_info *boot, uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < boot->range_count; i++) {
        const struct memory_range *r = &boot->ranges[i];

        if (r->kind != MEMORY_USABLE && r->start > start && r->start < end)
            end = r->start;
    }
    return end;
}

unsigned memmap_usable(const struct boot_info *boot, struct memory_range *out, unsigned max)
{
    unsigned count = 0;
    uint64_t at = 0;

    /* Each pass moves `at` past the edge of at least one range, so there are at most two passes a range. */
    while (count < max && (at = next_usable(boot, at)) < PHYS_END) {
        uint64_t taken = taken_until(boot, at);
        uint64_t end, first, last;

        if (taken) {
            at = taken;
            continue;
        }
        end = cut_at_taken(boot, at, usable_until(boot, at));
        first = (at + PAGE - 1) & ~(PAGE - 1);
        last = end & ~(PAGE - 1);
        if (first < last)
            out[count++] = (struct memory_range){first, last, MEMORY_USABLE};
        at = end;
    }
    return count;
}

static bool page_is_free(uint64_t page, const struct memory_range *usable, unsigned count,
                         const struct memory_range *keep, unsigned keep_count)
{
    bool inside = false;

    for (unsigned i = 0; i < count && !inside; i++)
        inside = usable[i].start <= page && page + PAGE <= usable[i].end;
    for (unsigned i = 0; i < keep_count && inside; i++)
        inside = keep[i].end <= page || keep[i].start >= page + PAGE;
    return inside;
}

uint64_t memmap_low_page(const struct memory_range *usable, unsigned count, const struct memory_range *keep,
                         unsigned keep_count)
{
    /* The first 64 KiB come last: some firmware writes there behind its own map's back. */
    for (uint64_t page = 0x10000; page < 0x9f000; page += PAGE)
        if (page_is_free(page, usable, count, keep, keep_count))
            return page;
    for (uint64_t page = 0x1000; page < 0x10000; page += PAGE)
        if (page_is_free(page, usable, count, keep, keep_count))
            return page;
    return 0;
}

bool memmap_overlaps_ram(const struct boot_info *boot, uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < boot->range_count; i++) {
        const struct memory_range *range = &boot->ranges[i];

        if (range->kind != MEMORY_RESERVED && range->start < end && start < range->end)
            return true;
    }
    return false;
}
