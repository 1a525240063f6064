/* The CMOS clock (MC146818): read at its edge. */
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

/*
 * Waits for the second's edge, the end of an update, for at most 1.1 s; then reads until two readings agree.
 * `tsc_lo` and `tsc_hi` bracket the edge. Returns false if no RTC answers, or it makes no sense.
 */
bool rtc_read(uint8_t century_register, int64_t *utc_s, uint64_t *tsc_lo, uint64_t *tsc_hi);

#endif
