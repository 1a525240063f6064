/* The CMOS clock (MC146818): read at its edge, and looked at while time runs. */
#ifndef PLATFORM_RTC_H
#define PLATFORM_RTC_H

#include <stdbool.h>
#include <stdint.h>

/* Raw registers, as read. Pure decoding in rtc_decode. */
struct rtc_registers {
    uint8_t second, minute, hour, day, month, year, century, status_b;
};

/*
 * Computes seconds since 1970-01-01 UTC, from BCD or binary, 12 or 24 hours, with a century or as 1970..2069.
 * Returns false if a field is out of range.
 */
bool rtc_decode(const struct rtc_registers *raw, bool has_century, int64_t *utc_s);

/* Returns 0..59 of the second's register; -1 if that makes no sense. */
int rtc_decode_second(uint8_t raw, uint8_t status_b);

/*
 * Waits for the second's edge, the end of an update, for at most 1.1 s; then reads until two readings agree.
 * `tsc_lo` and `tsc_hi` bracket the edge. Returns false if no RTC answers, or it makes no sense.
 */
bool rtc_read(uint8_t century_register, int64_t *utc_s, uint64_t *tsc_lo, uint64_t *tsc_hi);

/* One short look at the clock while time runs. */
struct rtc_glance {
    uint64_t tsc_lo; /* at the start; where `ended`, when an update was last under way */
    uint64_t tsc_hi; /* when it had shown whether one is */
    bool ended;      /* an update was under way, and is over */
    int second;      /* what it showed then, 0..59; -1: an update is under way */
};

/*
 * Looks at it for some 10 us at most, longer only to see an update end. `us_ticks`: TSC ticks of a us. On any
 * CPU, one at a time. Returns false if it does not answer, makes no sense, another CPU is at it, or the look
 * was held up so long that it says nothing.
 */
bool rtc_glance(uint64_t us_ticks, struct rtc_glance *out);

#endif
