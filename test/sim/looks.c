/* T6, and what a look at the reference ought to have seen. */
#include "kept.h"
#include "keeper/publisher.h"
#include "negative.h"
#include "told.h"

#include <math.h>

#include "meridian/abi.h"

#define RATE_LOOKS 16u /* without a disruption, and the rate that it goes by is the right one */

/* Whoever else stands still is waited for from now on, until it is known that it has stopped. */
static void runs_again(void)
{
    upset_until(world.now_ns);
    for (unsigned i = 0; i < world.m.cpus; i++)
        upset_until(smaller(world.cpus[i].asleep_until, world.now_ns + (STOPPED_PERIODS + 2) * PERIOD));
}

void promises_look_begins(unsigned cpu)
{
    promises_look_ends(cpu);
    if (world.m.row && world.between)
        negative_look(cpu);
    kept.cpus[cpu].looking = world.between;
    kept.cpus[cpu].count = world.between ? counted_on(cpu) : 0;
    kept.cpus[cpu].lines = world.disruptions;
    kept.cpus[cpu].bound_ns = world.between ? promises_bound_ns(cpu) : NEVER;
    kept.cpus[cpu].missed = clock_of(cpu)->look.missed;
    world.cpus[cpu].reading = (struct true_reading){.from_ns = world.now_ns};
    if (world.now_ns - kept.cpus[cpu].looked_ns > 2 * PERIOD)
        runs_again();
}

/*
 * A disagreement between TSC and reference below this may pass unseen: what was known of R before, from both
 * sides, and the reading's own width. After a disruption the rate is known to 500 ppm either way.
 */
static long double threshold_ns(unsigned cpu)
{
    const struct promise_cpu *c = &kept.cpus[cpu];
    long double known = 2 * c->bound_ns, age_ns = world.now_ns - c->looked_ns;
    /* A TSC that jumped ahead says that so much time went by, in which its rate may have changed. */
    long double leap_s = fabsl(world.cpus[cpu].reading.injected_ns - c->granted_ns) * 1e-9L,
                gone_s = leap_s + age_ns * 1e-9L;

    if (c->bound_ns >= NEVER)
        known = age_ns * 1.1e-3L + 2 * c->width_ns;
    known += gone_s * gone_s * told_wander_ppb_s(world.m.wander) + leap_s * 1.1e6L + c->unseen_ns;
    known += 2 * told_phase_ns();
    return known + 2 * world.cpus[cpu].reading.width_ns + 4.0L * world.m.ref.num / world.m.ref.den + 100 +
           10 * world.m.slip_ns;
}

static long double to_nearest_wrap(long double ns)
{
    return ns - roundl(ns / wrap_ns()) * wrap_ns();
}

/*
 * What a reader may have seen with a TSC that leapt, or before it was set back, and S cannot make good:
 * - On a leap ahead two lines that follow one another are read far beyond their joint, where they part by
 *   what their rates differ.
 * - Where the reference was touched since the last look (or told a lie then) as well as the TSC, nothing is
 *   left that tells how much time went by; nor where that look had seen a disruption already: it may be the
 *   reference that is out of order, and S goes forward once only until a look agrees (forward_ns).
 * - S goes forward by FORWARD_NS at most, or a reference that leapt would take it along: on a CPU that had no
 *   good look for longer, a TSC that was set back may show.
 */
static void allow_back(unsigned cpu)
{
    const struct true_reading *reading = &world.cpus[cpu].reading;
    long double leap_ns = larger(kept.cpus[cpu].granted_ns - reading->injected_ns, 0),
                back_ns = leap_ns * 2 * SLEW_MOST;

    for (unsigned i = 0; i < world.m.cpus; i++) {
        struct promise_vcpu *v = &kept.vcpus[i];
        bool beyond_help = kept.ref_touched_ns > kept.cpus[cpu].looked_ns || world.ref.rate != 0 ||
                           world.now_ns < world.ref.lies_until || kept.cpus[cpu].lied ||
                           kept.cpus[cpu].upset ||
                           v->last.at_ns - kept.cpus[cpu].looked_ns > FORWARD_NS * 0.99L;

        if (v->last.cpu != cpu)
            continue;
        if (beyond_help)
            excuse(EXCUSED_BEYOND_HELP);
        else if (back_ns > 0)
            excuse(EXCUSED_LEAP);
        kept.stable_ns = beyond_help ? 0 : kept.stable_ns;
        kept.low_ns = beyond_help ? 0 : kept.low_ns;
        v->most_ns -= beyond_help ? v->most_ns : (uint64_t)smaller(back_ns, v->most_ns);
        v->xen_ns -= beyond_help ? v->xen_ns : (uint64_t)smaller(back_ns, v->xen_ns);
    }
}

bool promises_rate_unsettled(unsigned cpu)
{
    const struct promise_cpu *c = &kept.cpus[cpu];

    return world.ref.rate != 0 || kept.rate_ns >= c->looked_ns || c->rate_looks > 0;
}

/* What lasts, or came after the reading, goes on after it was seen; and so does the doubt. */
static bool lasts(unsigned cpu)
{
    return kept.cpus[cpu].doubt_ns > world.cpus[cpu].reading.from_ns || world.cpus[cpu].frozen ||
           world.ref.rate != 0 || world.now_ns < world.ref.lies_until;
}

static void grant(unsigned cpu)
{
    struct promise_cpu *c = &kept.cpus[cpu];

    upset_until(world.now_ns);
    if (c->tsc_doubt) {
        /*
         * Where a TSC that was touched stands, others can know after its own CPU has looked: each when it
         * looks.
         */
        kept.tsc_touched_ns = world.now_ns;
        allow_back(cpu);
    }
    if (lasts(cpu))
        return;
    kept.doubts -= c->doubt;
    c->doubt = c->tsc_doubt = false;
}

/*
 * A step that no look could see: from now on it is taken for granted. The truth is within this reading all
 * the same, so at a look it is beyond the bound by no more than that. Between two looks it may be farther by
 * what the step does to the rate: no more than itself, for as long again as it took. Who reads a TSC that
 * went back so little may see it.
 */
static void swallow(unsigned cpu, long double off_ns)
{
    struct promise_cpu *c = &kept.cpus[cpu];
    const struct true_reading *reading = &world.cpus[cpu].reading;
    long double width_ns = reading->width_ns, since_ns = reading->from_ns - c->looked_ns;
    long double size_ns = fabsl(reading->injected_ns - c->granted_ns); /* wraps too */

    c->unseen_ns = larger(c->unseen_ns, width_ns) + fabsl(off_ns);
    c->unseen_rate = fabsl(off_ns) / larger(1, since_ns);
    c->unseen_until_ns = reading->from_ns + since_ns;
    kept.unseen = true;
    if (c->tsc_doubt) {
        c->skewed_ns += size_ns;
        kept.skewed = true;
        kept.tsc_touched_ns = world.now_ns;
    }
    for (unsigned i = 0; c->tsc_doubt && i < world.m.cpus; i++) {
        struct promise_vcpu *v = &kept.vcpus[i];

        if (v->last.cpu != cpu)
            continue;
        v->most_ns -= (uint64_t)smaller(size_ns + 1, v->most_ns);
        v->xen_ns -= (uint64_t)smaller(size_ns + 1, v->xen_ns);
    }
    kept.stable_ns -= c->tsc_doubt ? (uint64_t)smaller(size_ns + 1, kept.stable_ns) : 0;
    kept.low_ns -= size_ns + width_ns;
    if (lasts(cpu) || promises_rate_unsettled(cpu))
        return;
    kept.doubts -= c->doubt;
    c->doubt = c->tsc_doubt = false;
}

/* What was not seen before counts no more: S is tied to R anew. The TSC is where it is. */
static void forget_unseen(unsigned cpu)
{
    kept.cpus[cpu].unseen_ns = kept.cpus[cpu].unseen_rate = 0;
    kept.unseen = false;
    for (unsigned i = 0; i < world.m.cpus; i++)
        kept.unseen = kept.unseen || kept.cpus[i].unseen_ns > 0;
}

/* Returns true if a reading is too wide for a narrow counter: then nothing is made of it. */
static bool too_wide(unsigned cpu)
{
    return world.m.ref.bits < 40 && world.cpus[cpu].reading.width_ns > wrap_ns() / 5;
}

/*
 * T4, of what this CPU knows of the rate. U is the widest reading's half and one count, for the newest
 * and the oldest may be that wide. It is not asked below what the wander leaves of the best of all spans;
 * and no span is shorter than a period. T begins anew where a look was left out: what was before it is
 * far away.
 */
static void check_rate(unsigned cpu)
{
    struct promise_cpu *c = &kept.cpus[cpu];
    struct keeper_cpu seen;
    long double u_ns = world.cpus[cpu].reading.width_ns / 2 + (long double)world.m.ref.num / world.m.ref.den +
                       told_phase_ns();
    long double wander = told_wander_ppb_s(world.m.wander);
    long double span_s = (world.cpus[cpu].reading.from_ns - c->began_ns) * 1e-9L, period_s = PERIOD * 1e-9L;
    long double best_ppb, ppb;

    c->u_ns = larger(c->u_ns, u_ns);
    if (c->doubt || span_s < 1 || world.m.slip_ns || !keeper_cpu_view(cpu, &seen) ||
        seen.hz_ppb == UINT64_MAX)
        return;
    ppb = (long double)seen.hz_ppb - 1; /* it is rounded up */
    best_ppb = larger(sqrtl(2 * c->u_ns * wander), wander * period_s);
    best_ppb = 3 * larger(c->u_ns / span_s, best_ppb);
    tally.worst_rate = larger(tally.worst_rate, ppb / best_ppb);
    PROMISE(ppb <= best_ppb, "T4: CPU %u: rate known to %.1Lf ppb after %.1Lf s, U %.0Lf ns: %.1Lf\n", cpu,
            ppb, span_s, c->u_ns, best_ppb);
}

static void begin_rate(unsigned cpu)
{
    kept.cpus[cpu].began_ns = world.cpus[cpu].reading.from_ns;
    kept.cpus[cpu].u_ns = 0;
}

/*
 * Returns true if this CPU saw a disruption in its look: its record counts more, and one was told since it
 * saw the last. Both anybody can see. A count alone may be another CPU's need (a late one's anchor), or the
 * common line's, which has the highest of all counts; and nobody enters unified mode at a disruption. Where
 * another CPU ended unified mode after this reading, the count is the common line's.
 */
static bool saw(unsigned cpu, bool off)
{
    struct promise_cpu *c = &kept.cpus[cpu];

    long double read_ns = world.cpus[cpu].reading.from_ns;

    if (is_unified() || counted_on(cpu) == c->count || world.disruptions == c->seen_lines)
        return false;
    if (!off && kept.mode_ns > read_ns && c->line_ns < read_ns)
        return false;
    c->seen_lines = c->lines > c->seen_lines ? c->lines : world.disruptions;
    return true;
}

/*
 * While the rate is unsettled the keeper may go by one that is wrong, though no look could see it yet: the
 * doubt stays until something is seen, or for so many looks in which nothing lasts that hides it. A look that
 * follows another one at once says nothing of a rate.
 */
static void settle_doubt(unsigned cpu, bool seen, long double off_ns)
{
    struct promise_cpu *c = &kept.cpus[cpu];

    if (seen || (c->doubt && off_ns == 0 && !promises_rate_unsettled(cpu)))
        grant(cpu);
    else if (off_ns != 0 && fabsl(off_ns) <= threshold_ns(cpu))
        swallow(cpu, off_ns);
    if (kept.rate_ns >= c->looked_ns)
        c->rate_looks = RATE_LOOKS;
    else if (c->rate_looks > 0 && !seen && !lasts(cpu) &&
             world.cpus[cpu].reading.from_ns - c->looked_ns > PERIOD / 2)
        c->rate_looks--;
}

/*
 * What this CPU knew was void, by a disruption that another one told while it stood still. So it goes by the
 * reference as that is now. If that was touched since, only a CPU that knows what it was before can tell.
 */
static void allow_below(unsigned cpu)
{
    const struct promise_cpu *c = &kept.cpus[cpu];

    if (c->lines != world.disruptions || kept.ref_touched_ns <= larger(c->looked_ns, kept.line_ns))
        return;
    excuse(EXCUSED_VOID);
    kept.low_ns = 0;
}

/* What came of this look, against what was to be seen. */
static void check_look(unsigned cpu, bool seen)
{
    struct promise_cpu *c = &kept.cpus[cpu];
    const struct true_reading *reading = &world.cpus[cpu].reading;
    long double off = to_nearest_wrap(reading->injected_ns - c->granted_ns);

    if (c->doubt || seen)
        trace("CPU %u looked, %.0Lf ns off%s\n", cpu, reading->injected_ns - c->granted_ns,
              seen ? ", and saw it" : "");
    if (!seen && promises_rate_unsettled(cpu))
        excuse(EXCUSED_NEW_RATE);
    else if (!seen)
        PROMISE(fabsl(off) <= threshold_ns(cpu), "T6: %.0Lf ns off, and it was not seen\n", off);
    if (seen && c->doubt)
        c->told_ns = world.now_ns;
    if (seen) {
        allow_below(cpu);
        forget_unseen(cpu);
    }
    if (seen && c->tsc_doubt)
        runs_again(); /* S stood on this CPU until it looked */
    settle_doubt(cpu, seen, off);
    if (seen || reading->injected_ns != c->granted_ns || reading->from_ns - c->looked_ns > 1.5L * PERIOD)
        begin_rate(cpu);
    check_rate(cpu);
    promises_shown(cpu);
}

void promises_look_ends(unsigned cpu)
{
    struct promise_cpu *c = &kept.cpus[cpu];
    const struct true_reading *reading = &world.cpus[cpu].reading;
    bool seen;

    if (!c->looking)
        return;
    c->looking = false;
    tally.updates++;
    if (world.m.row) {
        c->looked_ns = reading->from_ns;
        negative_look(cpu);
        return;
    }
    /*
     * The keeper's own count of looks that came to nothing: no record tells of them. It only says that there
     * is nothing to judge; and a good reading must not come to nothing, but where another CPU told a
     * disruption meanwhile.
     */
    if (!reading->taken || clock_of(cpu)->look.missed != c->missed) {
        PROMISE(!reading->taken || c->lines != world.disruptions || too_wide(cpu),
                "a good reading was thrown away\n");
        excuse(EXCUSED_NO_LOOK);
        promises_excuse(cpu, world.now_ns);
        return;
    }
    tally.worst_gap_ns = larger(tally.worst_gap_ns,
                                reading->from_ns - larger(larger(c->looked_ns, c->excused_ns), c->late_ns));
    seen = saw(cpu, reading->injected_ns != c->granted_ns);
    check_look(cpu, seen);
    c->granted_ns = reading->injected_ns;
    c->upset = seen;
    c->lied = world.now_ns < world.ref.lies_until;
    c->looked_ns = reading->from_ns;
    c->width_ns = reading->width_ns;
    c->inherited_ns = 0;
}

/*
 * The common line goes with each CPU, and what one that is in doubt made of it, until it has looked itself.
 */
void promises_mode_changed(void)
{
    long double most_ns = 0;

    kept.modes++;
    kept.mode_ns = world.now_ns;
    for (unsigned i = 0; i < world.m.cpus; i++)
        most_ns = larger(most_ns, unseen_on_ns(i));
    for (unsigned i = 0; i < world.m.cpus; i++)
        kept.cpus[i].inherited_ns = is_unified() ? 0 : most_ns;
    if (is_unified())
        return;
    for (unsigned i = 0; kept.doubts > 0 && i < world.m.cpus; i++)
        doubt(i);
}

/*
 * A narrow counter's wrap is not sure any more when so much time went by, by the TSC, that what is assumed
 * of it allows for more than a part of a wrap: that is told as a disruption.
 */
static bool wrap_unsure(unsigned cpu)
{
    return world.m.ref.bits < 64 && threshold_ns(cpu) > wrap_ns() / 8;
}

void promises_rate_told(unsigned cpu, long double hz)
{
    kept.cpus[cpu].told_hz = hz;
}

/*
 * Rates are assumed to stay within 500 ppm of the last measurement; one made of a wrong reference is far
 * off.
 */
static bool beyond_assumed(unsigned cpu)
{
    long double hz = kept.cpus[cpu].told_hz;

    return hz > 0 && fabsl(crystal_hz(world.cpus[cpu].crystal) / hz - 1) > 499e-6L;
}

void promises_disruption_told(unsigned cpu)
{
    long double off = world.cpus[cpu].reading.injected_ns - kept.cpus[cpu].granted_ns;

    kept.line_ns = kept.cpus[cpu].line_ns = world.now_ns;
    if (off != 0 || kept.cpus[cpu].doubt || kept.unseen || world.m.row)
        return;
    /* One that had been taken for a new one is gone again, or what is left of it. */
    if (promises_rate_unsettled(cpu) || beyond_assumed(cpu)) {
        excuse(EXCUSED_NEW_RATE);
        return;
    }
    PROMISE(wrap_unsure(cpu), "T6: a disruption where there was none: %s", world.last_log);
    kept.faults++; /* R may be of another wrap from now on */
}

void promises_now(unsigned cpu, uint64_t ns)
{
    PROMISE(ns >= kept.cpus[cpu].now_ns, "keeper_now_ns() on CPU %u: back by %llu ns\n", cpu,
            (unsigned long long)(kept.cpus[cpu].now_ns - ns));
    kept.cpus[cpu].now_ns = ns;
}

static unsigned planned_disruptions(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < PLAN_MOST; i++)
        count += world.m.plan[i].what >= FAULT_TSC_AHEAD;
    return count;
}

void promises_end(uint64_t reads, uint64_t known)
{
    unsigned running = 0;

    if (world.m.fault_gap_ns > 0 || world.m.row)
        return;
    PROMISE(world.disruptions == planned_disruptions(), "T6: %u disruptions\n", world.disruptions);
    /*
     * What a CPU knows of R that stopped counts no more, until it is back: here the keeper itself is asked.
     */
    for (unsigned i = 0; i < world.m.cpus; i++) {
        running += takes_part(i) && !asleep(i);
        PROMISE(keeper_cpu_stopped(i) == asleep(i) || world.m.late_ns > 1e9L, "CPU %u: stopped or not\n", i);
    }
    PROMISE(publish_gather(tsc_of(0)).count == running || world.m.late_ns > 1e9L,
            "not those that run are asked\n");
    /* A run in which nothing is read, or the bound mostly unknown, shows nothing. */
    PROMISE(reads > 1000 && known > reads / 4, "%llu reads, %llu with a bound\n", (unsigned long long)reads,
            (unsigned long long)known);
}
