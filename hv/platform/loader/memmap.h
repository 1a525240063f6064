/* The memory map as the hypervisor uses it. Pure. */
#ifndef PLATFORM_MEMMAP_H
#define PLATFORM_MEMMAP_H

#include "platform/loader/bootinfo.h"

/*
 * Makes of the map at most `max` usable ranges, sorted, apart, rounded inwards to 4 KiB; where ranges
 * overlap, what is not usable wins. Returns how many. All in them is RAM; the first MiB is included.
 */
unsigned memmap_usable(const struct boot_info *boot, struct memory_range *out, unsigned max);

/* Returns true if any of [start, end) is in a range that is more than reserved: memory of some kind. */
bool memmap_overlaps_ram(const struct boot_info *boot, uint64_t start, uint64_t end);

/* Returns a free page in [0x1000, 0x9f000) for the trampoline, outside every `keep` range; 0: none. */
uint64_t memmap_low_page(const struct memory_range *usable, unsigned count, const struct memory_range *keep,
                         unsigned keep_count);

#endif
