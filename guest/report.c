#include "report.h"

#include "arithmetic.h"
#include "assumed.h"
#include "clock.h"
#include "events.h"
#include "log/format.h"
#include "outside.h"
#include "resume.h"
#include "spread.h"
#include "system.h"
#include "vcpu.h"
#include "wall.h"

#define SECOND_NS 1000000000ull
#define SPREAD_NS 10000000ull

static struct {
    const struct options *options;
    uint32_t vcpus, seconds, ipis;
    uint64_t next_second_ns, next_spread_ns;
    struct meridian_sample first, last; /* of VCPU 0 */
} run;

/* A number as text, or the word "unknown". */
struct figure {
    char text[24];
};

static struct figure figure(uint64_t value, uint64_t unknown)
{
    struct figure f = {"unknown"};

    if (value != unknown)
        format(f.text, sizeof f.text, "%lu", value);
    return f;
}

static struct figure bound_figure(const struct meridian_sample *sample)
{
    return figure(meridian_bound_ns(sample), MERIDIAN_UNKNOWN_NS);
}

/* What the bound rests on, as it is now: a bound without it is not shown. */
struct assumed_words {
    char keys[72], people[48];
    uint64_t breaches;
};

static struct assumed_words assumed_words(void)
{
    struct assumed_words words = {
        .keys = "wander_ppb_s=unknown phase_ns=unknown", .people = "", .breaches = 0};
    struct meridian_assumed page;

    if (!assumed_read(&page))
        return words;
    words.breaches = page.breaches;
    format(words.keys, sizeof words.keys, "wander_ppb_s=%u phase_ns=%u", page.wander_ppb_s, page.phase_ns);
    format(words.people, sizeof words.people, " (D %u ppb/s, J %u ns)", page.wander_ppb_s, page.phase_ns);
    return words;
}

void report_start(uint32_t vcpus, const struct options *options)
{
    run.options = options;
    run.vcpus = vcpus;
}

static void begin(const struct meridian_sample *sample)
{
    run.first = *sample;
    run.next_spread_ns = meridian_raw_ns(sample);
    run.next_second_ns = meridian_raw_ns(sample) + SECOND_NS;
}

static void print_for_people(const struct witness *total, uint64_t spread_ns, uint64_t bound_ns,
                             const char *assumed)
{
    struct figure bound = {"bound unknown"};

    if (bound_ns != MERIDIAN_UNKNOWN_NS)
        format(bound.text, sizeof bound.text, "+/- %lu ns", bound_ns);
    print("%4u s  %7lu k reads  %lu steps back  spread %lu ns  %s%s\n", run.seconds, total->reads / 1000,
          total->back_self + total->back_global, spread_ns, bound.text,
          bound_ns == MERIDIAN_UNKNOWN_NS ? "" : assumed);
}

static void print_second(const struct meridian_sample *sample)
{
    struct witness total = witness_total();
    struct assumed_words assumed = assumed_words();
    enum clock_mode mode = clock_mode_of(sample);

    if (mode == CLOCK_PERCPU)
        spread_note(total.behind_ns);
    uint64_t back = total.back_self + total.back_global, spread_ns = spread_take_recent();

    print("@second n=%u tsc=%lu time_ns=%lu err_ns=%s err_ppb=%s %s breaches=%lu spread_ns=%lu back=%lu "
          "mode=%s\n",
          run.seconds, sample->tsc, meridian_raw_ns(sample), bound_figure(sample).text,
          figure(sample->err_ppb, MERIDIAN_UNKNOWN_PPB).text, assumed.keys, assumed.breaches, spread_ns, back,
          clock_mode_name(mode));
    if (run.options->quiet)
        return;
    print_for_people(&total, spread_ns, meridian_bound_ns(sample), assumed.people);
}

/* Sends every VCPU an IPI, so that @events has some to count. */
static void ring_all(void)
{
    for (uint32_t id = 0; id < run.vcpus; id++)
        events_send_ipi(id);
    run.ipis += run.vcpus;
}

void report_poll(const struct meridian_sample *sample)
{
    uint64_t now_ns = meridian_raw_ns(sample);

    if (!run.next_second_ns)
        begin(sample);
    if (run.options->records)
        records_poll(sample, run.vcpus);
    if (now_ns >= run.next_spread_ns) {
        spread_sample(run.vcpus);
        run.next_spread_ns = now_ns + SPREAD_NS;
    }
    if (now_ns < run.next_second_ns)
        return;
    run.last = *sample;
    run.seconds++;
    run.next_second_ns += SECOND_NS;
    print_second(sample);
    if (run.seconds == run.options->duration_s)
        witness_stop();
    else
        ring_all();
}

static void print_vcpu(uint32_t id)
{
    const struct vcpu *vcpu = vcpu_of(id);
    const struct witness *w = &vcpu->witness;
    const struct meridian_counts *a = &w->counts, *b = &vcpu->upcall_counts;

    print(
        "@vcpu id=%u reads=%lu back_self=%lu back_global=%lu worst_ns=%lu retries=%lu stalls=%lu clamps=%lu "
        "early=%lu tsc_behind_ns=%lu\n",
        id, w->reads, w->back_self + vcpu->tick.back, w->back_global, w->worst_ns, a->retries + b->retries,
        a->stalls + b->stalls, a->clamps + b->clamps, a->early + b->early, w->tsc_behind_ns);
}

static void print_events(void)
{
    uint64_t ticks = 0, ipis = 0, set = 0, fired = 0, late_ns = 0;

    for (uint32_t id = 0; id < run.vcpus; id++) {
        const struct vcpu *vcpu = vcpu_of(id);

        ticks += vcpu->tick.ticks;
        ipis += vcpu->ipis;
        set += vcpu->timeouts.set;
        fired += vcpu->timeouts.fired;
        late_ns = vcpu->timeouts.late_ns > late_ns ? vcpu->timeouts.late_ns : late_ns;
    }
    print("@events jiffies=%lu ticks=%lu ipis_sent=%u ipis=%lu timeouts_set=%lu timeouts=%lu late_ns=%lu "
          "spreads=%lu spreads_skipped=%lu\n",
          jiffies, ticks, run.ipis + run.vcpus - 1, ipis, set, fired, late_ns, spread.samples,
          spread.skipped);
}

static uint16_t disruptions(void)
{
    return (uint16_t)(run.last.disruptions - run.first.disruptions);
}

/* Returns NULL if all is well, else a word for the first thing that is not. */
static const char *fault(const struct witness *total)
{
    for (uint32_t id = 0; id < run.vcpus; id++)
        if (!vcpu_of(id)->witness.reads)
            return "vcpu-without-reads";
    for (uint32_t id = 1; id < run.vcpus; id++)
        if (vcpu_of(id)->state != VCPU_DONE)
            return "vcpu-not-done";
    if (!resume_complete())
        return "vcpu-not-resumed";
    if (total->back_self || total->back_global)
        return "steps-back";
    if (spread.broken)
        return "records-apart";
    if (disruptions())
        return "disruption";
    if (meridian_bound_ns(&run.last) == MERIDIAN_UNKNOWN_NS)
        return "bound-unknown";
    if (clock_mode_of(&run.last) == CLOCK_UNIFIED && !spread.samples)
        return "spread-not-measured";
    return wall_fault();
}

/* `reason` is one word, or NULL when all is well. */
static void print_verdict(const struct witness *total, const char *reason)
{
    int64_t ppb = rate_ppb(&run.first, &run.last);
    struct assumed_words assumed = assumed_words();
    struct figure rate = {"unknown"};

    if (ppb != RATE_UNKNOWN)
        format(rate.text, sizeof rate.text, "%ld", ppb);

    print("@verdict result=%s reads=%lu back_self=%lu back_global=%lu worst_ns=%lu spread_ns=%lu rate_ppb=%s "
          "bound_ns=%s %s breaches=%lu mode=%s retries=%lu stalls=%lu clamps=%lu disruptions=%u "
          "tsc_behind_ns=%lu reason=%s\n",
          reason ? "fail" : "ok", total->reads, total->back_self, total->back_global, total->worst_ns,
          spread.worst_ns, rate.text, bound_figure(&run.last).text, assumed.keys, assumed.breaches,
          clock_mode_name(clock_mode_of(&run.last)), total->counts.retries, total->counts.stalls,
          total->counts.clamps, disruptions(), total->tsc_behind_ns, reason ? reason : "none");
}

void report_end(void)
{
    struct witness total = witness_total();

    records_end();
    for (uint32_t id = 0; id < run.vcpus; id++)
        print_vcpu(id);
    print_events();
    wall_report("end");
    resume_print();
    print_verdict(&total, fault(&total));
}

void report_refused(const char *reason)
{
    static const struct witness nothing;
    struct meridian_counts counts = {0};

    meridian_read(&guest_clock, &counts, &run.last); /* the clock's bound and mode are true all the same */
    run.first = run.last;
    print_verdict(&nothing, reason);
}
