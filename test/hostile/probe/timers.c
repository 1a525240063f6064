/* set_timer_op, single-shot and periodic timers: in time, in the past, absurd, while blocked. */
#include "probe/probe.h"

#define MS   1000000ull
#define LATE (2000 * MS) /* what a busy host may take */

/* Called before a timer is set: after an upcall that came too early the VCPU would block for ever. */
static void mask(void)
{
    infos[0]->evtchn_upcall_mask = 1;
}

static void block(const char *name)
{
    answer(name, __HYPERVISOR_sched_op, SCHEDOP_block, 0, 0);
}

/* What does not come in half a second does not come. */
static unsigned events_soon(void)
{
    for (u64 end_ns = now() + 500 * MS; !events && now() < end_ns;)
        __asm__ volatile("pause" : : : "memory");
    return events;
}

static void in_time(evtchn_port_t timer)
{
    u64 start_ns = now(), end_ns;

    events = 0;
    mask();
    answer("timer in 5 ms", __HYPERVISOR_set_timer_op, start_ns + 5 * MS, 0, 0);
    block("block until it comes");
    end_ns = now();
    say("probe: timer came = %d upcalls, early %d, late %d, its port %d\n", (long)events,
        (long)(end_ns < start_ns + 5 * MS), (long)(end_ns > start_ns + LATE), (long)port_seen(timer));
}

/* Xen takes what is negative or years ahead for a mistake, and lets the timer fire after 100 ms. */
static void absurd(const char *name, u64 deadline_ns)
{
    u64 start_ns = now();

    events = 0;
    mask();
    answer(name, __HYPERVISOR_set_timer_op, deadline_ns, 0, 0);
    block("block until it comes");
    say("probe: absurd timer came = %d upcalls, after 90 ms at least %d\n", (long)events,
        (long)(now() - start_ns > 90 * MS));
}

static void one_shot(void)
{
    events = 0;
    answer("timer in the past", __HYPERVISOR_set_timer_op, 1, 0, 0);
    value("upcalls of it", events_soon());
    absurd("timer, negative", 1ull << 63);
    absurd("timer, years ahead", now() + (1ull << 52));
    answer("timer off", __HYPERVISOR_set_timer_op, 0, 0, 0);
}

static void single_shot(void)
{
    struct vcpu_set_singleshot_timer wish = {.timeout_abs_ns = now() + 3 * MS, .flags = 0};

    events = 0;
    mask();
    answer("single-shot in 3 ms", __HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, (u64)&wish);
    block("block until it comes");
    value("upcalls of it", events);
    wish = (struct vcpu_set_singleshot_timer){.timeout_abs_ns = 1, .flags = VCPU_SSHOTTMR_future};
    events = 0;
    answer("single-shot, only in the future", __HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0,
           (u64)&wish);
    wish.flags = 0;
    answer("single-shot in the past", __HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, (u64)&wish);
    value("it came", events_soon() > 0);
    answer("single-shot of VCPU 1", __HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 1, (u64)&wish);
    answer("single-shot, not mapped", __HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, NOT_MAPPED);
    answer("single-shot off", __HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0);
    answer("single-shot of VCPU 1 off", __HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 1, 0);
}

static unsigned events_in(u64 ns)
{
    u64 end_ns = now() + ns;

    events = 0;
    while (now() < end_ns)
        __asm__ volatile("pause" : : : "memory");
    return events;
}

static void set_periodic(const char *name, u64 period_ns)
{
    struct vcpu_set_periodic_timer wish = {.period_ns = period_ns};

    answer(name, __HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, (u64)&wish);
}

/* The periodic timer stands still while its VCPU is blocked: only the one-shot timer wakes that. */
static unsigned wakes_while_periodic(void)
{
    u64 end_ns = now() + 60 * MS;
    unsigned wakes = 0;

    mask();
    call(__HYPERVISOR_set_timer_op, end_ns, 0, 0);
    for (; now() < end_ns && wakes < 100; wakes++) {
        call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0);
        mask();
    }
    infos[0]->evtchn_upcall_mask = 0;
    return wakes;
}

static void periodic(void)
{
    unsigned ticks;

    set_periodic("periodic, shorter than 1 ms", MS - 1);
    set_periodic("periodic, too long", 1ull << 63);
    set_periodic("periodic of 5 ms", 5 * MS);
    ticks = events_in(100 * MS);
    say("probe: ticks in 100 ms = some: %d, more than 40: %d\n", (long)(ticks > 0), (long)(ticks > 40));
    value("it does not wake who is blocked", wakes_while_periodic() <= 3);
    answer("periodic off", __HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
    value("ticks go on", events_in(50 * MS) > 0);
}

void probe_timers(evtchn_port_t timer)
{
    in_time(timer);
    one_shot();
    single_shot();
    periodic();
}
