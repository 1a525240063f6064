/*
 * KVM on a Linux host whose clock is its TSC (arch/x86/kvm/x86.c: pvclock_update_vm_gtod_copy,
 * kvm_guest_time_update, kvm_get_time_scale; arch/x86/kernel/tsc.c: tsc_refine_calibration_work).
 *
 * The host measures its TSC against the reference for a second and keeps it in whole kHz. One pair of host
 * time and TSC, taken when the guest starts, then serves all VCPUs, with that rate, for good: the update
 * every 300 s (kvmclock_sync_fn) writes the same pair again. The record is marked stable.
 *
 * Before that each CPU's TSC was compared with CPU 0's (arch/x86/kernel/tsc_sync.c), and where it was apart
 * it was brought in step through TSC_ADJUST. A rival must not touch the world's clocks, so it adds that
 * offset where it reads: right to what a release takes.
 *
 * The host's watchdog (kernel/time/clocksource.c) looks at another CPU every half second; a TSC that goes
 * wrong by more than 500 ppm in it ends the host's use of TSCs. Then every VCPU has a pair of its own, from
 * the reference, renewed every 300 s, at the same rate.
 *
 * Kinder than the source: reads of the reference are the best of five tries, none is thrown out by an SMI.
 */
#include "rival_kvm.h"

#define REFINE_NS       SECOND_NS
#define WATCH_NS        (SECOND_NS / 2)
#define WATCH_LIMIT_NS  (WATCH_NS / 2000)
#define RENEW_EVERY     600 /* watches: 300 s */
#define REFERENCE_TRIES 5

enum what { BEGIN_COUNT, BEGIN_TSC, END_COUNT, END_TSC, WATCH };

struct kvm {
    uint64_t begin_tsc, begin_ns, end_ns, khz;
    struct rival_scale scale;
    uint64_t first_count;
    bool master;
    unsigned watches;
    uint64_t adjust[RIVAL_CPUS];
    struct kvm_pair pair[RIVAL_CPUS]; /* while there is a master: all one */
    struct kvm_pair watched[RIVAL_CPUS];
};

static struct kvm *kvm_of(const struct rival *r)
{
    return r->state;
}

uint64_t rival_kvm_host_khz(const struct rival *r)
{
    return kvm_of(r)->khz;
}

struct kvm_pair rival_kvm_pair(const struct rival *r, unsigned cpu)
{
    return kvm_of(r)->pair[cpu];
}

bool rival_kvm_has_master(const struct rival *r)
{
    return kvm_of(r)->master;
}

uint64_t rival_kvm_khz(uint64_t ticks, uint64_t ns)
{
    return rival_muldiv(ticks, 1000000, ns);
}

static uint64_t reference_ns(struct rival *r)
{
    return rival_muldiv(rival_count(r) - kvm_of(r)->first_count, r->world->ref_num, r->world->ref_den);
}

static uint64_t host_tsc(const struct rival *r, unsigned cpu)
{
    return rival_tsc(r, cpu) + kvm_of(r)->adjust[cpu];
}

static uint64_t best_delay(struct rival *r)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < REFERENCE_TRIES; i++) {
        uint64_t ns = rival_delay(r, RIVAL_DELAY_READ, 0);
        best = ns < best ? ns : best;
    }
    return best;
}

static void start(struct rival *r)
{
    kvm_of(r)->first_count = rival_count(r);
    rival_after(r, 0, 0, BEGIN_COUNT);
}

/* A warp is what shows as a TSC going back between two CPUs: an offset beyond what a release takes. */
static void bring_in_step(struct rival *r, unsigned cpu)
{
    struct kvm *k = kvm_of(r);
    int64_t ticks = (int64_t)(rival_tsc(r, cpu) - rival_tsc(r, 0));
    uint64_t apart_ns = rival_scaled(k->scale, (uint64_t)(ticks < 0 ? -ticks : ticks));

    if (apart_ns > rival_delay(r, RIVAL_DELAY_RELEASE, cpu))
        k->adjust[cpu] = (uint64_t)-ticks;
}

static void guest_starts(struct rival *r)
{
    struct kvm *k = kvm_of(r);
    struct kvm_pair pair = {rival_tsc(r, 0), k->end_ns};
    uint64_t gone_ns = k->end_ns - k->begin_ns;

    /* A reference that did not move: the host falls back to its quick start, by another timer. */
    k->khz = rival_kvm_khz(pair.tsc - k->begin_tsc, gone_ns ? gone_ns : REFINE_NS);
    k->scale = rival_scale_of(k->khz * 1000);
    k->master = true;
    for (unsigned cpu = 0; cpu < r->cpus; cpu++) {
        if (cpu > 0)
            bring_in_step(r, cpu);
        k->pair[cpu] = pair;
        k->watched[cpu] = (struct kvm_pair){host_tsc(r, cpu), k->end_ns};
        r->ready[cpu] = true;
    }
    rival_after(r, 0, WATCH_NS, WATCH);
}

/* A pair of its own for every VCPU: the host's time now is the reference's. */
static void renew(struct rival *r)
{
    uint64_t ns = reference_ns(r);

    for (unsigned cpu = 0; cpu < r->cpus; cpu++)
        kvm_of(r)->pair[cpu] = (struct kvm_pair){host_tsc(r, cpu), ns};
}

/* What a TSC went wrong by since it was last looked at, in the share of half a second. */
static bool runs_true(struct rival *r, unsigned cpu)
{
    struct kvm *k = kvm_of(r);
    struct kvm_pair now = {host_tsc(r, cpu), reference_ns(r)};
    uint64_t gone_ns = now.ns - k->watched[cpu].ns;
    int64_t off_ns = (int64_t)(rival_scaled(k->scale, now.tsc - k->watched[cpu].tsc) - gone_ns);
    uint64_t limit_ns = WATCH_LIMIT_NS * (1 + gone_ns / WATCH_NS);

    k->watched[cpu] = now;
    return (uint64_t)(off_ns < 0 ? -off_ns : off_ns) <= limit_ns;
}

static void watch(struct rival *r)
{
    struct kvm *k = kvm_of(r);

    k->watches++;
    if (k->master && !runs_true(r, k->watches % r->cpus)) {
        k->master = false;
        k->watches = 0;
        renew(r);
    }
    if (!k->master && k->watches % RENEW_EVERY == 0)
        renew(r);
    rival_after(r, 0, WATCH_NS + rival_delay(r, RIVAL_DELAY_TIMER, 0), WATCH);
}

static void event(struct rival *r, unsigned cpu)
{
    struct kvm *k = kvm_of(r);

    switch ((enum what)r->what[cpu]) {
    case BEGIN_COUNT:
        k->begin_ns = reference_ns(r);
        rival_after(r, cpu, best_delay(r), BEGIN_TSC);
        break;
    case BEGIN_TSC:
        k->begin_tsc = rival_tsc(r, cpu);
        rival_after(r, cpu, REFINE_NS, END_COUNT);
        break;
    case END_COUNT:
        k->end_ns = reference_ns(r);
        rival_after(r, cpu, best_delay(r), END_TSC);
        break;
    case END_TSC: guest_starts(r); break;
    case WATCH: watch(r); break;
    }
}

/* A reader takes the difference as unsigned. */
static uint64_t read(const struct rival *r, unsigned cpu)
{
    const struct kvm *k = kvm_of(r);

    return k->pair[cpu].ns + rival_scaled(k->scale, host_tsc(r, cpu) - k->pair[cpu].tsc);
}

const struct rival_kind rival_kvm = {
    .name = "kvm-master", .bytes = sizeof(struct kvm), .start = start, .event = event, .read = read};
