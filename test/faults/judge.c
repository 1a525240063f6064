/*
 * T3, judged without the time core: each record at the end of its life, by the reader that guests have,
 * beside the reference's bare count. |S - R - A| must be within the bound, A being 0 until the first
 * disruption, and from then on one constant for each: whatever A it is, all records of all CPUs must allow
 * the same.
 */
#include "judge.h"

#include "cpu/percpu.h"
#include "keeper/clocks.h"
#include "keeper/publisher.h"
#include "log/log.h"
#include "meridian/clock.h"

#define EPOCHS     64u       /* disruptions told apart */
#define NOTICED_NS 300000000 /* at the latest at the next update, which is 250 ms away */
#define SHOWN      5u        /* violations printed */

/* Under the keeper's lock, like all publishing. */
static struct {
    uint64_t records, unknown, outside;
    uint32_t changes;       /* of those counted in `changed`, how many were seen here */
    int64_t promised_ns;    /* R from which on bounds count again */
    uint64_t most_of_bound; /* thousandths: how much of its bound the worst record used up */
    struct agreed {
        bool begun;
        int64_t lo, hi;
    } agreed[EPOCHS];
} judged;

static uint32_t changed;

void judge_changed(void)
{
    __atomic_fetch_add(&changed, 1, __ATOMIC_SEQ_CST);
}

static struct meridian_sample sample_of(const volatile struct meridian_record *record)
{
    return (struct meridian_sample){
        .tsc_timestamp = record->tsc_timestamp,
        .system_time = record->system_time,
        .tsc_to_system_mul = record->tsc_to_system_mul,
        .tsc_shift = record->tsc_shift,
        .flags = record->flags,
        .disruptions = record->disruptions,
        .err_ns = record->err_ns,
        .err_ppb = record->err_ppb,
    };
}

static uint64_t bound_at(struct meridian_sample sample, uint64_t tsc)
{
    sample.age_ns = meridian_line_ns(&sample, tsc) - sample.system_time;
    return meridian_bound_ns(&sample);
}

/* Returns true if the record is for this CPU's TSC: its VCPU's own, or the common line. */
static bool is_ours(const volatile struct meridian_record *record)
{
    unsigned slot = (unsigned)((uint64_t)record / sizeof *record % MERIDIAN_SLOTS_PER_PAGE);

    if (slot == 0)
        return record->flags & MERIDIAN_FLAG_TSC_STABLE;
    for (const struct time_domain *domain = keeper.domains; domain; domain = domain->next) {
        if (slot - 1 < domain->vcpu_count && domain->vcpus[slot - 1].slot == record)
            return domain->vcpus[slot - 1].cpu == cpu_id();
    }
    return false;
}

/* From a change until it must have been noticed no bound says anything. */
static bool is_promised(int64_t r_ns)
{
    uint32_t changes = __atomic_load_n(&changed, __ATOMIC_SEQ_CST);

    if (changes != judged.changes) {
        judged.changes = changes;
        judged.promised_ns = r_ns + NOTICED_NS;
    }
    return r_ns >= judged.promised_ns;
}

static void weigh(const struct meridian_sample *sample, int64_t off_lo, int64_t off_hi, int64_t bound)
{
    struct agreed *agreed = &judged.agreed[sample->disruptions % EPOCHS];

    if (!agreed->begun) {
        *agreed = (struct agreed){true, INT64_MIN, INT64_MAX};
        if (sample->disruptions == 0)
            agreed->lo = agreed->hi = 0;
    }
    if (sample->disruptions == 0 && bound > 0) {
        uint64_t used = (uint64_t)(off_lo > 0 ? off_lo : off_hi < 0 ? -off_hi : 0) * 1000 / (uint64_t)bound;

        judged.most_of_bound = used > judged.most_of_bound ? used : judged.most_of_bound;
    }
    agreed->lo = off_lo - bound > agreed->lo ? off_lo - bound : agreed->lo;
    agreed->hi = off_hi + bound < agreed->hi ? off_hi + bound : agreed->hi;
    if (agreed->lo <= agreed->hi)
        return;
    if (judged.outside++ < SHOWN)
        log_print("judge: CPU %u: S - R is %lld to %lld ns, bound %lld ns, %u disruptions\n", cpu_id(),
                  (long long)off_lo, (long long)off_hi, (long long)bound, sample->disruptions);
    agreed->begun = false; /* not to count one fault for ever */
}

void judge_record(const volatile struct meridian_record *record)
{
    struct meridian_sample sample = sample_of(record);
    struct reference_reading now;

    if (!sample.tsc_to_system_mul || !is_ours(record) || keeper.tie.counter.bits < 64 ||
        !reference_read(keeper.tie.reference, &now) || now.tsc_lo < sample.tsc_timestamp)
        return;
    int64_t r_lo = counter_ns(&keeper.tie.counter, now.count - keeper.tie.origin);
    int64_t r_hi = counter_ns(&keeper.tie.counter, now.count + 1 - keeper.tie.origin) + 1;

    if (!is_promised(r_lo))
        return;
    judged.records++;
    uint64_t bound = bound_at(sample, now.tsc_hi);

    if (bound == MERIDIAN_UNKNOWN_NS) {
        judged.unknown++;
        return;
    }
    weigh(&sample, (int64_t)meridian_line_ns(&sample, now.tsc_lo) - r_hi,
          (int64_t)meridian_line_ns(&sample, now.tsc_hi) + 1 - r_lo, (int64_t)bound);
}

static uint64_t largest_bound_ns(void)
{
    uint64_t largest = 0;

    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++) {
        uint64_t bound = published_for(cpu)->bound.ns;

        if (clock_of(cpu)->measured && bound > largest)
            largest = bound;
    }
    return largest;
}

void judge_report(void)
{
    log_print("judge: %llu records, %llu of them without a bound, %llu outside, the worst used %llu "
              "thousandths, at the end no bound above %llu ns\n",
              (unsigned long long)judged.records, (unsigned long long)judged.unknown,
              (unsigned long long)judged.outside, (unsigned long long)judged.most_of_bound,
              (unsigned long long)largest_bound_ns());
}
