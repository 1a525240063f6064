#include "wall.h"

#include <xen/platform.h>

#include "arithmetic.h"
#include "clock.h"
#include "hypercall.h"
#include "system.h"

#define SECOND_NS 1000000000ull

/* Written before the other VCPUs start. */
static enum wall_kind kind;
static struct wall_own own;

struct sync sync;

/* Reads Xen's wall clock: UTC at system time 0, by the version protocol of its records. */
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

/* Goes by the raw line, so that all else in the sample is of the same moment. */
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

void sync_start(struct sync *s, uint64_t now_ns, uint64_t period_s)
{
    *s = (struct sync){.period_ns = period_s * SECOND_NS, .next_ns = now_ns, .on = period_s > 0};
}

bool sync_due(struct sync *s, uint64_t now_ns)
{
    if (!s->on || now_ns < s->next_ns)
        return false;
    s->next_ns += ((now_ns - s->next_ns) / s->period_ns + 1) * s->period_ns;
    return true;
}

/* UTC and its system time are of one sample. In the patch of 2005 they were up to 250 ms apart. */
void sync_run(uint64_t now_ns)
{
    struct meridian_counts counts = {0};
    struct meridian_sample sample;

    if (!sync_due(&sync, now_ns))
        return;
    meridian_read(&guest_clock, &counts, &sample);
    if (wall_push(wall_at(&sample), meridian_raw_ns(&sample)))
        sync.refused++;
    else
        sync.done++;
}
