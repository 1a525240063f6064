/*
 * Machine frames, handed out once and never taken back: all memory beyond the image comes from here.
 * Pure: given ranges, it computes; the caller clears what it gets.
 */
#ifndef CPU_FRAMES_H
#define CPU_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_SIZE        4096u
#define FRAMES_MAX_RANGES 128

struct frame_range {
    uint64_t start, end; /* bytes, start inclusive, end exclusive */
};

/* Frees the frames that lie wholly within the ranges; ranges beyond FRAMES_MAX_RANGES are left unused. */
void frames_init(const struct frame_range *usable, unsigned count);
/* Takes [start, end) out, rounded outwards. Returns false if the list of ranges is full. */
bool frames_reserve(uint64_t start, uint64_t end);
/*
 * Takes `count` frames in a row, aligned to `align_bytes` (a power of two, at least FRAME_SIZE), wholly below
 * `limit` (0: anywhere). Returns the physical address, or 0 if there is no such place.
 */
uint64_t frames_take(uint64_t count, uint64_t align_bytes, uint64_t limit);
uint64_t frames_free_bytes(void);

#endif
