/* Trap table, callbacks, kernel stack, segment bases. */
#include "probe/probe.h"

#include <xen/callback.h>

static void enter(const char *name, uint16_t type, u64 address, uint16_t flags)
{
    struct callback_register wish = {.type = type, .flags = flags, .address = address};

    answer(name, __HYPERVISOR_callback_op, CALLBACKOP_register, (u64)&wish, 0);
}

static void remove(const char *name, uint16_t type)
{
    struct callback_unregister wish = {.type = type};

    answer(name, __HYPERVISOR_callback_op, CALLBACKOP_unregister, (u64)&wish, 0);
}

static void callback_op(void)
{
    u64 address = (u64)event_entry;

    enter("callback event", CALLBACKTYPE_event, address, 0);
    enter("callback event, not canonical", CALLBACKTYPE_event, FAR_AWAY, 0);
    enter("callback type 6", 6, address, 0);
    enter("callback type 99", 99, address, 0);
    enter("callback sysenter", CALLBACKTYPE_sysenter, address, 0);
    enter("callback syscall32", CALLBACKTYPE_syscall32, address, 0);
    enter("callback failsafe, masked", CALLBACKTYPE_failsafe, address, CALLBACKF_mask_events);
    answer("callback, not mapped", __HYPERVISOR_callback_op, CALLBACKOP_register, NOT_MAPPED, 0);
    answer("callback_op 9", __HYPERVISOR_callback_op, 9, (u64)page_a, 0);
    remove("callback event taken away", CALLBACKTYPE_event);
    remove("callback nmi taken away", CALLBACKTYPE_nmi);
    remove("callback type 98 taken away", 98);
    answer("set_callbacks", __HYPERVISOR_set_callbacks, address, address, 0);
}

static void trap_table(void)
{
    struct trap_info far_away[2] = {{3, 0, FLAT_KERNEL_CS, FAR_AWAY}, {0, 0, 0, 0}};

    answer("trap table, not mapped", __HYPERVISOR_set_trap_table, NOT_MAPPED, 0, 0);
    answer("trap table, not canonical", __HYPERVISOR_set_trap_table, far_away, 0, 0);
    answer("trap table, none", __HYPERVISOR_set_trap_table, 0, 0, 0);
    value("trap table", take_traps(3));
}

static void segment_bases(void)
{
    u64 seen;

    *(u64 *)page_a = 0x1234;
    answer("segment base fs", __HYPERVISOR_set_segment_base, SEGBASE_FS, (u64)page_a, 0);
    __asm__ volatile("movq %%fs:0, %0" : "=r"(seen) : : "memory");
    hex("fs:0", seen);
    answer("segment base gs, kernel's", __HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, (u64)page_a, 0);
    __asm__ volatile("movq %%gs:0, %0" : "=r"(seen) : : "memory");
    hex("gs:0", seen);
    answer("segment base gs, user's", __HYPERVISOR_set_segment_base, SEGBASE_GS_USER, (u64)page_a, 0);
    answer("segment base, not canonical", __HYPERVISOR_set_segment_base, SEGBASE_FS, FAR_AWAY, 0);
    answer("segment base 9", __HYPERVISOR_set_segment_base, 9, (u64)page_a, 0);
}

void probe_callbacks(void)
{
    callback_op();
    answer("stack_switch", __HYPERVISOR_stack_switch, FLAT_KERNEL_SS, (u64)stacks + STACK_BYTES, 0);
    trap_table();
    segment_bases();
}
