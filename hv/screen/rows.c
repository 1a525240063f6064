#include "screen/rows.h"

#include "log/format.h"

/* The letters a to f, right after the sign in code page 437, would be taken for more of its number. */
#define PLUS_MINUS "\xf1"

const char row_heading[] = "  CPU    APIC core       MHz " PLUS_MINUS "ppm    source    offset ns " PLUS_MINUS
                           "ns     rate back   SMI     rate ppb " PLUS_MINUS "ppb";

static uint64_t size_of(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* '*' is whom the others are compared with; '+' may be in step with it, '!' is not. */
static char mark(const struct keeper_cpu *seen, unsigned cpu)
{
    if (seen->state != KEEPER_CPU_ONLINE)
        return 'x';
    if (cpu == 0)
        return '*';
    if (seen->offset_bound_ns == UINT64_MAX)
        return '?';
    return size_of(seen->offset_ns) > seen->offset_bound_ns ? '!' : '+';
}

static const char *speed(const struct keeper_cpu *seen)
{
    if (seen->rate_bound_ppb == UINT64_MAX)
        return "?";
    if (size_of(seen->rate_ppb) <= seen->rate_bound_ppb)
        return "even";
    return seen->rate_ppb > 0 ? "fast" : "slow";
}

/* "?" where nothing is known. */
static const char *bound(char out[24], uint64_t value)
{
    format(out, 24, value == UINT64_MAX ? "\xf1?" : "\xf1%llu", (unsigned long long)value);
    return out;
}

static const char *ppm(char out[24], uint64_t ppb)
{
    format(out, 24, ppb == UINT64_MAX ? "\xf1?" : "\xf1%llu.%03llu", (unsigned long long)(ppb / 1000),
           (unsigned long long)(ppb % 1000));
    return out;
}

void row_text(const struct figures *figures, unsigned cpu, char out[ROW_BYTES])
{
    const struct keeper_cpu *seen = &figures->cpus[cpu].seen;
    const struct cpu_facts *facts = &figures->facts[cpu];
    char hz_bound[24], offset_bound[24], rate_bound[24], smi[16] = "-";

    if (seen->state == KEEPER_CPU_LEFT_OUT) {
        format(out, ROW_BYTES, "x CPU%-3u %4u  left out: its TSC cannot be measured", cpu, seen->apic_id);
        return;
    }
    if (facts->smi_counted)
        format(smi, sizeof smi, "%u", facts->smi);
    format(out, ROW_BYTES, "%c CPU%-3u %4u %-4s %5llu.%03llu %-7s %-7s %+11lld %-7s %-4s %4u %5s %+12lld %s",
           mark(seen, cpu), cpu, seen->apic_id, core_word(facts->core),
           (unsigned long long)(seen->hz / 1000000), (unsigned long long)(seen->hz / 1000 % 1000),
           ppm(hz_bound, seen->hz_ppb), figures->evidence.source, (long long)seen->offset_ns,
           bound(offset_bound, seen->offset_bound_ns), speed(seen), seen->back, smi,
           (long long)seen->rate_ppb, bound(rate_bound, seen->rate_bound_ppb));
}
