/*
 * A PV guest of someone else's making: it shares no file with guest/, includes none of our headers, and knows
 * nothing of the time pages. It reads the records that every Xen guest has, the way pvclock readers do.
 */
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define CPUS    32
#define SECONDS 3

typedef uint64_t u64;

unsigned char stacks[CPUS][8192] __attribute__((aligned(4096)));
static union {
    struct shared_info s;
    unsigned char page[4096];

} shared __attribute__((aligned(4096)));

extern char hypercalls[], second[], on_event[], on_fault[];
void first_cpu(struct start_info *si);
void other_cpu(u64 cpu);
void upcall(void);
void fatal(void);

/* What each CPU read last, in lines of their own. */
static volatile struct {
    u64 last, reads, back, done;
} __attribute__((aligned(64))) cpu_data[CPUS];
static volatile unsigned ncpus = 1, stop, upcalls;

/* ---- Calls: one way through the page, one by SYSCALL ---- */

static long by_page(long nr, u64 a, u64 b, u64 c)
{
    long ret;
    void *target = hypercalls + 32 * nr;

    __asm__ volatile("call *%%rax"
                     : "=a"(ret), "+D"(a), "+S"(b), "+d"(c)
                     : "0"(target)
                     : "rcx", "r8", "r9", "r10", "r11", "memory");
    return ret;
}

static long by_syscall(long nr, u64 a, u64 b, u64 c)
{
    long ret;

    __asm__ volatile("syscall"
                     : "=a"(ret), "+D"(a), "+S"(b), "+d"(c)
                     : "0"(nr)
                     : "rcx", "r8", "r9", "r10", "r11", "memory");
    return ret;
}

/* ---- Text ---- */

static char text[128];
static unsigned used;

static void say(const char *s)
{
    while (*s && used < sizeof text)
        text[used++] = *s++;
}

static void say_number(u64 n)
{
    char digits[21];
    int i = 20;

    digits[i] = 0;
    do
        digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    say(digits + i);
}

static void say_out(void)
{
    say("\n");
    by_page(__HYPERVISOR_console_io, 0, used, (u64)text);
    used = 0;
}

static void leave(unsigned reason)
{
    struct sched_shutdown how = {reason};

    for (;;)
        by_syscall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (u64)&how, 0);
}

static void must(long ret, const char *what)
{
    if (!ret)
        return;
    say("foreign: refused: ");
    say(what);
    say_out();
    leave(SHUTDOWN_crash);
}

void fatal(void)
{
    say("foreign: fault");
    say_out();
    leave(SHUTDOWN_crash);
}

/* ---- Time ---- */

static u64 tsc(void)
{
    unsigned lo, hi;

    __asm__ volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi) : : "memory");
    return (u64)hi << 32 | lo;
}

static u64 at(const struct vcpu_time_info *t, u64 now)
{
    u64 d = now - t->tsc_timestamp;

    if ((int64_t)d < 0)
        d = 0;
    d = t->tsc_shift < 0 ? d >> -t->tsc_shift : d << t->tsc_shift;
    return t->system_time + (u64)((unsigned __int128)d * t->tsc_to_system_mul >> 32);
}

static void copy(struct vcpu_time_info *to, const volatile struct vcpu_time_info *from)
{
    to->tsc_timestamp = from->tsc_timestamp;
    to->system_time = from->system_time;
    to->tsc_to_system_mul = from->tsc_to_system_mul;
    to->tsc_shift = from->tsc_shift;
}

static u64 now(unsigned cpu)
{
    const volatile struct vcpu_time_info *from = &shared.s.vcpu_info[cpu].time;

    for (;;) {
        struct vcpu_time_info t;
        uint32_t version = from->version;
        u64 ns;

        copy(&t, from);
        ns = at(&t, tsc());
        if (!(version & 1) && version == from->version)
            return ns;
        __asm__ volatile("pause");
    }
}

/* All CPUs' records at one TSC; ~0 when one of them changed while they were copied. */
static u64 spread(void)
{
    struct vcpu_time_info t[CPUS];
    uint32_t version[CPUS];
    u64 lo = ~0ull, hi = 0, when;
    unsigned i;

    for (i = 0; i < ncpus; i++)
        if ((version[i] = *(volatile uint32_t *)&shared.s.vcpu_info[i].time.version) & 1)
            return ~0ull;
    for (i = 0; i < ncpus; i++)
        copy(&t[i], &shared.s.vcpu_info[i].time);
    when = tsc();
    for (i = 0; i < ncpus; i++)
        if (version[i] != *(volatile uint32_t *)&shared.s.vcpu_info[i].time.version)
            return ~0ull;
    for (i = 0; i < ncpus; i++) {
        u64 ns = at(&t[i], when);

        lo = ns < lo ? ns : lo;
        hi = ns > hi ? ns : hi;
    }
    return hi - lo;
}

static u64 step(unsigned cpu)
{
    u64 seen = 0, ns;

    for (unsigned i = 0; i < ncpus; i++)
        seen = cpu_data[i].last > seen ? cpu_data[i].last : seen;
    __asm__ volatile("lfence" : : : "memory");
    ns = now(cpu);
    cpu_data[cpu].last = ns;
    cpu_data[cpu].reads++;
    cpu_data[cpu].back += ns < seen;
    __asm__ volatile("pause");
    return ns;
}

/* ---- Events ---- */

static void timer_on(unsigned cpu)
{
    struct evtchn_bind_virq bind = {VIRQ_TIMER, cpu, 0};
    struct evtchn_unmask unmask;
    struct vcpu_set_periodic_timer period = {20000000};

    must(by_syscall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (u64)&bind, 0), "bind_virq");
    unmask.port = bind.port;
    must(by_page(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask, (u64)&unmask, 0), "unmask");
    must(by_page(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, cpu, (u64)&period), "timer");
}

/* Only CPU 0 has events here, and only its timer. */
void upcall(void)
{
    volatile struct vcpu_info *v = &shared.s.vcpu_info[0];

    v->evtchn_upcall_pending = 0;
    u64 words = __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    for (unsigned w = 0; w < 64; w++)
        if (words >> w & 1 && __atomic_exchange_n(&shared.s.evtchn_pending[w], 0, __ATOMIC_SEQ_CST))
            upcalls++;
}

/* ---- CPUs ---- */

void other_cpu(u64 cpu)
{
    while (!stop)
        step((unsigned)cpu);
    cpu_data[cpu].done = 1;
    by_syscall(__HYPERVISOR_vcpu_op, VCPUOP_down, cpu, 0);
    for (;;)
        by_page(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0);
}

static void start(unsigned cpu, struct start_info *si, u64 base)
{
    static struct vcpu_guest_context c;

    c.flags = VGCF_in_kernel;
    c.user_regs.rip = (u64)second;
    c.user_regs.rdi = cpu;
    c.user_regs.rsp = (u64)stacks[cpu] + sizeof stacks[cpu] - 16;
    c.user_regs.cs = FLAT_KERNEL_CS;
    c.user_regs.ss = FLAT_KERNEL_SS;
    c.kernel_ss = FLAT_KERNEL_SS;
    c.kernel_sp = c.user_regs.rsp;
    c.event_callback_eip = (u64)on_event;
    c.failsafe_callback_eip = (u64)on_fault;
    c.ctrlreg[3] = xen_pfn_to_cr3(((u64 *)si->mfn_list)[(si->pt_base - base) / 4096]);
    must(by_page(__HYPERVISOR_vcpu_op, VCPUOP_initialise, cpu, (u64)&c), "initialise");
    must(by_syscall(__HYPERVISOR_vcpu_op, VCPUOP_up, cpu, 0), "up");
}

static u64 poll_for(u64 seconds)
{
    u64 end = now(0) + seconds * 1000000000, worst = 0, samples = 0;

    for (u64 n = 0; step(0) < end; n++) {
        u64 s = n % 256 ? ~0ull : spread();

        if (s == ~0ull)
            continue;
        samples++;
        worst = s > worst ? s : worst;
    }
    return samples ? worst : ~0ull;
}

void first_cpu(struct start_info *si)
{
    static struct trap_info traps[] = {
        {6, 0, FLAT_KERNEL_CS, 0}, {13, 0, FLAT_KERNEL_CS, 0}, {14, 4, FLAT_KERNEL_CS, 0}, {0, 0, 0, 0}};
    u64 base = 0x10000000, worst, reads = 0, back = 0, done = 0;
    unsigned count = 1;

    for (int i = 0; i < 3; i++)
        traps[i].address = (u64)on_fault;
    must(by_page(__HYPERVISOR_set_trap_table, (u64)traps, 0, 0), "set_trap_table");
    must(by_syscall(__HYPERVISOR_set_callbacks, (u64)on_event, (u64)on_fault, 0), "set_callbacks");
    must(by_page(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, (u64)stacks[1] - 16, 0), "stack_switch");
    must(by_page(__HYPERVISOR_update_va_mapping, (u64)&shared, si->shared_info | 7, UVMF_INVLPG),
         "shared_info");
    if (by_syscall(__HYPERVISOR_xen_version, 0, 0, 0) < 0)
        must(1, "xen_version");
    timer_on(0);
    shared.s.vcpu_info[0].evtchn_upcall_mask = 0;

    while (count < CPUS && by_page(__HYPERVISOR_vcpu_op, VCPUOP_is_up, count, 0) >= 0)
        count++;
    for (unsigned cpu = 1; cpu < count; cpu++)
        start(cpu, si, base);
    for (unsigned cpu = 1; cpu < count; cpu++) /* its record is empty until it runs */
        while (!cpu_data[cpu].last)
            by_page(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0);
    ncpus = count;

    worst = poll_for(SECONDS);
    stop = 1;
    for (u64 end = now(0) + 1000000000; done + 1 < ncpus && now(0) < end;) {
        done = 0;
        for (unsigned cpu = 1; cpu < ncpus; cpu++)
            done += cpu_data[cpu].done;
    }
    for (unsigned cpu = 0; cpu < ncpus; cpu++) {
        reads += cpu_data[cpu].reads;
        back += cpu_data[cpu].back;
    }
    say("foreign: vcpus=");
    say_number(ncpus);
    say(" spread_ns=");
    if (worst == ~0ull)
        say("never-whole");
    else
        say_number(worst);
    say(" back=");
    say_number(back);
    say(" reads=");
    say_number(reads);
    say(" upcalls=");
    say_number(upcalls);
    say_out();
    leave(SHUTDOWN_poweroff);
}
