#include "mailbox.h"

#include <stdbool.h>

#include "clock.h"
#include "system.h"
#include "vcpu.h"

/* One a VCPU: test/outside/mailbox.c has the same. Each side writes only its own words. */
struct box {
    uint64_t asked;    /* the number of a question; the asker writes it last */
    uint64_t answered; /* the same number; the guest writes it last */
    uint64_t ns, bound_ns, stamp, disruptions;
    uint64_t unused[2];
};

#define BOXES (4096 / sizeof(struct box))

static struct box boxes[BOXES] __attribute__((aligned(4096)));
static bool is_open;

_Static_assert(MAX_VCPUS <= BOXES, "a box for each VCPU");

void mailbox_open(const struct start_info *start, uint32_t vcpus)
{
    is_open = true;
    print("@mailbox frame=%lu vcpus=%u\n", memory_frame(start, boxes), vcpus);
}

/*
 * The reader's LFENCE keeps its TSC after the load of the question. No store is seen before older ones are,
 * nor before RDTSC is done (SDM vol. 3, 8.2.2): the answer comes after the read.
 */
void mailbox_poll(uint32_t me)
{
    struct box *box = &boxes[me];
    struct meridian_sample sample;
    uint64_t asked;

    if (!is_open)
        return;
    asked = __atomic_load_n(&box->asked, __ATOMIC_ACQUIRE);
    if (asked == box->answered)
        return;
    meridian_read(&guest_clock, &vcpu_self()->witness.counts, &sample);
    box->ns = meridian_raw_ns(&sample);
    box->bound_ns = meridian_bound_ns(&sample);
    box->stamp = sample.tsc_timestamp;
    box->disruptions = sample.disruptions;
    __atomic_store_n(&box->answered, asked, __ATOMIC_RELEASE);
}
