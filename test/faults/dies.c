/*
 * `dies=n,s`: 1.5 s after system time began, CPU n stops for ever in the middle of a publish for all: when
 * it has begun (s 0), filled (1) or ended (2) the common record. `freezes=n,s`: it stands still there for a
 * second and goes on. No NMI is answered meanwhile, as none is in SMM.
 */
#include "dies.h"

#include "../unit/record_wraps.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/traps_entry.h"
#include "keeper/clocks.h"
#include "log/log.h"
#include "words.h"

#define AT_NS     1500000000ull
#define FROZEN_NS 1000000000ull
#define NOBODY    -1

void __real_smp_stop_if_asked(struct cpu *cpu);
void __wrap_smp_stop_if_asked(struct cpu *cpu);

static int64_t chosen = NOBODY, step;
static bool for_ever, gone;
static uint64_t until; /* the TSC, while it is frozen */

void dies_choose(const char *line)
{
    const char *dies = words_find(line, "dies"), *at = dies ? dies : words_find(line, "freezes");

    for_ever = dies;
    if (at && words_number(&at, &chosen) && words_skip(&at, ','))
        words_number(&at, &step);
}

static void stand_still(void)
{
    while (for_ever || rdtsc_ordered() < until)
        cpu_relax();
}

static void come_to(int64_t now, const volatile struct meridian_record *record)
{
    if (now != step || gone || chosen != (int64_t)cpu_id() || clock_mode_now() != CLOCK_UNIFIED ||
        !keeper.domains || record != keeper.domains->common || keeper_now_ns() < AT_NS)
        return;
    log_print("fault test: CPU %u %s in a publish\n", cpu_id(), for_ever ? "dies" : "freezes");
    until = rdtsc_ordered() + FROZEN_NS;
    gone = true;
    stand_still();
}

void __wrap_record_begin(volatile struct meridian_record *record, uint32_t version)
{
    __real_record_begin(record, version);
    come_to(0, record);
}

void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data)
{
    __real_record_fill(record, data);
    come_to(1, record);
}

void __wrap_record_end(volatile struct meridian_record *record, uint32_t version)
{
    __real_record_end(record, version);
    come_to(2, record);
}

/* Each NMI comes by here, before it is counted. */
void __wrap_smp_stop_if_asked(struct cpu *cpu)
{
    if (gone && (int64_t)cpu->id == chosen)
        stand_still();
    __real_smp_stop_if_asked(cpu);
}
