#include "rival_seed.h"

#define QUARTER_NS 250000000ull
#define QUARTER_US 250000u
#define WINDOW     ((SEED_PIT_HZ + 10) / 20)

/* Xen's clock moves by 10 ms a tick, whatever the divisor's rounding makes of the tick. */
uint64_t seed_stime(uint64_t true_ns)
{
    uint64_t counts = rival_muldiv(true_ns, SEED_PIT_DEN, SEED_PIT_NUM);

    return counts / SEED_PIT_DIVISOR * SEED_TICK_NS;
}

double seed_tick_true_ns(void)
{
    uint64_t divisor = SEED_PIT_DIVISOR;

    return (double)divisor * SEED_PIT_NUM / SEED_PIT_DEN;
}

uint64_t seed_window_true_ns(void)
{
    return WINDOW * SEED_PIT_NUM / SEED_PIT_DEN;
}

/* wc_usec is a u32: taking 10,000,000 off where 1,000,000 was meant wraps, and the loop goes on and on. */
static void carry(struct seed_info *t)
{
    while (t->wc_usec > 1000000u) {
        t->wc_sec++;
        t->wc_usec -= 10000000u;
    }
}

uint64_t seed_percpu_ticks(struct seed_info *t, uint64_t tsc)
{
    uint64_t quarter = t->cpu_freq >> 2, turns;

    if (quarter == 0)
        return SEED_ENDLESS;
    turns = (tsc - t->tsc_timestamp) / quarter;
    t->wc_usec += (uint32_t)(turns * QUARTER_US);
    t->system_time += turns * QUARTER_NS;
    t->tsc_timestamp += turns * quarter;
    carry(t);
    return turns;
}

uint32_t seed_wall_load(const struct seed_info *t)
{
    return t->wc_usec;
}

void seed_wall_store(struct seed_info *t, uint32_t loaded)
{
    t->wc_usec = loaded + QUARTER_US;
}

void seed_setup_percpu(struct seed_info *t, uint64_t cpu_freq, uint64_t tsc, uint64_t stime_irq)
{
    t->cpu_freq = cpu_freq;
    t->tsc_timestamp = tsc;
    t->system_time = stime_irq;
}

void seed_init_time(struct seed_info *all, unsigned cpus, uint32_t rtc_s, uint64_t stime_irq,
                    uint64_t cpu_freq)
{
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        all[cpu].wc_sec = rtc_s;
        all[cpu].wc_usec = 0;
        all[cpu].system_time = stime_irq;
        all[cpu].cpu_freq = cpu_freq;
    }
}

void seed_update_dom_time(struct seed_info *records, unsigned processor, const struct seed_info *xen)
{
    records[processor] = *xen;
}

void seed_settime(struct seed_info *all, unsigned cpus, uint32_t s, uint32_t us, uint64_t system_time,
                  uint64_t stime_irq)
{
    uint64_t all_us = us + (stime_irq - system_time) / 1000;

    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        all[cpu].wc_sec = s + (uint32_t)(all_us / 1000000);
        all[cpu].wc_usec = (uint32_t)(all_us % 1000000);
    }
}

/* ---- The guest ---- */

uint32_t seed_cycle_scale(uint64_t cpu0_freq)
{
    uint64_t mhz = cpu0_freq / 1000000;

    return mhz ? (uint32_t)((1000u << 10) / mhz) : 0;
}

uint64_t seed_tsc_offset_ns(uint32_t scale, uint64_t tsc, uint64_t stamp)
{
    return (tsc - stamp) * scale >> 10;
}

void seed_guest_take(struct seed_guest *g, unsigned cpu, const struct seed_info *record)
{
    g->shadow_system_time[cpu] = record->system_time;
    g->shadow_tsc_stamp[cpu] = record->tsc_timestamp;
}

/* It starts from its own shadow, which nobody has filled yet. */
void seed_guest_setup_timer(struct seed_guest *g, unsigned cpu)
{
    g->processed[cpu] = g->shadow_system_time[cpu];
}

uint64_t seed_guest_ns(const struct seed_guest *g, unsigned cpu, uint64_t tsc)
{
    return g->shadow_system_time[cpu] + seed_tsc_offset_ns(g->scale, tsc, g->shadow_tsc_stamp[cpu]);
}

uint64_t seed_guest_timer(struct seed_guest *g, unsigned cpu, const struct seed_info *record, uint64_t tsc)
{
    int64_t delta;
    uint64_t turns;

    seed_guest_take(g, cpu, record);
    delta = (int64_t)(seed_guest_ns(g, cpu, tsc) - g->processed[cpu]);
    if (delta < 0) /* "time went backwards": nothing is done */
        return 0;
    turns = (uint64_t)delta / SEED_TICK_NS;
    g->processed[cpu] += turns * SEED_TICK_NS;
    if (cpu == 0) { /* do_timer() */
        g->jiffies += turns;
        g->xtime_ns += turns * SEED_TICK_NS;
    }
    return turns;
}

uint64_t seed_guest_wall_ns(const struct seed_guest *g, unsigned cpu, uint64_t tsc)
{
    return g->xtime_ns + (seed_guest_ns(g, cpu, tsc) - g->processed[cpu]);
}
