/*
 * How a read goes. At start-up the hypervisor names one page of its records, and clock_init() maps it. After
 * that a read makes no call and takes no lock. clock_raw_ns() below is two steps of meridian/clock.h, and
 * every other read of the guest is made of the same two:
 *
 * - meridian_read() takes a sample: a whole record and the TSC that was read while it was in force. It is the
 *   record common to all VCPUs while that says STABLE, else this VCPU's own. A record that was being written
 *   is tried again.
 * - meridian_raw_ns() gives the sample's time: system time at the record's stamp, and the ns since then.
 */
#include "clock.h"

#include <xen/sched.h>

#include "assumed.h"
#include "hypercall.h"
#include "system.h"
#include "vcpu.h"

/* The one time page, mapped in place of this page of the image: slots 0..32 serve 32 VCPUs at most. */
static struct meridian_record time_page[MERIDIAN_SLOTS_PER_PAGE] __attribute__((aligned(4096)));
static const struct meridian_record *const time_pages[] = {time_page};
static uint64_t last_ns __attribute__((aligned(64)));

_Static_assert(sizeof time_page == 4096, "one page");
_Static_assert(MAX_VCPUS < MERIDIAN_SLOTS_PER_PAGE, "one page is enough");

static uint64_t where(void)
{
    return vcpu_self()->id; /* nothing here moves from VCPU to VCPU */
}

static void yield(void)
{
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
}

const void *clock_xen_time(uint32_t id)
{
    return &shared_info.vcpu_info[id].time;
}

struct meridian_clock guest_clock = {
    .xen_time = clock_xen_time, .where = where, .yield = yield, .last_ns = &last_ns};

void clock_init(void)
{
    long answer = hypercall(MERIDIAN_HYPERCALL, MERIDIAN_OP_MAGIC, 0, 0, 0);

    if (answer != MERIDIAN_MAGIC) {
        print("guest: no time pages here (%ld): reading Xen's own records, bound unknown\n", answer);
        return;
    }
    long frame = hypercall(MERIDIAN_HYPERCALL, MERIDIAN_OP_PAGE, 0, 0, 0);
    long refusal = frame < 0 ? frame : memory_map(time_page, (uint64_t)frame, false);
    if (refusal) {
        print("guest: the time page cannot be mapped (%ld): reading Xen's own records\n", refusal);
        return;
    }
    guest_clock.common = time_page;
    guest_clock.pages = time_pages;
    assumed_init();
}

uint64_t clock_raw_ns(struct meridian_counts *counts)
{
    struct meridian_sample sample;

    meridian_read(&guest_clock, counts, &sample);
    return meridian_raw_ns(&sample);
}

bool clock_has_pages(void)
{
    return guest_clock.pages;
}

enum clock_mode clock_mode_of(const struct meridian_sample *sample)
{
    if (!clock_has_pages())
        return CLOCK_XEN;
    return sample->flags & MERIDIAN_FLAG_TSC_STABLE ? CLOCK_UNIFIED : CLOCK_PERCPU;
}

const char *clock_mode_name(enum clock_mode mode)
{
    static const char *const names[] = {"xen", "percpu", "unified"};

    return names[mode];
}

bool clock_try_own(uint32_t id, struct meridian_sample *out)
{
    return clock_has_pages() ? meridian_try(meridian_slot(&guest_clock, id), 1, out)
                             : meridian_try(clock_xen_time(id), 0, out);
}
