#include "wall.h"

#include <xen/platform.h>

#include "arithmetic.h"
#include "clock.h"
#include "hypercall.h"
#include "system.h"

/* Written before the other VCPUs start. */
static enum wall_kind kind;
static struct wall_own own;

/* Xen's: UTC when system time was 0, by the version protocol of its records. */
static struct meridian_utc utc_at_boot(void)
{
    const volatile struct shared_info *shared = &shared_info;
    for (;;) {
        uint32_t version = shared->wc_version;
        struct meridian_utc utc = {(int64_t)((uint64_t)shared->wc_sec_hi << 32 | shared->wc_sec),
                                   shared->wc_nsec};
        if (!(version & 1) && shared->wc_version == version)
            return utc;
        __asm__ volatile("pause");
    }
}

struct meridian_utc wall_base(const struct meridian_sample *sample)
{
    return clock_has_pages() ? meridian_utc_at(sample, -(int64_t)sample->system_time) : utc_at_boot();
}

void wall_init(enum wall_kind wanted, uint32_t steer_ppb)
{
    struct meridian_counts counts = {0};
    struct meridian_sample sample;
    meridian_read(&guest_clock, &counts, &sample);
    own.since_ns = meridian_raw_ns(&sample);
    own.utc = utc_plus(wall_base(&sample), (int64_t)own.since_ns);
    own.steer_ppb = steer_ppb;
    kind = wanted;
}

bool wall_is_own(void)
{
    return kind != WALL_FOLLOWS;
}

/* The raw line's: what a sample tells beside it is of the same moment. */
struct meridian_utc wall_at(const struct meridian_sample *sample)
{
    uint64_t ns = meridian_raw_ns(sample);
    return wall_is_own() ? wall_own_at(&own, ns) : utc_plus(wall_base(sample), (int64_t)ns);
}

struct meridian_wall wall_now(struct meridian_counts *counts)
{
    if (clock_has_pages() && !wall_is_own())
        return meridian_wall(&guest_clock, counts);

    struct meridian_wall wall = {{INT64_MIN, 0}, {0, 0}, {INT64_MAX, 999999999}, MERIDIAN_UNKNOWN_NS};
    uint64_t ns = meridian_now_ns(&guest_clock, counts);
    wall.now = wall_is_own() ? wall_own_at(&own, ns) : utc_plus(utc_at_boot(), (int64_t)ns);
    return wall;
}

long wall_push(struct meridian_utc utc, uint64_t system_ns)
{
    struct xen_platform_op op = {.cmd = XENPF_settime64, .interface_version = XENPF_INTERFACE_VERSION};
    op.u.settime64.secs = (uint64_t)utc.sec;
    op.u.settime64.nsecs = utc.nsec;
    op.u.settime64.system_time = system_ns;
    return hypercall(__HYPERVISOR_platform_op, address_of(&op), 0, 0, 0);
}

long wall_set(int64_t utc_s, uint32_t utc_ns)
{
    struct meridian_counts counts = {0};
    uint64_t now_ns = meridian_now_ns(&guest_clock, &counts);
    own.utc = (struct meridian_utc){utc_s, utc_ns};
    own.since_ns = now_ns;
    return kind == WALL_INDEPENDENT ? 0 : wall_push(own.utc, now_ns);
}

/* The civil date of a day counted from 1970-01-01, by eras of 400 years that begin on a 1st of March. */
static void date_of(int64_t day, int64_t *year, unsigned *month, unsigned *mday)
{
    day += 719468; /* from 0000-03-01 */
    int64_t era = (day < 0 ? day - 146096 : day) / 146097;
    unsigned in_era = (unsigned)(day - era * 146097);
    unsigned in_era_year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    unsigned in_year = in_era - (365 * in_era_year + in_era_year / 4 - in_era_year / 100);
    unsigned march_month = (5 * in_year + 2) / 153;
    *mday = in_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = era * 400 + in_era_year + (*month <= 2);
}

void wall_print(void)
{
    struct meridian_counts counts = {0};
    struct meridian_utc now = wall_now(&counts).now;
    int64_t day = now.sec / 86400 - (now.sec % 86400 < 0), year;
    unsigned second = (unsigned)(now.sec - day * 86400), month, mday;

    date_of(day, &year, &month, &mday);
    print("guest: it is %04ld-%02u-%02u %02u:%02u:%02u.%03u UTC\n", year, month, mday, second / 3600,
          second / 60 % 60, second % 60, now.nsec / 1000000);
}
