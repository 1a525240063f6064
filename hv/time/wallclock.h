/* UTC as an offset from system time. */
#ifndef TIME_WALLCLOCK_H
#define TIME_WALLCLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* ns is always below 10^9, for dates before 1970 too. */
struct utc {
    int64_t s;
    uint32_t ns;
};

/*
 * Finds UTC when system time was 0, given that it was `now` at `system_ns`. Returns false if now.ns is no ns,
 * or the date is absurd.
 */
bool wallclock_base(struct utc now, uint64_t system_ns, struct utc *base);
struct utc wallclock_at(struct utc base, uint64_t system_ns);

#endif
