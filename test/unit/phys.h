/*
 * Physical memory for parsers' tests: named regions. Every view is a copy of its own in a heap block of
 * exactly its size, so that AddressSanitizer catches the first byte read beyond what was asked for.
 */
#ifndef TEST_PHYS_H
#define TEST_PHYS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

#define PHYS_REGIONS 16
#define PHYS_VIEWS   4096

static struct {
    uint64_t at;
    const uint8_t *bytes;
    size_t size;
} phys_regions[PHYS_REGIONS];
static unsigned phys_region_count;
static void *phys_views[PHYS_VIEWS];
static unsigned phys_view_count;

static inline void phys_forget_views(void)
{
    while (phys_view_count > 0)
        free(phys_views[--phys_view_count]);
}

static inline void phys_clear(void)
{
    phys_forget_views();
    phys_region_count = 0;
}

/* `bytes` must stay; a later region hides an earlier one. */
static inline void phys_put(uint64_t at, const void *bytes, size_t size)
{
    if (phys_region_count == PHYS_REGIONS)
        abort();
    phys_regions[phys_region_count].at = at;
    phys_regions[phys_region_count].bytes = bytes;
    phys_regions[phys_region_count++].size = size;
}

static inline const void *phys_look(uint64_t phys, size_t size)
{
    for (unsigned i = phys_region_count; i-- > 0;) {
        uint64_t offset = phys - phys_regions[i].at;
        if (phys < phys_regions[i].at || offset > phys_regions[i].size ||
            size > phys_regions[i].size - offset)
            continue;
        if (phys_view_count == PHYS_VIEWS)
            abort();
        void *copy = malloc(size);
        if (!copy)
            abort();
        memcpy(copy, phys_regions[i].bytes + offset, size);
        phys_views[phys_view_count++] = copy;
        return copy;
    }
    return NULL;
}

static inline void put16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static inline void put32(uint8_t *p, uint32_t value)
{
    put16(p, (uint16_t)value);
    put16(p + 2, (uint16_t)(value >> 16));
}

static inline void put64(uint8_t *p, uint64_t value)
{
    put32(p, (uint32_t)value);
    put32(p + 4, (uint32_t)(value >> 32));
}

/* One to eight changes: a byte, a field of 4 that is 0, all ones, small or near, or a bit. */
static inline void mutate(uint8_t *bytes, size_t size, struct random *random)
{
    static const uint32_t fields[] = {0, 0xffffffff, 1, 7, 8, 0x7fffffff, 0x80000000, 0x100000};
    unsigned changes = 1 + random_next(random) % 8;
    while (changes-- > 0) {
        size_t at = random_next(random) % size;
        switch (random_next(random) % 4) {
        case 0: bytes[at] = (uint8_t)random_next(random); break;
        case 1:
            if (size >= 4)
                put32(bytes + random_next(random) % (size - 3), fields[random_next(random) % 8]);
            break;
        case 2: bytes[at] ^= (uint8_t)(1u << random_next(random) % 8); break;
        default: bytes[at] = (uint8_t)(bytes[at] + random_next(random) % 5 - 2); break;
        }
    }
}

#endif
