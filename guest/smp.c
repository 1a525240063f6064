#include "smp.h"

#include <stdbool.h>
#include <xen/vcpu.h>

#include "clock.h"
#include "events.h"
#include "hypercall.h"
#include "system.h"
#include "traps.h"
#include "vcpu.h"

#define START_NS  5000000000ull
#define JOIN_NS   2000000000ull
#define POLLS_MAX 2000000000u /* ends a wait even if time stands still */

union vcpu_stack vcpu_stacks[MAX_VCPUS] __attribute__((aligned(STACK_SIZE), section(".bss.stacks")));

extern char vcpu_start[], upcall_entry[], failsafe_entry[];
void vcpu_main(void);

static bool go;

uint32_t smp_count(uint32_t most)
{
    uint32_t count = 1;

    if (!most || most > MAX_VCPUS)
        most = MAX_VCPUS;
    while (count < most && hypercall(__HYPERVISOR_vcpu_op, VCPUOP_is_up, count, 0, 0) >= 0)
        count++;
    return count;
}

static long initialise(uint32_t id, const struct start_info *start)
{
    static struct vcpu_guest_context context; /* 5 KiB: too much for a stack */
    uint64_t top = address_of(&vcpu_stacks[id + 1]);

    context = (struct vcpu_guest_context){.flags = VGCF_in_kernel | VGCF_failsafe_disables_events};
    context.user_regs.rip = address_of(vcpu_start);
    context.user_regs.rsp = top;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.kernel_sp = top;
    context.ctrlreg[3] = memory_cr3(start);
    context.event_callback_eip = address_of(upcall_entry);
    context.failsafe_callback_eip = address_of(failsafe_entry);
    traps_fill(context.trap_ctxt);
    return hypercall(__HYPERVISOR_vcpu_op, VCPUOP_initialise, id, address_of(&context), 0);
}

static void start_one(uint32_t id, const struct start_info *start)
{
    vcpu_of(id)->id = id;
    const char *step = "its events";
    long refusal = events_bind(id);
    if (!refusal) {
        step = "VCPUOP_initialise";
        refusal = initialise(id, start);
    }
    if (!refusal) {
        step = "VCPUOP_up";
        refusal = hypercall(__HYPERVISOR_vcpu_op, VCPUOP_up, id, 0, 0);
    }
    if (refusal)
        print("guest: VCPU %u does not start: %s answered %ld\n", id, step, refusal);
}

/* Waits until every VCPU has reached `state`. Returns false after `most_ns`. */
static bool wait_for(enum vcpu_state state, uint32_t count, uint64_t most_ns)
{
    struct meridian_counts counts = {0};
    uint64_t end_ns = clock_raw_ns(&counts) + most_ns;

    for (uint32_t polls = 0; polls < POLLS_MAX && clock_raw_ns(&counts) < end_ns; polls++) {
        uint32_t there = 1;

        for (uint32_t id = 1; id < count; id++)
            there += vcpu_of(id)->state >= state;
        if (there == count)
            return true;
        __asm__ volatile("pause" : : : "memory");
    }
    return false;
}

static void say_late(enum vcpu_state state, uint32_t count, const char *what)
{
    for (uint32_t id = 1; id < count; id++)
        if (vcpu_of(id)->state < state)
            print("guest: VCPU %u is not %s\n", id, what);
}

void smp_start(uint32_t count, const struct start_info *start)
{
    for (uint32_t id = 1; id < count; id++)
        start_one(id, start);
    if (!wait_for(VCPU_WAITING, count, START_NS))
        say_late(VCPU_WAITING, count, "ready");
}

void smp_go(uint32_t count)
{
    __atomic_store_n(&go, true, __ATOMIC_SEQ_CST);
    for (uint32_t id = 1; id < count; id++)
        if (vcpu_of(id)->state >= VCPU_WAITING)
            events_send_ipi(id);
}

void smp_join(uint32_t count)
{
    if (!wait_for(VCPU_DONE, count, JOIN_NS))
        say_late(VCPU_DONE, count, "done");
}

/* The whole life of VCPUs 1 and up. */
void vcpu_main(void)
{
    struct vcpu *self = vcpu_self();

    events_disable();
    long refusal = tick_start();
    if (refusal)
        print("guest: VCPU %u has no tick (%ld)\n", self->id, refusal);
    timeouts_start();
    self->state = VCPU_WAITING;
    while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST)) {
        events_wait();
        events_disable();
    }
    events_enable();
    self->state = VCPU_MEASURING;
    witness_run(&self->witness, 0);
    events_disable();
    self->state = VCPU_DONE;
    hypercall(__HYPERVISOR_vcpu_op, VCPUOP_down, self->id, 0, 0);
    for (;;) /* down; or that was refused */
        events_wait();
}
