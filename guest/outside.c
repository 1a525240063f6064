#include "outside.h"

#include <stdbool.h>

#include "clock.h"
#include "system.h"
#include "vcpu.h"

/* The slots: the line common to all VCPUs, then each VCPU's own. */
#define COMMON 0u

/* A record as it was read whole for the first time, and the TSC when it was read last. */
static struct kept {
    struct meridian_sample first;
    uint64_t last_tsc;
    bool any;
} kept[1 + MAX_VCPUS];

static void print_record(uint32_t slot)
{
    const struct meridian_sample *r = &kept[slot].first;
    uint32_t vcpu = slot == COMMON ? 0 : slot - 1;

    /* All values are as they stood in the record: an unknown bound is all ones. */
    print("@record vcpu=%u version=%u first=%lu last=%lu stamp=%lu time=%lu mul=%u shift=%d err_ns=%lu "
          "err_ppb=%u disruptions=%u flags=%u\n",
          vcpu, r->version, r->tsc, kept[slot].last_tsc, r->tsc_timestamp, r->system_time,
          r->tsc_to_system_mul, r->tsc_shift, r->err_ns, r->err_ppb, r->disruptions, r->flags);
}

static bool followed(const struct meridian_sample *old, const struct meridian_sample *now)
{
    return now->version != old->version || now->tsc_timestamp != old->tsc_timestamp;
}

static void keep(uint32_t slot, const struct meridian_sample *sample)
{
    struct kept *k = &kept[slot];

    if (k->any && followed(&k->first, sample)) {
        print_record(slot);
        k->any = false;
    }
    if (!k->any) {
        k->first = *sample;
        k->any = true;
    }
    k->last_tsc = sample->tsc;
}

/* In per-CPU mode each call takes the record of the next VCPU. */
void records_poll(const struct meridian_sample *sample, uint32_t vcpus)
{
    static uint32_t next;
    struct meridian_sample other;

    if (clock_mode_of(sample) == CLOCK_UNIFIED) {
        keep(COMMON, sample);
        return;
    }
    next = (next + 1) % vcpus;
    if (clock_try_own(next, &other))
        keep(1 + next, &other);
}

void records_end(void)
{
    for (uint32_t slot = 0; slot < 1 + MAX_VCPUS; slot++)
        if (kept[slot].any)
            print_record(slot);
}

/* There is one for each VCPU. test/outside/mailbox.c has the same struct. Each side writes its own words. */
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
