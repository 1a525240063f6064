/*
 * How a record is written. The order of the stores lets a lock-free reader tell a whole record from a torn
 * one, by Xen's protocol (version odd while written) and by the one of 2005 (both versions equal) at once.
 */
#ifndef TIME_PUBLISH_H
#define TIME_PUBLISH_H

#include <stdint.h>

#include "meridian/abi.h"
#include "time/line.h"
#include "time/timeline.h"
#include "time/wallclock.h"

/* The one way to what guests read. A search of interleavings defines it first (test/weak). */
#ifndef RECORD_STORE
#define RECORD_STORE(place, value) ((place) = (value))
#endif

/* What a publish says, before it is laid out. */
struct published {
    struct line line;
    struct bound bound;
    struct utc wall; /* at the line's joint */
    uint64_t hz;
    uint16_t disruptions;
    uint8_t flags;
};

/* Xen's record, 32 bytes: the first half of ours, where version2 and disruptions are padding and stay 0. */
struct xen_time_record {
    uint32_t version, pad0;
    uint64_t tsc_timestamp, system_time;
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags;
    uint8_t pad1[2];
};

/*
 * Every record is written in three steps. The caller keeps each record's `version`, which is even and
 * private: nothing that a guest can write is read back.
 *
 *     begin  version + 1: readers turn away
 *     fill   the data
 *     end    version + 2: readers come again
 *
 * The stores are volatile and aligned: the compiler keeps their order, and x86 makes them visible in it (SDM
 * vol. 3, 8.2.2).
 */
void record_begin(volatile struct meridian_record *record, uint32_t version);
void record_fill(volatile struct meridian_record *record, const struct published *data);
/* Fills in the wall time alone: the line and its bound stay as they are. */
void record_fill_wall(volatile struct meridian_record *record, struct utc wall);
void record_end(volatile struct meridian_record *record, uint32_t version);

void xen_record_begin(volatile struct xen_time_record *record, uint32_t version);
void xen_record_fill(volatile struct xen_time_record *record, const struct published *data);
void xen_record_end(volatile struct xen_time_record *record, uint32_t version);

/* Writes the page of assumptions, whole: its version is odd meanwhile. data->version is even, and new. */
void assumed_write(volatile struct meridian_assumed *page, const struct meridian_assumed *data);

#endif
