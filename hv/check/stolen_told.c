/* What was found of stolen time, as a line for programs and as a sentence. */
#include "check/stolen.h"
#include "log/format.h"
#include "log/log.h"

#define NUMBER 24u

static const char *number_or_unknown(char out[NUMBER], bool known, uint64_t value)
{
    format(out, NUMBER, known ? "%lu" : "unknown", value);
    return out;
}

void tell_stolen(unsigned cpu, uint64_t hz)
{
    struct stolen found = stolen_of(cpu);
    char periods[GAPS_PERIODS][NUMBER], smi[NUMBER];
    const struct gaps *g = found.gaps;

    if (!found.watched)
        return;
    hz = hz ? hz : found.hz;
    for (unsigned i = 0; i < GAPS_PERIODS; i++)
        number_or_unknown(periods[i], g->periods[i].least, gaps_ns(g->periods[i].train.period, hz));
    log_print("@stolen cpu=%u watched_ns=%lu gaps=%lu decades=%lu,%lu,%lu,%lu,%lu,%lu,%lu long=%lu "
              "largest_ns=%lu period_ns=%s period_gaps=%u second_period_ns=%s second_period_gaps=%u smi=%s "
              "back=%lu\n",
              cpu, gaps_ns(g->last - g->first, hz), gaps_count(g), g->decades[0], g->decades[1],
              g->decades[2], g->decades[3], g->decades[4], g->decades[5], g->decades[6], g->longs,
              gaps_ns(g->largest, hz), periods[0], g->periods[0].train.hits, periods[1],
              g->periods[1].train.hits, number_or_unknown(smi, found.smi_counted, found.smi), g->back);
}

/* Returns the CPU with the largest gap; `cpus` if none was watched. */
static unsigned worst_cpu(unsigned cpus)
{
    unsigned worst = cpus;

    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        struct stolen found = stolen_of(cpu);

        if (found.watched && (worst == cpus || found.gaps->largest > stolen_of(worst).gaps->largest))
            worst = cpu;
    }
    return worst;
}

/* The rate that it is told by is off by up to 0.2 %: no finer than this. */
static uint64_t tenths_of_ms(const struct gaps_period *period, uint64_t hz)
{
    return (gaps_ns(period->train.period, hz) + 50000) / 100000;
}

static void say_periods(const struct gaps *g, uint64_t hz, char out[STOLEN_TEXT / 2])
{
    uint64_t first = tenths_of_ms(&g->periods[0], hz), second = tenths_of_ms(&g->periods[1], hz);

    out[0] = 0;
    if (g->periods[1].least)
        format(out, STOLEN_TEXT / 2, "; one each %lu.%lu ms, one each %lu.%lu ms", first / 10, first % 10,
               second / 10, second % 10);
    else if (g->periods[0].least)
        format(out, STOLEN_TEXT / 2, "; one each %lu.%lu ms", first / 10, first % 10);
}

void stolen_words(unsigned cpus, char out[STOLEN_TEXT])
{
    unsigned worst = worst_cpu(cpus);
    const struct gaps *g = worst < cpus ? stolen_of(worst).gaps : NULL;
    uint64_t hz = stolen_of(worst).hz;
    char periods[STOLEN_TEXT / 2], smi[NUMBER];

    out[0] = 0;
    if (!g)
        return;
    if (!gaps_count(g)) {
        format(out, STOLEN_TEXT, "No time was stolen: no gap of 10 us in %lu s.",
               (gaps_ns(g->last - g->first, hz) + 500000000) / 1000000000);
        return;
    }
    say_periods(g, hz, periods);
    number_or_unknown(smi, stolen_of(worst).smi_counted, stolen_of(worst).smi);
    format(
        out, STOLEN_TEXT,
        "Time was stolen: on CPU%u %lu gaps of 10 us or more in %lu s, the longest %lu us, %lu of 150 us or "
        "more%s. SMIs: %s.",
        worst, gaps_count(g), (gaps_ns(g->last - g->first, hz) + 500000000) / 1000000000,
        gaps_ns(g->largest, hz) / 1000, g->longs, periods, smi);
}
