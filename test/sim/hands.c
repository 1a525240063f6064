/* What stands in for the hardware's hands: instructions, locks, the APIC's timer, the RTC, the log. */
#include "beside.h"
#include "keeper/alarm.h"
#include "ledger.h"
#include "promises.h"
#include "told.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/apic.h"
#include "cpu/paging.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "log/log.h"
#include "log/panic.h"
#include "platform/rtc.h"

#define TAKEN_MOST  16u
#define RTC_BEGAN_S 1120824000 /* a whole minute */
#define RTC_PPM     20

static long double rtc_began_ns; /* when it began to show that */

/* ---- Chance ---- */

uint64_t below(uint64_t n)
{
    return (uint64_t)(((unsigned __int128)random_next(&world.r) * n) >> 64);
}

long double part(long double most)
{
    return most * (long double)(random_next(&world.r) >> 11) / 9007199254740992.0L;
}

/*
 * base to the power of fraction / 2^64, by square roots: these are the same on every CPU, to the last bit.
 * expl and logl are instructions that each maker rounds in its own way.
 */
static long double power(long double base, uint64_t fraction)
{
    long double all = 1, root = base;

    for (; fraction != 0; fraction <<= 1) {
        root = sqrtl(root);
        all *= fraction >> 63 ? root : 1;
    }
    return all;
}

/* Every size is as likely as every other, by its number of places. */
long double log_between(long double least, long double most)
{
    return least * power(most / least, random_next(&world.r) >> 11 << 11);
}

/* ---- Time ---- */

/* Every step of the clock is here: whatever keeps time beside the keeper runs in it. */
void time_goes_on(long double until_ns)
{
    beside_until(until_ns);
    watched_until(until_ns);
    world.now_ns = larger(world.now_ns, until_ns);
}

/* In a long wait others do much: it passes in pieces. */
void pass(long double ns)
{
    unsigned pieces = ns > 1e6L ? 4 : 1;

    for (unsigned i = 0; i < pieces; i++) {
        time_goes_on(world.now_ns + ns / pieces);
        if (world.between)
            world.between();
    }
}

/* What an instruction takes, and now and then a host that has others to serve. */
void spend(void)
{
    uint64_t luck = below(2000);
    long double ns = luck == 0   ? part(world.m.stall_ns)
                     : luck < 20 ? part(world.m.stall_ns / 100)
                                 : 10 + part(60);

    if (ns > 1e6L)
        promises_excuse_all(world.now_ns + ns);
    pass(ns);
}

uint64_t rdtsc_ordered(void)
{
    spend();
    return tsc_of(world.cpu);
}

uint64_t rdtsc_after_stores(void)
{
    return rdtsc_ordered();
}

/*
 * A PAUSE: the more of them in a row, the longer each is, for the simulator's sake and a hypervisor's way
 * with them.
 */
void cpu_relax(void)
{
    world.relaxed = world.relaxed < 500 ? world.relaxed + 1 : 500;
    if (world.cpus[world.cpu].frozen)
        pass(1e5L);
    faults_tick();
    pass(part(40.0L * world.relaxed));
    spend();
}

unsigned cpu_id(void)
{
    return world.cpu;
}

bool cpu_has_hypervisor(void)
{
    return world.m.hypervisor;
}

unsigned cpu_count(void)
{
    return world.m.cpus;
}

struct cpu *cpu_by_id(unsigned id)
{
    static struct cpu cpu;

    cpu.apic_id = id;
    return &cpu;
}

/*
 * A CPU that holds a lock runs on until it releases it: where others run meanwhile they take none (run.c).
 */
bool lock_take(struct lock *lock)
{
    spend();
    PROMISE(!lock->held, "%s taken twice\n", lock->name);
    lock->held = 1;
    return false;
}

void lock_release(struct lock *lock, bool were_on)
{
    PROMISE(lock->held && !were_on, "%s released\n", lock->name);
    lock->held = 0;
    world.relaxed = 0;
    spend();
}

void cpu_idle(void)
{
    PROMISE(false, "a CPU that is left out came here\n");
}

static void *taken[TAKEN_MOST];
static unsigned taken_count;

void *memory_take_bytes(uint64_t bytes, const char *what)
{
    PROMISE(taken_count < TAKEN_MOST, "too much is taken: %s\n", what);
    taken[taken_count] = calloc(1, bytes);
    return taken[taken_count++];
}

void memory_forget(void)
{
    while (taken_count > 0)
        free(taken[--taken_count]);
}

struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)subleaf;
    if (!world.m.adjust)
        return (struct cpuid_result){0};
    return (struct cpuid_result){.eax = leaf == 0 ? 7 : 0, .ebx = leaf == 7 ? 1u << 1 : 0};
}

/* IA32_TSC_ADJUST, the only one that is read here. */
uint64_t rdmsr(uint32_t msr)
{
    (void)msr;
    return (uint64_t)world.cpus[world.cpu].jumped;
}

/*
 * ---- The APIC's timer: it counts at 62.5 MHz, 30 ppm off, or is a deadline; and its interrupt comes late
 * ----
 */

static long double lateness(void)
{
    long double late =
        below(50) == 0 ? log_between(1e3L, world.m.late_ns) : part(smaller(world.m.late_ns, 20000));

    if (late > 1e6L)
        fault_met(late > 1e9L ? FAULT_TIMER_LOST : FAULT_TIMER_LATE);
    return late;
}

static void alarm_at(struct sim_cpu *c, long double due_ns)
{
    c->alarm_ns = due_ns + c->late_ns;
    promises_late((unsigned)(c - world.cpus), c->late_ns > 1e6L ? c->alarm_ns : 0);
}

void apic_timer_set_count(uint32_t count)
{
    struct sim_cpu *c = &world.cpus[world.cpu];

    c->deadline = 0;
    c->late_ns = lateness();
    if (count)
        alarm_at(c, world.now_ns + count * 16.00048L);
    else
        c->alarm_ns = NEVER;
}

void deadline_moves(unsigned cpu)
{
    struct sim_cpu *c = &world.cpus[cpu];
    int64_t ticks = (int64_t)(c->deadline - tsc_of(cpu));

    if (!c->deadline)
        return;
    if (c->frozen && ticks > 0)
        c->alarm_ns = NEVER;
    else
        alarm_at(c, world.now_ns + larger(0, (long double)ticks / c->crystal->hz * 1e9L));
}

void apic_timer_set_deadline(uint64_t tsc)
{
    world.cpus[world.cpu].deadline = tsc ? tsc : 1;
    world.cpus[world.cpu].late_ns = lateness();
    deadline_moves(world.cpu);
}

uint32_t apic_timer_count(void)
{
    return UINT32_MAX - 1250000;
}

bool apic_timer_has_deadline(void)
{
    return world.m.deadline;
}

bool apic_timer_try_deadline(uint64_t ticks)
{
    (void)ticks;
    return world.m.deadline;
}

void apic_timer_setup(bool deadline)
{
    (void)deadline;
}

void smp_wake(unsigned id)
{
    trace("CPU %u wakes CPU %u\n", world.cpu, id);
    world.cpus[id].woken_ns = smaller(world.cpus[id].woken_ns, world.now_ns + 1000 + part(4000));
}

void traps_set_interrupt(unsigned vector, void (*handler)(void))
{
    if (vector == VECTOR_TIMER)
        world.alarm = handler;
    if (vector == VECTOR_WAKE)
        world.woken = handler;
}

bool rtc_read(uint8_t century_register, int64_t *utc_s, uint64_t *tsc_lo, uint64_t *tsc_hi)
{
    (void)century_register;
    pass(3e8L + part(1e9L));
    *tsc_lo = rdtsc_ordered();
    rtc_began_ns = world.now_ns;
    *tsc_hi = rdtsc_ordered();
    *utc_s = RTC_BEGAN_S;
    return true;
}

/* Its crystal is off by as much as many are. */
bool rtc_glance(uint64_t us_ticks, struct rtc_glance *out)
{
    (void)us_ticks;
    *out = (struct rtc_glance){.tsc_lo = rdtsc_ordered()};
    pass(2e3L);
    out->second = (int)((int64_t)((world.now_ns - rtc_began_ns) * (1 + RTC_PPM * 1e-6L) / 1e9L) % 60);
    out->tsc_hi = rdtsc_ordered();
    return true;
}

/* ---- What is told ---- */

/* D is counted by the scale of the boot CPU's first measurement, or of the last one since. */
static void counted_anew(void)
{
    struct sim_cpu *c = &world.cpus[world.cpu];
    unsigned long long hz;

    if (world.m.row || sscanf(world.last_log, "@rate cpu=%*u was_hz=%*u hz=%llu ", &hz) != 1)
        return;
    promises_rate_told(world.cpu, hz);
    crystal_keep_to(c->crystal, world.now_ns,
                    world.m.wander * 1e-9L * (c->crystal->hz / hz) * (c->crystal->hz / hz));
}

void log_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(world.last_log, sizeof world.last_log, format, args);
    va_end(args);
    trace("CPU %u: %s", world.cpu, world.last_log);
    if (strncmp(format, "@clock", 6) == 0 && world.between) {
        fault_met(strstr(world.last_log, " mode=unified") ? FAULT_BACK_TO_UNIFIED : FAULT_LEAVE);
        promises_mode_changed();
    }
    told_learned(world.last_log);
    counted_anew();
    if (world.m.row)
        ledger_heard(world.last_log);
    if (strncmp(format, "@disruption", 11) != 0)
        return;
    world.disruptions++;
    promises_disruption_told(world.cpu);
}

void panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(world.last_log, sizeof world.last_log, format, args);
    va_end(args);
    PROMISE(false, "panic: %s\n", world.last_log);
    abort();
}
