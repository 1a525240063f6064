/*
 * Reference timers out of order, for a test image only. What a timer's reading shows is changed between the
 * file that reads it and all who ask. On Meridian's command line, times in millions of the TSC:
 *
 * timer=NAME:WHAT@T[:N],...   NAME as in sources.h, or `all`; WHAT from then on:
 *     stands      the count stays where it is
 *     pauses      the count stays where it is for N us, and goes on from there
 *     leap        it is N us ahead; behind where N is negative
 *     bent        it runs N ppm fast
 *     lossy       it loses N us every 2000 million ticks
 *     dead        it cannot be read
 *     ones        one reading in N is all ones
 *     stale       one reading in N shows the count of 64 readings ago
 *
 * rtc=WHAT@T[:N]              the same of the RTC, while time runs: `stands`, `dead`, or `leap`, by N seconds
 */
#include "boot.h"
#include "cpu/instructions.h"
#include "log/log.h"
#include "platform/reference/source.h"
#include "platform/rtc.h"
#include "words.h"

#define MILLION 1000000ull
#define OLD     64u

enum what { STANDS, PAUSES, LEAP, BENT, LOSSY, DEAD, ONES, STALE, NOTHING };
static const char *const kinds[] = {"stands@", "pauses@", "leap@", "bent@",
                                    "lossy@",  "dead@",   "ones@", "stale@"};

static struct fault {
    struct counter_source *source;
    bool (*read)(struct reference_reading *out);
    bool (*poll)(struct reference_reading *out);
    enum what what;
    uint64_t from_tsc, stands, readings, old[OLD];
    int64_t amount;
} faults[SOURCES];

#define SOURCE(source, name, linux_option, floor) &(source),
static struct counter_source *const sources[SOURCES] = {REFERENCE_SOURCES(SOURCE)};

void __real_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);

static struct {
    enum what what;
    uint64_t from_tsc;
    int64_t amount;
    int stands; /* -1: not yet */
} rtc = {.what = NOTHING, .stands = -1};

bool __real_rtc_glance(uint64_t us_ticks, struct rtc_glance *out);
bool __wrap_rtc_glance(uint64_t us_ticks, struct rtc_glance *out);

bool __wrap_rtc_glance(uint64_t us_ticks, struct rtc_glance *out)
{
    bool ok = __real_rtc_glance(us_ticks, out);

    if (!ok || rtc.what == NOTHING || out->tsc_lo < rtc.from_tsc)
        return ok;
    if (rtc.what == STANDS) {
        rtc.stands = rtc.stands < 0 ? out->second : rtc.stands;
        out->second = rtc.stands;
        out->ended = false;
    }
    if (rtc.what == LEAP && out->second >= 0)
        out->second = (int)((out->second + 60 + rtc.amount % 60) % 60);
    return rtc.what != DEAD;
}

/* Counts in so many us, by the timer's nominal rate. */
static uint64_t counts_of(const struct counter_source *source, int64_t us)
{
    int64_t ns = us * 1000;

    return (uint64_t)(ns / source->ref.period_num * source->ref.period_den +
                      ns % source->ref.period_num * source->ref.period_den / source->ref.period_num);
}

/* By khz, the TSC's rate by this timer itself: found by the trial, before the faults begin. */
static int64_t us_since(const struct fault *fault, uint64_t tsc)
{
    return (int64_t)((tsc - fault->from_tsc) * 1000 / (fault->source->khz ? fault->source->khz : MILLION));
}

/* Returns false for a reading that is not to be had. */
static bool spoil(struct fault *fault, struct reference_reading *out)
{
    uint64_t *old = &fault->old[fault->readings++ % OLD], count = out->count;
    uint64_t chance = fault->amount > 0 ? (uint64_t)fault->amount : 1;

    if (out->tsc_lo < fault->from_tsc)
        return true;
    if (!fault->stands)
        fault->stands = count;
    switch (fault->what) {
    case STANDS: count = fault->stands; break;
    case PAUSES:
        count = us_since(fault, out->tsc_lo) < fault->amount
                    ? fault->stands
                    : count - counts_of(fault->source, fault->amount);
        break;
    case LEAP: count += counts_of(fault->source, fault->amount); break;
    case BENT: count += counts_of(fault->source, us_since(fault, out->tsc_lo)) * chance / MILLION; break;
    case LOSSY:
        count -= (out->tsc_lo - fault->from_tsc) / (2000 * MILLION) * counts_of(fault->source, fault->amount);
        break;
    case ONES: count = fault->readings % chance == 0 ? UINT64_MAX : count; break;
    case STALE: count = fault->readings % chance == 0 && fault->readings > OLD ? *old : count; break;
    default: return false;
    }
    *old = out->count;
    out->count = count & counter_mask(&fault->source->ref);
    return true;
}

/* A source's functions get no word of which source it is. */
#define SPOILED(n)                                            \
    static bool read_##n(struct reference_reading *out)       \
    {                                                         \
        return faults[n].read(out) && spoil(&faults[n], out); \
    }                                                         \
    static bool poll_##n(struct reference_reading *out)       \
    {                                                         \
        return faults[n].poll(out) && spoil(&faults[n], out); \
    }
SPOILED(0)
SPOILED(1)
SPOILED(2)
_Static_assert(SOURCES == 3, "one each");
static bool (*const reads[SOURCES])(struct reference_reading *out) = {read_0, read_1, read_2};
static bool (*const polls[SOURCES])(struct reference_reading *out) = {poll_0, poll_1, poll_2};

static void spoil_source(unsigned i, enum what what, int64_t when, int64_t amount)
{
    faults[i] = (struct fault){.source = sources[i],
                               .read = sources[i]->read,
                               .poll = sources[i]->poll,
                               .what = what,
                               .from_tsc = (uint64_t)when * MILLION,
                               .amount = amount};
    sources[i]->read = reads[i];
    sources[i]->poll = polls[i];
}

static bool take_fault(const char **at)
{
    static const char *const names[SOURCES + 1] = {"hpet:", "pmtimer:", "pit:", "all:"};
    int64_t when, amount = 0;
    unsigned name = 0, what = 0;

    while (name <= SOURCES && !words_take(at, names[name]))
        name++;
    while (what < NOTHING && !words_take(at, kinds[what]))
        what++;
    if (name > SOURCES || what == NOTHING || !words_number(at, &when))
        return false;
    if (words_skip(at, ':') && !words_number(at, &amount))
        return false;
    for (unsigned i = 0; i < SOURCES; i++) {
        if (name == SOURCES || name == i)
            spoil_source(i, (enum what)what, when, amount);
    }
    return true;
}

static bool take_rtc(const char *at)
{
    int64_t when;
    unsigned what = 0;

    while (what < NOTHING && !words_take(&at, kinds[what]))
        what++;
    if ((what != STANDS && what != LEAP && what != DEAD) || !words_number(&at, &when))
        return false;
    if (words_skip(&at, ':') && !words_number(&at, &rtc.amount))
        return false;
    rtc.what = (enum what)what;
    rtc.from_tsc = (uint64_t)when * MILLION;
    return true;
}

void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot)
{
    const char *at;

    __real_boot_read(magic, info, boot);
    at = words_find(boot->cmdline, "rtc");
    if (at && !take_rtc(at)) {
        log_print("fault test: rtc= makes no sense\n");
        cpu_halt_for_ever();
    }
    at = words_find(boot->cmdline, "timer");
    do {
        if (at && !take_fault(&at)) {
            log_print("fault test: timer= makes no sense\n");
            cpu_halt_for_ever();
        }
    } while (at && words_skip(&at, ','));
}
