/* Each VCPU's clock, on the reader: Meridian's time pages, or Xen's own records where there are none. */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "meridian/clock.h"

enum clock_mode { CLOCK_XEN, CLOCK_PERCPU, CLOCK_UNIFIED };

extern struct meridian_clock guest_clock;

/* After memory_init(): asks for the time pages and maps them. */
void clock_init(void);
bool clock_has_pages(void);

/* A raw read: no word shared between VCPUs removes its steps. */
static inline uint64_t clock_raw_ns(struct meridian_counts *counts)
{
    struct meridian_sample sample;

    meridian_read(&guest_clock, counts, &sample);
    return meridian_raw_ns(&sample);
}

enum clock_mode clock_mode_of(const struct meridian_sample *sample);
const char *clock_mode_name(enum clock_mode mode);

/* VCPU `id`'s own record, on one try: false if it was being written. */
bool clock_try_own(uint32_t id, struct meridian_sample *out);
/* Xen's record of VCPU `id`. */
const void *clock_xen_time(uint32_t id);

#endif
