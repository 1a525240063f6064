/* VCPU 1: initialised, up, blocked, woken, down, up again; its info elsewhere, its translations forgotten. */
#include "probe/probe.h"

#define vcpu(name, operation, which, what) \
    answer("vcpu " name, __HYPERVISOR_vcpu_op, operation, which, (u64)(what))

/* Where VCPU 1 is; it goes from one to the next, and waits at those of VCPU 0. */
enum { NOWHERE, STARTED, UNMASK, BLOCKS, WOKEN, UP_AGAIN, READS, DONE, REPORTED };
static volatile unsigned at;
static volatile u64 read_last;

void other_cpu(void)
{
    at = STARTED;
    wait_until(at != STARTED);
    infos[1]->evtchn_upcall_mask = 0;
    at = BLOCKS;
    call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0);
    at = WOKEN;
    call(__HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0);
    at = UP_AGAIN;
    wait_until(at == READS);
    wait_until(*(volatile u64 *)page_a + (at == DONE) * 100 >= 100);
    read_last = *(volatile u64 *)page_a;
    at = REPORTED;
    for (;;)
        call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0);
}

static void ask(void)
{
    struct vcpu_runstate_info state;

    vcpu("is_up 0", VCPUOP_is_up, 0, 0);
    vcpu("is_up 1", VCPUOP_is_up, 1, 0);
    vcpu("is_up 40", VCPUOP_is_up, 40, 0);
    vcpu("runstate", VCPUOP_get_runstate_info, 0, &state);
    say("probe: runstate is = %d, has run %d\n", (long)state.state, (long)(state.time[RUNSTATE_running] > 0));
    vcpu("up before it is initialised", VCPUOP_up, 1, 0);
}

static void initialise_wrongly(void)
{
    struct vcpu_guest_context *context = context_for(1);

    vcpu("initialise 0", VCPUOP_initialise, 0, context);
    vcpu("initialise, not mapped", VCPUOP_initialise, 1, NOT_MAPPED);
    context->user_regs.rip = FAR_AWAY;
    vcpu("initialise, rip not canonical", VCPUOP_initialise, 1, context);
    context = context_for(1);
    context->flags = 0;
    vcpu("initialise in user mode", VCPUOP_initialise, 1, context);
}

static void register_info(unsigned which, uint32_t offset)
{
    struct vcpu_register_vcpu_info wish = {.mfn = frame_of(page_c), .offset = offset};

    vcpu("info", VCPUOP_register_vcpu_info, which, &wish);
    infos[which] = (struct vcpu_info *)(page_c + offset);
}

static void info_of_1(void)
{
    struct vcpu_register_vcpu_info wish = {.mfn = frame_of(page_c), .offset = PAGE_BYTES - 63};

    vcpu("info beyond its page", VCPUOP_register_vcpu_info, 1, &wish);
    wish = (struct vcpu_register_vcpu_info){.mfn = frame_of((void *)start_info->pt_base), .offset = 64};
    vcpu("info in a page table", VCPUOP_register_vcpu_info, 1, &wish);
    register_info(1, 64);
    say("probe: info of 1 = masked %d, pending %d, selector %x\n", (long)infos[1]->evtchn_upcall_mask,
        (long)infos[1]->evtchn_upcall_pending, infos[1]->evtchn_pending_sel);
    register_info(1, 64);
}

static void info_of_0(void)
{
    u64 before_ns = now();

    infos[0]->evtchn_upcall_mask = 1;
    register_info(0, 256);
    say("probe: info of 0 = masked %d, pending %d\n", (long)infos[0]->evtchn_upcall_mask,
        (long)infos[0]->evtchn_upcall_pending);
    infos[0]->evtchn_upcall_mask = 0;
    value("time goes on there", now() >= before_ns);
}

static void start(void)
{
    struct vcpu_guest_context *context = context_for(1);

    vcpu("initialise", VCPUOP_initialise, 1, context);
    vcpu("initialise again", VCPUOP_initialise, 1, context);
    vcpu("up", VCPUOP_up, 1, 0);
    wait_until(at == STARTED);
    vcpu("up again", VCPUOP_up, 1, 0);
    vcpu("is_up", VCPUOP_is_up, 1, 0);
}

static int state_of_1(void)
{
    struct vcpu_runstate_info state;

    return call(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 1, (u64)&state) ? -1 : state.state;
}

static void down_and_up(evtchn_port_t port)
{
    struct evtchn_send send = {.port = port};

    at = UNMASK;
    /* Its info says that something is pending, so its first block does not last. */
    wait_until(at == UP_AGAIN || call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0) == 0);
    value("a new info does not let it block", at);
    answer("send to VCPU 1, down", __HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&send, 0);
    wait_until(state_of_1() == RUNSTATE_offline);
    value("it is offline", state_of_1() == RUNSTATE_offline);
    vcpu("up from where it was", VCPUOP_up, 1, 0);
    wait_until(at == UP_AGAIN);
    say("probe: VCPU 1 is at = %d, the last upcall was VCPU %d's\n", (long)at, (long)last_event_vcpu);
}

/* VCPU 1 reads page_a all the while; then page_a becomes page_b, and it must not see the old one. */
static void far_translations(void)
{
    *(volatile u64 *)page_a = 1;
    *(volatile u64 *)page_b = 2;
    at = READS;
    for (u64 end_ns = now() + 5000000; now() < end_ns;)
        __asm__ volatile("pause" : : : "memory");
    answer("map elsewhere, all VCPUs", __HYPERVISOR_update_va_mapping, (u64)page_a, pte_of(page_b, PTE_RW),
           UVMF_INVLPG | UVMF_ALL);
    at = DONE;
    wait_until(at == REPORTED);
    value("VCPU 1 reads there", read_last);
}

static void wake_blocked(evtchn_port_t port)
{
    struct evtchn_send send = {.port = port};

    wait_until(state_of_1() == RUNSTATE_blocked);
    value("VCPU 1 is blocked", state_of_1() == RUNSTATE_blocked);
    events = 0;
    answer("send to VCPU 1, blocked", __HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&send, 0);
    wait_until(events > 0);
    say("probe: upcalls of it = %d, of VCPU %d\n", (long)events, (long)last_event_vcpu);
}

static void areas(void)
{
    static struct vcpu_time_info line __attribute__((aligned(64)));
    static struct vcpu_runstate_info state __attribute__((aligned(64)));
    struct vcpu_register_time_memory_area time = {.addr.v = &line};
    struct vcpu_register_runstate_memory_area runstate = {.addr.v = &state};
    const volatile struct vcpu_time_info *seen = &line;

    vcpu("time area", VCPUOP_register_vcpu_time_memory_area, 0, &time);
    say("probe: time area = odd %d, written %d\n", (long)(seen->version & 1),
        (long)(seen->version && seen->tsc_to_system_mul == infos[0]->time.tsc_to_system_mul));
    time.addr.p = NOT_CANONICAL;
    vcpu("time area, not canonical", VCPUOP_register_vcpu_time_memory_area, 0, &time);
    vcpu("runstate area", VCPUOP_register_runstate_memory_area, 0, &runstate);
    say("probe: runstate area = %d, since %d\n", (long)state.state, (long)(state.state_entry_time != 0));
}

void probe_vcpus(void)
{
    struct evtchn_bind_ipi bind = {.vcpu = 1};

    call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (u64)&bind, 0);
    ask();
    initialise_wrongly();
    info_of_1();
    start();
    info_of_0();
    down_and_up(bind.port);
    far_translations();
    wake_blocked(bind.port);
    areas();
}
