/*
 * The 2005 patch's arithmetic, piece by piece, so that each of its faults can be shown by itself. The model
 * of its whole method (rival_seed.c) is made of these.
 */
#ifndef RIVAL_SEED_H
#define RIVAL_SEED_H

#include "rival_model.h"

#define SEED_TICK_NS     10000000ull
#define SEED_PIT_HZ      1193180ull                 /* what it takes the PIT to run at */
#define SEED_PIT_DIVISOR ((SEED_PIT_HZ + 50) / 100) /* of the 100 Hz tick: rounded */
#define SEED_PIT_NUM     88000ull                   /* a PIT count truly lasts 88000 / 105 ns */
#define SEED_PIT_DEN     105ull
#define SEED_ENDLESS     UINT64_MAX

/* The hypervisor's time_info_t of a CPU, and the guest's record of a VCPU. */
struct seed_info {
    uint64_t tsc_timestamp, system_time, cpu_freq;
    uint32_t wc_sec, wc_usec;
};

/* percpu_ticks(): in whole quarter seconds to the TSC given. Number of turns, or SEED_ENDLESS. */
uint64_t seed_percpu_ticks(struct seed_info *t, uint64_t tsc);
/* Its addition to wc_usec, as a CPU does it: the load, and the store some time later. */
uint32_t seed_wall_load(const struct seed_info *t);
void seed_wall_store(struct seed_info *t, uint32_t loaded);

/* What a PIT-driven clock (stime_irq) says after so many true ns, and how long its 10 ms truly last. */
uint64_t seed_stime(uint64_t true_ns);
double seed_tick_true_ns(void);

/* How long its 50 ms truly last: 59659 counts. */
uint64_t seed_window_true_ns(void);

/* setup_percpu_time(): frequency, a fresh TSC, and the time of the last tick. */
void seed_setup_percpu(struct seed_info *t, uint64_t cpu_freq, uint64_t tsc, uint64_t stime_irq);

/* init_xen_time(): all CPUs' defaults. */
void seed_init_time(struct seed_info *all, unsigned cpus, uint32_t rtc_s, uint64_t stime_irq,
                    uint64_t cpu_freq);

/*
 * __update_dom_time(): the record of the VCPU's physical CPU, `record[v->processor]`, gets this CPU's. The
 * guest looks at its own number's.
 */
void seed_update_dom_time(struct seed_info *records, unsigned processor, const struct seed_info *xen);

/* do_settime(): all CPUs' wall clocks, as of the last tick's system time. */
void seed_settime(struct seed_info *all, unsigned cpus, uint32_t s, uint32_t us, uint64_t system_time,
                  uint64_t stime_irq);

/* ---- The guest ---- */

/* set_cyc2ns_scale(): CPU 0's MHz, in 10 bits. */
uint32_t seed_cycle_scale(uint64_t cpu0_freq);
/* get_full_tsc_offset(): ns since the record's stamp; ticks are unsigned. */
uint64_t seed_tsc_offset_ns(uint32_t scale, uint64_t tsc, uint64_t stamp);

struct seed_guest {
    uint64_t shadow_system_time[RIVAL_CPUS], shadow_tsc_stamp[RIVAL_CPUS], processed[RIVAL_CPUS];
    uint64_t jiffies, xtime_ns;
    uint32_t scale;
};

/* __get_time_values_from_xen() on a CPU. */
void seed_guest_take(struct seed_guest *g, unsigned cpu, const struct seed_info *record);
/* local_setup_timer(): a further CPU starts to count ticks. */
void seed_guest_setup_timer(struct seed_guest *g, unsigned cpu);
/* do_timer_interrupt(): turns of the tick loop. */
uint64_t seed_guest_timer(struct seed_guest *g, unsigned cpu, const struct seed_info *record, uint64_t tsc);
/* do_gettimeofday() on a CPU. */
uint64_t seed_guest_wall_ns(const struct seed_guest *g, unsigned cpu, uint64_t tsc);
/* The clock that the table reads: shadow time plus what the TSC went since its stamp. */
uint64_t seed_guest_ns(const struct seed_guest *g, unsigned cpu, uint64_t tsc);

#endif
