/*
 * A Linux host whose clock is its TSC, disciplined to the very reference that Meridian reads, by each of two
 * filters: ntpd's, which leaves it to the kernel's loop (kernel/time/ntp.c: ntp_update_offset,
 * second_overflow), and chrony's (regress.c: RGR_FindBestRegression; sourcestats.c). All CPUs read one line,
 * as a vDSO has it. What guests get of such a host is another matter: see rival_kvm.c.
 *
 * The TSC is measured for a second at the start and kept in whole kHz (tsc_refine_calibration_work). Then the
 * reference is read once a second, and the median of 16 readings is a sample: poll 4, the least and usual of
 * a local reference clock.
 *
 * - ntpd: a sample's offset goes to the kernel. The frequency takes offset * 16 / 2^16 of it, and each second
 *   a 64th of what is left of the offset is slewed (SHIFT_PLL 2, time constant 4).
 * - chrony: a line through the last samples, up to 64. As long as the residuals have too few changes of sign,
 *   the oldest are left out. The frequency is the slope; what the clock is off then is slewed until the next
 *   sample.
 *
 * Kinder than the source: reads of the reference are the best of five tries; no watchdog ends the TSC's use;
 * a rate is set to a fraction of a ppb. A CPU's TSC that is apart at the start is brought in step, as in
 * rival_kvm.c.
 */
#include "rival_linux.h"

#include <math.h>
#include <string.h>

#define POLL_S          16u
#define SAMPLES         64u
#define LEAST_SAMPLES   4u
#define REFERENCE_TRIES 5
#define PLL_SLEW        64.0    /* 2^(SHIFT_PLL + time constant) */
#define PLL_FREQUENCY   65536.0 /* 2^(2 (SHIFT_PLL + 2 + time constant)) */
#define MOST_PHASE_NS   5e8     /* MAXPHASE */
#define MOST_RATE       5e-4    /* MAXFREQ; chrony's own limit is larger */
#define MOST_NS         9e18    /* of a TSC gone mad: what 64 bits hold */

enum what { COUNT, TSC };

struct host {
    uint64_t first_count, count_ns, begin_tsc, begin_ns;
    unsigned begun;         /* readings, up to 2 */
    double tick_ns;         /* by the kHz */
    double frequency, slew; /* of the clock beside that, relative */
    double offset_ns;       /* ntpd: what is left to be slewed */
    uint64_t base_tsc;      /* the line that all read */
    int64_t base_ns;
    double base_fraction;
    uint64_t adjust[RIVAL_CPUS];
    double reading_ns[POLL_S]; /* the reference less the clock */
    uint64_t first_tsc;        /* ... at the first of them */
    unsigned readings;
    double at_ns[SAMPLES], off_ns[SAMPLES]; /* chrony's, the oldest first */
    unsigned samples;
};

static struct host *host_of(const struct rival *r)
{
    return r->state;
}

unsigned rival_linux_samples(const struct rival *r)
{
    return host_of(r)->samples;
}

static uint64_t reference_ns(struct rival *r)
{
    return rival_muldiv(rival_count(r) - host_of(r)->first_count, r->world->ref_num, r->world->ref_den);
}

static uint64_t host_tsc(const struct rival *r, unsigned cpu)
{
    return rival_tsc(r, cpu) + host_of(r)->adjust[cpu];
}

static double limited(double value, double most)
{
    return fmax(-most, fmin(most, value));
}

static void start(struct rival *r)
{
    host_of(r)->first_count = rival_count(r);
    rival_after(r, 0, 0, COUNT);
}

/* ---- The line ---- */

/* ns since base_ns, with a fraction. */
static double since_base_ns(const struct host *h, uint64_t tsc)
{
    int64_t ticks = (int64_t)(tsc - h->base_tsc);

    return h->base_fraction + (double)ticks * h->tick_ns * (1 + h->frequency + h->slew);
}

static double clock_ns(const struct host *h, uint64_t tsc)
{
    return (double)h->base_ns + since_base_ns(h, tsc);
}

/* The TSC by its kHz. */
static double khz_ns(const struct host *h, uint64_t tsc)
{
    return (double)h->begin_ns + (double)(int64_t)(tsc - h->begin_tsc) * h->tick_ns;
}

/* From here on at another rate, without a step. */
static void set_rate(struct host *h, uint64_t tsc, double frequency, double slew)
{
    double ns = limited(since_base_ns(h, tsc), MOST_NS), whole = floor(ns);

    h->base_ns = (int64_t)((uint64_t)h->base_ns + (uint64_t)(int64_t)whole);
    h->base_fraction = ns - whole;
    h->base_tsc = tsc;
    h->frequency = limited(frequency, MOST_RATE);
    h->slew = limited(slew, MOST_RATE);
}

/* ---- Each one's filter: `off_ns` is the reference less the clock ---- */

static void ntpd_sample(struct host *h, uint64_t tsc, double off_ns)
{
    h->offset_ns = limited(off_ns, MOST_PHASE_NS);
    set_rate(h, tsc, h->frequency + h->offset_ns * POLL_S / PLL_FREQUENCY * 1e-9, h->slew);
}

static void ntpd_second(struct host *h, uint64_t tsc)
{
    double part = h->offset_ns / PLL_SLEW;

    h->offset_ns -= part;
    set_rate(h, tsc, h->frequency, part * 1e-9);
}

/* The line through the samples from `first` on; returns how many runs of one sign its residuals have. */
static unsigned regress(const struct host *h, unsigned first, double *slope, double *now_ns)
{
    double n = h->samples - first, x = 0, y = 0, xx = 0, xy = 0, last = h->at_ns[h->samples - 1];
    unsigned runs = 1;

    for (unsigned i = first; i < h->samples; i++) {
        x += (h->at_ns[i] - last) / n;
        y += h->off_ns[i] / n;
    }
    for (unsigned i = first; i < h->samples; i++) {
        double from = h->at_ns[i] - last - x;

        xx += from * from;
        xy += from * (h->off_ns[i] - y);
    }
    *slope = xx > 0 ? xy / xx : 0;
    *now_ns = y - *slope * x;
    for (unsigned i = first + 1; i < h->samples; i++) {
        double before = h->off_ns[i - 1] - *now_ns - *slope * (h->at_ns[i - 1] - last);
        double here = h->off_ns[i] - *now_ns - *slope * (h->at_ns[i] - last);

        runs += (before < 0) != (here < 0);
    }
    return runs;
}

/* Of n signs by chance there are fewer runs than this in one of twenty cases. */
static unsigned fewest_runs(unsigned n)
{
    return (unsigned)fmax(2, floor(1 + n / 2.0 - 1.645 * sqrt(n - 1.0) / 2));
}

/* The median is of the middle of its readings, and so is the sample. */
static void chrony_sample(struct host *h, uint64_t tsc, double off_ns)
{
    uint64_t middle = h->first_tsc + (tsc - h->first_tsc) / 2;
    double raw_ns = khz_ns(h, middle), slope = 0, then_ns = 0;
    unsigned first = 0, count = SAMPLES - 1;

    if (h->samples == SAMPLES) {
        memmove(h->at_ns, h->at_ns + 1, count * sizeof h->at_ns[0]);
        memmove(h->off_ns, h->off_ns + 1, count * sizeof h->off_ns[0]);
        h->samples--;
    }
    h->at_ns[h->samples] = raw_ns;
    h->off_ns[h->samples++] = clock_ns(h, middle) + off_ns - raw_ns;
    while (regress(h, first, &slope, &then_ns) < fewest_runs(h->samples - first) &&
           h->samples - first > LEAST_SAMPLES)
        first++;
    h->samples -= first;
    memmove(h->at_ns, h->at_ns + first, h->samples * sizeof h->at_ns[0]);
    memmove(h->off_ns, h->off_ns + first, h->samples * sizeof h->off_ns[0]);
    off_ns = khz_ns(h, tsc) + then_ns + slope * (khz_ns(h, tsc) - raw_ns) - clock_ns(h, tsc);
    set_rate(h, tsc, slope, off_ns / (POLL_S * 1e9));
}

/* ---- Events ---- */

static uint64_t best_delay(struct rival *r)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < REFERENCE_TRIES; i++) {
        uint64_t ns = rival_delay(r, RIVAL_DELAY_READ, 0);
        best = ns < best ? ns : best;
    }
    return best;
}

/* A second after the first reading: the rate in whole kHz; each CPU that is apart is brought in step. */
static void begin(struct rival *r, uint64_t tsc)
{
    struct host *h = host_of(r);
    uint64_t gone_ns = h->count_ns - h->begin_ns;
    uint64_t khz = rival_muldiv(tsc - h->begin_tsc, 1000000, gone_ns ? gone_ns : SECOND_NS);

    h->tick_ns = 1e6 / (double)(khz ? khz : 1);
    h->base_tsc = h->begin_tsc = tsc;
    h->base_ns = (int64_t)(h->begin_ns = h->count_ns);
    for (unsigned cpu = 0; cpu < r->cpus; cpu++) {
        int64_t ticks = (int64_t)(rival_tsc(r, cpu) - tsc);

        if (fabs((double)ticks) * h->tick_ns > (double)rival_delay(r, RIVAL_DELAY_RELEASE, cpu))
            h->adjust[cpu] = (uint64_t)-ticks;
        r->ready[cpu] = true;
    }
}

static double median(double *values)
{
    for (unsigned i = 1; i < POLL_S; i++) {
        for (unsigned k = i; k > 0 && values[k] < values[k - 1]; k--) {
            double swapped = values[k];

            values[k] = values[k - 1];
            values[k - 1] = swapped;
        }
    }
    return (values[POLL_S / 2 - 1] + values[POLL_S / 2]) / 2;
}

static void reading(struct rival *r, uint64_t tsc)
{
    bool ntpd = r->kind == &rival_linux_ntpd;
    struct host *h = host_of(r);

    if (h->readings == 0)
        h->first_tsc = tsc;
    h->reading_ns[h->readings++] = (double)h->count_ns - clock_ns(h, tsc);
    if (h->readings == POLL_S) {
        h->readings = 0;
        (ntpd ? ntpd_sample : chrony_sample)(h, tsc, median(h->reading_ns));
    }
    if (ntpd)
        ntpd_second(h, tsc);
}

static void event(struct rival *r, unsigned cpu)
{
    struct host *h = host_of(r);
    uint64_t tsc = host_tsc(r, 0);

    if ((enum what)r->what[cpu] == COUNT) {
        h->count_ns = reference_ns(r);
        rival_after(r, cpu, best_delay(r), TSC);
        return;
    }
    if (h->begun == 2) {
        reading(r, tsc);
    } else if (h->begun++ == 0) {
        h->begin_tsc = tsc;
        h->begin_ns = h->count_ns;
    } else {
        begin(r, tsc);
    }
    rival_after(r, 0, SECOND_NS + rival_delay(r, RIVAL_DELAY_TIMER, 0), COUNT);
}

static uint64_t read(const struct rival *r, unsigned cpu)
{
    const struct host *h = host_of(r);

    return (uint64_t)h->base_ns +
           (uint64_t)(int64_t)floor(limited(since_base_ns(h, host_tsc(r, cpu)), MOST_NS));
}

const struct rival_kind rival_linux_ntpd = {
    .name = "linux-ntpd", .bytes = sizeof(struct host), .start = start, .event = event, .read = read};
const struct rival_kind rival_linux_chrony = {
    .name = "linux-chrony", .bytes = sizeof(struct host), .start = start, .event = event, .read = read};
