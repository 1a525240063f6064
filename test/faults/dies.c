/*
 * `dies=n,s`: 1.5 s after system time began, CPU n stops for ever in the middle of a publish for all: when
 * it has begun (s 0), filled (1) or ended (2) the common record. `freezes=n,s,t`: it stands still there for t
 * ms, a second if t is left out, and goes on. No NMI is answered meanwhile, as none is in SMM. If it is the
 * boot CPU, then its guest is without its first VCPU and cannot end: CPU 1 says what became of the records,
 * and ends the run.
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
#define FROZEN_MS 1000
#define ENDS_NS   7000000000ull
#define NOBODY    -1

void __real_smp_stop_if_asked(struct cpu *cpu);
void __wrap_smp_stop_if_asked(struct cpu *cpu);

static int64_t chosen = NOBODY, step, frozen_ms = FROZEN_MS;
static bool for_ever, gone, ended;
static uint64_t until; /* the TSC, while it is frozen */

void dies_choose(const char *line)
{
    const char *dies = words_find(line, "dies"), *at = dies ? dies : words_find(line, "freezes");

    for_ever = dies;
    if (at && words_number(&at, &chosen) && words_skip(&at, ',') && words_number(&at, &step) &&
        words_skip(&at, ','))
        words_number(&at, &frozen_ms);
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
    until = rdtsc_ordered() + (uint64_t)frozen_ms * 1000000; /* the TSC counts ns here */
    gone = true;
    stand_still();
    log_print("fault test: CPU %u goes on in a publish\n", cpu_id());
}

/* Reads a record as a guest does; its line is the newest if it is no older than a period and a look. */
static bool is_new(const volatile struct meridian_record *record)
{
    uint64_t now_ns = keeper_now_ns();

    return !(record->version1 & 1) && record->version1 == record->version2 && record->system_time < now_ns &&
           now_ns - record->system_time < 2 * PERIOD_NS;
}

static void tell_records(const struct time_domain *domain)
{
    unsigned count = is_new(domain->common);

    for (unsigned i = 0; i < domain->vcpu_count; i++)
        count += is_new(domain->vcpus[i].slot);
    log_print("fault test: of %u records %u are whole and new\n", domain->vcpu_count + 1, count);
}

bool dies_ends(void)
{
    if (!gone || ended || chosen != 0 || cpu_id() != 1 || keeper_now_ns() < ENDS_NS)
        return false;
    ended = true;
    tell_records(keeper.domains);
    return true;
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
