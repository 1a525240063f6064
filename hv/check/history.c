#include "check/history.h"

void history_begin(struct history *history, unsigned cpus, struct moment *moments)
{
    *history = (struct history){.cpus = cpus, .moments = moments, .apart = 1, .due = 1};
}

static struct moment *kept_moment(const struct history *history, unsigned cpu, unsigned i)
{
    return &history->moments[cpu * HISTORY_MOMENTS + i];
}

const struct moment *history_at(const struct history *history, unsigned cpu, unsigned i)
{
    return kept_moment(history, cpu, i);
}

static void thin(struct history *history)
{
    history->count /= 2;
    history->apart *= 2;
    for (unsigned cpu = 0; cpu < history->cpus; cpu++)
        for (unsigned i = 0; i < history->count; i++)
            *kept_moment(history, cpu, i) = *kept_moment(history, cpu, 2 * i);
}

bool history_next(struct history *history, uint64_t now_ns)
{
    if (--history->due)
        return false;
    if (history->count == HISTORY_MOMENTS)
        thin(history);
    history->due = history->apart;
    history->count++;
    history->last_ns = now_ns;
    if (!history->first_ns)
        history->first_ns = now_ns;
    return true;
}

void history_add(struct history *history, unsigned cpu, int64_t offset_ns, uint64_t bound_ppb)
{
    struct moment *moment = kept_moment(history, cpu, history->count - 1);
    uint64_t size = offset_ns < 0 ? 0 - (uint64_t)offset_ns : (uint64_t)offset_ns;
    uint32_t ppb = bound_ppb < UINT32_MAX ? (uint32_t)bound_ppb : UINT32_MAX;

    if (bound_ppb == UINT64_MAX)
        ppb = 0;
    *moment = (struct moment){offset_ns, ppb};
    if (offset_ns != HISTORY_NOTHING && size > history->most_ns)
        history->most_ns = size;
    if (ppb > history->most_ppb)
        history->most_ppb = ppb;
    if (ppb && (!history->least_ppb || ppb < history->least_ppb))
        history->least_ppb = ppb;
}

uint64_t history_span_ns(const struct history *history, unsigned moments)
{
    return history->count < 2 ? 0 : (history->last_ns - history->first_ns) / (history->count - 1) * moments;
}
