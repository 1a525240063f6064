/*
 * A machine without any luck in it, for the keeper: CPUs whose TSCs run at exact rates from any start, an
 * HPET that is the truth, LAPIC timers whose rate is not quite what was measured. All CPUs in one thread;
 * time passes by what they do, a few tens of ns each. CPUs take turns: what one does takes the others' time
 * too. Where they are parallel each has its own time, and waits only for a lock that another has.
 */
#ifndef SEED_MACHINE_H
#define SEED_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/apic.h"
#include "cpu/facts.h"
#include "cpu/paging.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "keeper/meeting.h"
#include "keeper/clocks.h"
#include "keeper/start.h"
#include "log/log.h"
#include "log/panic.h"
#include "platform/rtc.h"

#ifndef MACHINE_CPUS
#define MACHINE_CPUS 4u
#endif
#define NEVER      UINT64_MAX
#define SECOND     1000000000ull
#define BOOT_UTC_S 1120824000 /* UTC when machine.now_ns is 0: 2005-07-08 12:00:00 */
#define LAPIC_HZ   62500000ull

static struct machine_state {
    unsigned cpus, cpu;
    uint64_t now_ns, origin_count;
    uint64_t hz[MACHINE_CPUS], base[MACHINE_CPUS]; /* of the TSCs; base: at now_ns 0 */
    uint64_t alarm_ns[MACHINE_CPUS];
    bool stopped[MACHINE_CPUS];
    int64_t lapic_ppm;     /* faster than when it was measured */
    int64_t extent_ticks;  /* as far apart as start-up's meetings leave TSCs that are in step */
    uint64_t one_way_ns;   /* of the meetings at run time */
    uint32_t wander_ppb_s; /* D, by the command line; 10 */
    bool missed;           /* at start-up some CPUs do not meet in time */
    bool parallel;
    uint64_t busy_ns[MACHINE_CPUS], lock_ns; /* until then: the CPU with its last alarm, the lock taken */
    void (*alarm)(void);
    void (*fenced)(void); /* called at each TSC read that follows all stores */

    bool unseen;       /* at start-up no meeting shows TSCs that are apart */
    bool free_running; /* discipline=off */
    uint64_t reads_ns; /* so long takes a reading of the reference */
    bool no_rtc;
    bool blind[MACHINE_CPUS]; /* this CPU cannot read the reference */
    int64_t ref_ahead_ns;     /* the reference has leapt by so much */
    uint64_t aligned_ns;      /* when start-up's meetings were over */
} machine;

static uint64_t tsc_of(unsigned cpu)
{
    return machine.base[cpu] + (uint64_t)((unsigned __int128)machine.now_ns * machine.hz[cpu] / SECOND);
}

static void spend(uint64_t ns)
{
    machine.now_ns += ns;
}

uint64_t rdtsc_ordered(void)
{
    spend(20);
    return tsc_of(machine.cpu);
}

uint64_t rdtsc_after_stores(void)
{
    if (machine.fenced)
        machine.fenced();
    spend(20);
    return tsc_of(machine.cpu);
}

void cpu_relax(void)
{
    spend(40);
}

unsigned cpu_id(void)
{
    return machine.cpu;
}

bool cpu_has_hypervisor(void)
{
    return false;
}

unsigned cpu_count(void)
{
    return machine.cpus;
}

struct cpu *cpu_by_id(unsigned id)
{
    static struct cpu cpu;

    cpu.apic_id = id;
    return &cpu;
}

bool lock_take(struct lock *lock)
{
    assert_int_equal(lock->held, 0);
    lock->held = 1;
    if (machine.parallel && machine.now_ns < machine.lock_ns)
        machine.now_ns = machine.lock_ns;
    return false;
}

void lock_release(struct lock *lock, bool were_on)
{
    (void)were_on;
    lock->held = 0;
    machine.lock_ns = machine.now_ns;
}

/* 100 MHz. */
bool reference_read(const struct reference *ref, struct reference_reading *out)
{
    (void)ref;
    if (machine.blind[machine.cpu])
        return false;
    out->tsc_lo = rdtsc_ordered();
    spend(machine.reads_ns / 2);
    out->count = (machine.now_ns + (uint64_t)machine.ref_ahead_ns) / 10;
    out->edge = false;
    spend(machine.reads_ns / 2);
    out->tsc_hi = rdtsc_ordered();
    return true;
}

/* There is one timer only. */
bool reference_glance(const struct reference *ref, struct reference_reading *out)
{
    (void)ref;
    (void)out;
    return false;
}

uint64_t reference_misreads(void)
{
    return 0;
}

const struct reference *reference_get(unsigned i)
{
    static const struct reference hpet = {.name = "hpet", .bits = 64, .period_num = 10, .period_den = 1};

    return i == 0 ? &hpet : NULL;
}

void reference_wait_us(uint32_t us)
{
    spend(us * 1000ull);
}

void apic_timer_set_count(uint32_t count)
{
    uint64_t ns = (uint64_t)count * SECOND / LAPIC_HZ;

    ns -= (uint64_t)((int64_t)ns * machine.lapic_ppm / 1000000);
    machine.alarm_ns[machine.cpu] = count ? machine.now_ns + ns : NEVER;
}

uint32_t apic_timer_count(void)
{
    return UINT32_MAX - (uint32_t)(LAPIC_HZ / 50); /* after 20 ms */
}

bool apic_timer_has_deadline(void)
{
    return false;
}

bool apic_timer_try_deadline(uint64_t ticks)
{
    (void)ticks;
    return false;
}

void apic_timer_set_deadline(uint64_t tsc)
{
    (void)tsc;
}

void apic_timer_setup(bool deadline)
{
    (void)deadline;
}

void traps_set_interrupt(unsigned vector, void (*handler)(void))
{
    if (vector == VECTOR_TIMER)
        machine.alarm = handler;
}

/* At the second's edge, to 1 us. */
bool rtc_read(uint8_t century_register, int64_t *utc_s, uint64_t *tsc_lo, uint64_t *tsc_hi)
{
    uint64_t second = machine.now_ns / SECOND + 1;

    (void)century_register;
    machine.now_ns = second * SECOND - 500;
    *tsc_lo = tsc_of(machine.cpu);
    machine.now_ns = second * SECOND + 500;
    *tsc_hi = tsc_of(machine.cpu);
    *utc_s = BOOT_UTC_S + (int64_t)second;
    return true;
}

/* BOOT_UTC_S is a whole minute. */
bool rtc_glance(uint64_t us_ticks, struct rtc_glance *out)
{
    (void)us_ticks;
    if (machine.no_rtc)
        return false;
    *out = (struct rtc_glance){.tsc_lo = tsc_of(machine.cpu), .second = (int)(machine.now_ns / SECOND % 60)};
    machine.now_ns += 1000;
    out->tsc_hi = tsc_of(machine.cpu);
    machine.now_ns += 2000;
    return true;
}

static void *taken[64]; /* given back by machine_new */
static unsigned taken_count;

void *memory_take_bytes(uint64_t bytes, const char *what)
{
    (void)what;
    assert_in_range(taken_count, 0, 63);
    return taken[taken_count++] = calloc(1, bytes);
}

void cpu_idle(void)
{
    fail_msg("a CPU that is left out came here");
}

#ifndef MACHINE_LOG
void log_print(const char *format, ...)
{
    (void)format;
}
#endif

void panic(const char *format, ...)
{
    fail_msg("panic: %s", format);
    abort();
}

uint32_t slip_expected_ns(void)
{
    return 0;
}

uint32_t slip_shown_ns(int64_t off_ns)
{
    (void)off_ns;
    return 0;
}

struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)leaf, (void)subleaf;
    return (struct cpuid_result){0};
}

uint64_t rdmsr(uint32_t msr)
{
    fail_msg("MSR 0x%x is not there", msr);
    return 0;
}

void smp_wake(unsigned id)
{
    (void)id;
}

/* ---- The exchanges: 300 ns either way ---- */

void exchange_init(unsigned cpus, void (*idle)(void))
{
    (void)idle;
    (void)cpus;
}

void exchange_star(const struct outlook *boot)
{
    for (unsigned cpu = 1; cpu < machine.cpus; cpu++) {
        uint64_t sent = rdtsc_ordered(), answered, received;

        spend(300);
        answered = tsc_of(cpu);
        spend(300);
        received = rdtsc_ordered();
        clock_of(cpu)->start.late =
            (struct bracket){answered, answered, outlook_at(boot, sent).lo, outlook_at(boot, received).hi};
    }
}

enum alignment exchange_pairs(unsigned passes, int64_t *extent_ticks)
{
    enum alignment all = machine.missed ? ALIGNMENT_UNKNOWN : ALIGNMENT_IN_STEP;

    (void)passes;
    *extent_ticks = machine.extent_ticks;
    machine.aligned_ns = machine.now_ns;
    for (unsigned cpu = 1; cpu < machine.cpus && !machine.unseen; cpu++)
        if (machine.hz[cpu] != machine.hz[0] || machine.base[cpu] != machine.base[0])
            all = ALIGNMENT_APART;
    return all;
}

int64_t exchange_resolution_most_ticks(void)
{
    return align_resolution_ticks(keeper.nominal);
}

const struct exchange_cost *exchange_cost(void)
{
    static const struct exchange_cost none;

    return &none;
}

void meeting_measure_spin(void)
{
}

void meeting_lead_soon(unsigned other, uint64_t meeting, struct offset *offset)
{
    struct ping ping = {.sent = rdtsc_ordered()};

    (void)meeting;
    spend(machine.one_way_ns);
    ping.answered = tsc_of(other);
    spend(machine.one_way_ns);
    ping.received = rdtsc_ordered();
    *offset = offset_narrow(*offset, &ping);
}

void meeting_follow_soon(unsigned leader, uint64_t meeting)
{
    (void)leader, (void)meeting;
}

void idle_sleep(void)
{
}

void idle_try(bool allowed)
{
    (void)allowed;
}

void repair_try(bool asked)
{
    (void)asked;
}

void idle_report(void)
{
}

void exchange_finish(void)
{
}

void exchange_serve(void)
{
}

/* ---- A run ---- */

/* All TSCs at `hz`, 30 s after reset: the time that firmware took. Tests change them before machine_boot. */
static void machine_new(unsigned cpus, uint64_t hz)
{
    while (taken_count)
        free(taken[--taken_count]);
    memset(&keeper, 0, sizeof keeper);
    memset(&machine, 0, sizeof machine);
    machine.cpus = cpus;
    machine.now_ns = 5000;
    machine.extent_ticks = 300;
    machine.one_way_ns = 300;
    machine.wander_ppb_s = 10;
    machine.reads_ns = 500;
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        machine.hz[cpu] = hz;
        machine.base[cpu] = 30 * hz;
        machine.alarm_ns[cpu] = NEVER;
    }
}

static void machine_boot(enum clockmode mode)
{
    struct options options = {
        .mode = mode, .wander_ppb_s = machine.wander_ppb_s, .discipline = !machine.free_running};

    keeper_start(&options, 0);
    for (unsigned cpu = 1; cpu < machine.cpus; cpu++) {
        machine.cpu = cpu;
        if (clock_of(cpu)->measured)
            keeper_cpu_start();
    }
    machine.cpu = 0;
}

/* When its next alarm is taken. */
static uint64_t machine_due_ns(unsigned cpu)
{
    return machine.alarm_ns[cpu] > machine.busy_ns[cpu] ? machine.alarm_ns[cpu] : machine.busy_ns[cpu];
}

static unsigned machine_next(void)
{
    unsigned first = 0;

    for (unsigned cpu = 1; cpu < machine.cpus; cpu++)
        if (!machine.stopped[cpu] && (machine.stopped[first] || machine_due_ns(cpu) < machine_due_ns(first)))
            first = cpu;
    return first;
}

static void machine_run(uint64_t ns)
{
    uint64_t end_ns = machine.now_ns + ns;

    for (;;) {
        unsigned cpu = machine_next();

        if (machine.stopped[cpu] || machine_due_ns(cpu) > end_ns)
            break;
        if (machine.parallel || machine.now_ns < machine.alarm_ns[cpu])
            machine.now_ns = machine_due_ns(cpu);
        machine.alarm_ns[cpu] = NEVER;
        machine.cpu = cpu;
        machine.alarm();
        if (machine.parallel)
            machine.busy_ns[cpu] = machine.now_ns;
    }
    machine.cpu = 0;
    if (machine.now_ns < end_ns)
        machine.now_ns = end_ns;
}

#endif
