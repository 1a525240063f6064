/* Each VCPU's clock, on the reader: Meridian's time pages, or Xen's own records where there are none. */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "meridian/clock.h"

enum clock_mode { CLOCK_XEN, CLOCK_PERCPU, CLOCK_UNIFIED };

extern struct meridian_clock guest_clock;

/*
 * Asks for the time page and maps it. Where there is none the clock reads Xen's own records, and the bound is
 * unknown. Call it after memory_init().
 */
void clock_init(void);
/* Returns true if the time page is mapped. */
bool clock_has_pages(void);

/* Reads raw system time, ns: no word shared between VCPUs hides a step back. */
uint64_t clock_raw_ns(struct meridian_counts *counts);

/* Returns which kind of record a sample is of. */
enum clock_mode clock_mode_of(const struct meridian_sample *sample);
const char *clock_mode_name(enum clock_mode mode);

/* Tries once to copy VCPU `id`'s own record. Returns false if it was being written. */
bool clock_try_own(uint32_t id, struct meridian_sample *out);
/* Returns the address of Xen's record of VCPU `id`. */
const void *clock_xen_time(uint32_t id);

#endif
