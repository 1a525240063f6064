#include "witness.h"

#include "clock.h"
#include "outside.h"
#include "resume.h"
#include "vcpu.h"
#include "wall_witness.h"

/* A point writes a word that all share where records are not STABLE: it is taken seldom, not to disturb. */
#define POINT_EVERY 16
#define NO_BOUND_NS (UINT64_MAX / 2) /* larger than any time, and can be added to one */

/* What a VCPU shows the others, in a cache line of its own. Each value is a word and never seen torn. */
struct shown {
    uint64_t raw_ns;   /* its last read */
    uint64_t limit_ns; /* no VCPU may read below this from now on */
    uint64_t point_ns; /* its last point */
    uint64_t tsc;      /* of its last read */
} __attribute__((aligned(64)));

static struct shown shown[MAX_VCPUS];
static uint32_t vcpu_count;
static bool stopped;

void witness_init(uint32_t vcpus)
{
    vcpu_count = vcpus;
}

void witness_stop(void)
{
    __atomic_store_n(&stopped, true, __ATOMIC_RELAXED);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Returns the highest that the others have shown so far. */
static struct shown highest_of_others(uint32_t me)
{
    struct shown most = {0};

    for (uint32_t id = 0; id < vcpu_count; id++) {
        if (id == me)
            continue;
        most.raw_ns = larger(most.raw_ns, __atomic_load_n(&shown[id].raw_ns, __ATOMIC_RELAXED));
        most.limit_ns = larger(most.limit_ns, __atomic_load_n(&shown[id].limit_ns, __ATOMIC_RELAXED));
        most.point_ns = larger(most.point_ns, __atomic_load_n(&shown[id].point_ns, __ATOMIC_RELAXED));
        most.tsc = larger(most.tsc, __atomic_load_n(&shown[id].tsc, __ATOMIC_RELAXED));
    }
    return most;
}

/* Returns how far a read may be off another VCPU's: 0; in per-CPU mode the bound (unknown: any distance). */
static uint64_t slack_ns(const struct meridian_sample *sample)
{
    if (clock_mode_of(sample) != CLOCK_PERCPU)
        return 0;
    uint64_t bound = meridian_bound_ns(sample);
    return bound == MERIDIAN_UNKNOWN_NS ? NO_BOUND_NS : bound;
}

/* Checks the clock that programs use, the point. It keeps the order in every mode; others_ns came before. */
static void check_point(struct witness *self, uint32_t me, uint64_t others_ns,
                        const struct meridian_sample *sample)
{
    uint64_t point_ns = meridian_point_ns(&guest_clock, &self->counts, sample);

    self->back_self += point_ns < self->last_point_ns;
    self->back_global += point_ns < others_ns;
    self->last_point_ns = point_ns;
    __atomic_store_n(&shown[me].point_ns, point_ns, __ATOMIC_RELAXED);
}

/* This TSC is below what another VCPU's was before: they are apart by at least that, whatever records say. */
static void note_tsc(struct witness *self, uint64_t others_tsc, const struct meridian_sample *sample)
{
    if (sample->tsc < others_tsc)
        self->tsc_behind_ns = larger(self->tsc_behind_ns, meridian_line_ns(sample, others_tsc) -
                                                              meridian_line_ns(sample, sample->tsc));
}

/*
 * Loads what the others have shown, then reads its own clock. The reader's LFENCE keeps the TSC after those
 * loads: this read comes later than all of theirs, and must not be lower.
 */
static void read_and_compare(struct witness *self, uint32_t me, struct meridian_sample *sample)
{
    struct shown before = highest_of_others(me);

    meridian_read(&guest_clock, &self->counts, sample);

    uint64_t raw_ns = meridian_raw_ns(sample), slack = slack_ns(sample);
    note_tsc(self, before.tsc, sample);
    __atomic_store_n(&shown[me].tsc, sample->tsc, __ATOMIC_RELAXED);
    __atomic_store_n(&shown[me].raw_ns, raw_ns, __ATOMIC_RELAXED);
    __atomic_store_n(&shown[me].limit_ns, raw_ns < slack ? 0 : raw_ns - slack, __ATOMIC_RELAXED);

    if (raw_ns < self->last_ns) {
        self->back_self++;
        self->worst_ns = larger(self->worst_ns, self->last_ns - raw_ns);
    }
    if (raw_ns < before.raw_ns) {
        self->behind_ns = larger(self->behind_ns, before.raw_ns - raw_ns);
        if (raw_ns + slack < before.limit_ns) {
            self->back_global++;
            self->worst_ns = larger(self->worst_ns, before.raw_ns - raw_ns);
        }
    }
    self->last_ns = raw_ns;
    if (self->reads++ % POINT_EVERY == 0)
        check_point(self, me, before.point_ns, sample);
}

/*
 * Waits some us between two reads. It makes many PAUSEs, because an emulator that runs CPUs in turn (-icount)
 * changes CPUs at each. Without them it would give each VCPU a long slice, which is unfair to Xen. There are
 * some empty spins between them: QEMU pushes its TSC ahead, by up to a ms a second, while CPUs do nothing but
 * read it.
 */
static void breathe(void)
{
    for (int pause = 0; pause < 8; pause++) {
        for (int spin = 0; spin < 100; spin++)
            __asm__ volatile("");
        __asm__ volatile("pause" : : : "memory");
    }
}

void witness_run(struct witness *self, void (*each)(const struct meridian_sample *sample))
{
    uint32_t me = vcpu_self()->id;

    while (!__atomic_load_n(&stopped, __ATOMIC_RELAXED)) {
        struct meridian_sample sample;

        read_and_compare(self, me, &sample);
        if (each)
            each(&sample);
        mailbox_poll(me);
        wall_witness_poll(me);
        resume_poll(me);
        breathe();
    }
}

struct witness witness_total(void)
{
    struct witness total = {0};

    for (uint32_t id = 0; id < vcpu_count; id++) {
        const struct vcpu *vcpu = vcpu_of(id);
        const struct witness *one = &vcpu->witness;

        total.reads += one->reads;
        total.back_self += one->back_self + vcpu->tick.back;
        total.back_global += one->back_global;
        total.worst_ns = larger(total.worst_ns, one->worst_ns);
        total.behind_ns = larger(total.behind_ns, one->behind_ns);
        total.tsc_behind_ns = larger(total.tsc_behind_ns, one->tsc_behind_ns);
        total.counts.retries += one->counts.retries + vcpu->upcall_counts.retries;
        total.counts.stalls += one->counts.stalls + vcpu->upcall_counts.stalls;
        total.counts.early += one->counts.early + vcpu->upcall_counts.early;
        total.counts.clamps += one->counts.clamps + vcpu->upcall_counts.clamps;
    }
    return total;
}
