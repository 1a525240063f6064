/* Calls that are right, all at once: flushes on all VCPUs against events, timers, blocks and polls. */
#include "fuzz/fuzz.h"

static void flush(struct dice *dice, unsigned vcpu)
{
    char *page = play[vcpu * (PLAY_PAGES / KIT_CPUS) + roll_below(dice, PLAY_PAGES / KIT_CPUS)];

    call(__HYPERVISOR_update_va_mapping, (u64)page, pte_of(page, PTE_RW), UVMF_INVLPG | UVMF_ALL);
}

/* main.c binds ports 1 to KIT_CPUS for that. */
static void send(struct dice *dice)
{
    struct evtchn_send wish = {.port = 1 + roll_below(dice, KIT_CPUS)};

    call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&wish, 0);
}

/* Masked until it blocks, or the timer's upcall could come before that, and nothing after it. */
static void block(unsigned vcpu)
{
    infos[vcpu]->evtchn_upcall_mask = 1;
    call(__HYPERVISOR_set_timer_op, now() + 300000, 0, 0);
    call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0);
}

static void poll(void)
{
    evtchn_port_t port = 100; /* nobody's */
    struct sched_poll wish = {.nr_ports = 1, .timeout = now() + 300000};

    set_xen_guest_handle(wish.ports, &port);
    call(__HYPERVISOR_sched_op, SCHEDOP_poll, (u64)&wish, 0);
}

static void set_periodic(struct dice *dice)
{
    struct vcpu_set_periodic_timer wish = {.period_ns = 1000000 + roll_below(dice, 4000000)};

    call(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, roll_below(dice, KIT_CPUS), (u64)&wish);
}

static void get_runstate(struct dice *dice)
{
    struct vcpu_runstate_info state;

    call(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, roll_below(dice, KIT_CPUS), (u64)&state);
}

void stress(struct dice *dice, unsigned vcpu)
{
    switch (roll_below(dice, 8)) {
    case 0:
    case 1: flush(dice, vcpu); break;
    case 2:
    case 3:
    case 4: send(dice); break;
    case 5: roll_below(dice, 2) ? block(vcpu) : poll(); break;
    case 6: set_periodic(dice); break;
    default: get_runstate(dice); break;
    }
}
