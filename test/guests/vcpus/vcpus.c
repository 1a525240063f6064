/*
 * As many VCPUs as there are: brought up, taken down and up again while they run, and all sending events to
 * one that sleeps between. A wake-up that is lost keeps it asleep, and the run has no end.
 */
#include "../kit.h"

#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define REPEATS     3
#define SENDS       200
#define PATIENCE_NS 20000000000ul

static volatile struct {
    u64 spins, sent;
} __attribute__((aligned(64))) cpu_data[CPUS];
static volatile unsigned flood, done;
static volatile u64 seen[CPUS], upcalls;
static volatile evtchn_port_t port;

static page descriptors; /* VCPU 1's own */

static void yield(void)
{
    call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
}

static long vcpu_op(unsigned operation, unsigned cpu)
{
    return call(__HYPERVISOR_vcpu_op, operation, cpu, 0, 0);
}

static long goes_on(unsigned cpu)
{
    u64 before = cpu_data[cpu].spins;

    for (u64 end = now_ns(0) + PATIENCE_NS; now_ns(0) < end; yield())
        if (cpu_data[cpu].spins != before)
            return 1;
    return 0;
}

/* Returns 1 if the VCPU comes to rest. It may be on its way out for a moment. */
static long rests(unsigned cpu)
{
    for (u64 end = now_ns(0) + PATIENCE_NS; now_ns(0) < end;) {
        u64 before = cpu_data[cpu].spins;

        for (u64 soon = now_ns(0) + 20000000; now_ns(0) < soon;)
            yield();
        if (cpu_data[cpu].spins == before)
            return 1;
    }
    return 0;
}

static void all_up(unsigned count)
{
    long bad = 0;

    ((u64 *)descriptors)[1] = 0x00cff3000000ffff; /* data, DPL 3 */
    check("a VCPU's descriptors must not be writable", vcpu_up(1, mfn_of(descriptors)), -XEN_EINVAL);
    check("read-only", map(descriptors, entry_of(descriptors, PTE_RO), UVMF_INVLPG), 0);
    for (unsigned cpu = 1; cpu < count; cpu++) {
        bad += vcpu_op(VCPUOP_is_up, cpu) != 0;
        bad += vcpu_up(cpu, cpu == 1 ? mfn_of(descriptors) : 0) != 0;
    }
    for (unsigned cpu = 1; cpu < count; cpu++)
        bad += !goes_on(cpu) || vcpu_op(VCPUOP_is_up, cpu) != 1;
    check("VCPUs that did not come up", bad, 0);
    check("a VCPU is initialised once only", vcpu_up(1, 0), -XEN_EEXIST);
    check("up once more", vcpu_op(VCPUOP_up, 1), 0);
    check("no such VCPU", vcpu_op(VCPUOP_is_up, CPUS), -XEN_ENOENT);
    check("nor to be taken down", vcpu_op(VCPUOP_down, 1000), -XEN_ENOENT);
}

static void down_and_up(unsigned cpu)
{
    long bad = 0;

    for (unsigned i = 0; i < REPEATS; i++) {
        bad += vcpu_op(VCPUOP_down, cpu) != 0;
        bad += vcpu_op(VCPUOP_is_up, cpu) != 0;
        bad += !rests(cpu);
        bad += vcpu_op(VCPUOP_down, cpu) != 0; /* down as it is */
        bad += vcpu_op(VCPUOP_up, cpu) != 0;
        bad += vcpu_op(VCPUOP_is_up, cpu) != 1;
        bad += !goes_on(cpu);
    }
    check("down and up while it runs", bad, 0);
}

static bool on_event(struct frame *frame)
{
    volatile struct vcpu_info *info = &shared.s.vcpu_info[0];
    u64 words;

    if (frame->vector != TRAP_EVENT)
        return false;
    info->evtchn_upcall_pending = 0;
    words = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    for (unsigned word = 0; word < 64; word++)
        if (words >> word & 1)
            __atomic_exchange_n(&shared.s.evtchn_pending[word], 0, __ATOMIC_SEQ_CST);
    upcalls++;
    for (unsigned cpu = 1; cpu < CPUS; cpu++)
        seen[cpu] = cpu_data[cpu].sent;
    return true;
}

static long all_seen(unsigned count)
{
    for (unsigned cpu = 1; cpu < count; cpu++)
        if (seen[cpu] != SENDS)
            return 0;
    return 1;
}

static void event_flood(unsigned count)
{
    struct evtchn_bind_ipi bind = {.vcpu = 0};
    struct evtchn_unmask unmask;

    check("set_callbacks",
          call(__HYPERVISOR_set_callbacks, (u64)trap_entries + TRAP_EVENT * 16, (u64)trap_entries, 0, 0), 0);
    on_trap = on_event;
    check("bind_ipi", call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (u64)&bind, 0, 0), 0);
    unmask.port = bind.port;
    check("unmask", call(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask, (u64)&unmask, 0, 0), 0);
    port = bind.port;
    flood = 1;
    /* Upcalls are masked from the check to the sleep; block unmasks them. */
    for (;;) {
        shared.s.vcpu_info[0].evtchn_upcall_mask = 1;
        if (all_seen(count))
            break;
        call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
    }
    check("all that was sent was seen", all_seen(count), 1);
    check("by upcalls, no more than events", upcalls > 0 && upcalls <= (count - 1) * SENDS, 1);
    on_trap = 0;
}

static void all_down(unsigned count)
{
    long left = 0;

    done = 1;
    for (unsigned cpu = 1; cpu < count; cpu++) {
        for (u64 end = now_ns(0) + PATIENCE_NS; now_ns(0) < end && vcpu_op(VCPUOP_is_up, cpu);)
            yield();
        left += vcpu_op(VCPUOP_is_up, cpu) != 0;
    }
    check("VCPUs that did not go down by themselves", left, 0);
}

void run(void)
{
    unsigned count;

    check("shared_info", map(&shared, start->shared_info | PTE_RW, UVMF_INVLPG), 0);
    count = count_vcpus();
    tell("VCPUs", count);
    all_up(count);
    down_and_up(1);
    down_and_up(count - 1);
    event_flood(count);
    all_down(count);
}

static void send_all(unsigned cpu)
{
    struct evtchn_send send = {.port = port};

    for (unsigned i = 0; i < SENDS; i++) {
        cpu_data[cpu].sent++;
        if (call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&send, 0, 0))
            leave(SHUTDOWN_crash);
    }
}

void other_cpu(u64 cpu)
{
    bool sent = false;

    if (cpu == 1) /* a fault ends it all: no trap table is set */
        __asm__ volatile("movl %0, %%ds; movl %1, %%ds" : : "r"(1 * 8 + 3), "r"(0));

    for (; !done; yield()) {
        cpu_data[cpu].spins++;
        if (flood && !sent) {
            sent = true;
            send_all((unsigned)cpu);
        }
    }
    vcpu_op(VCPUOP_down, (unsigned)cpu);
    for (;;)
        yield();
}
