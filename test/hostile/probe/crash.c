/* Ways in which a guest can end: most are its own fault. */
#include "probe/probe.h"

#define KERNEL_CS \
    0xe030u /* as a frame for the kernel has it; with the lowest bits set it asks for user mode */

#define ud2_on_stack(address) __asm__ volatile("movq %0, %%rsp\n\tud2" : : "r"((u64)(address)) : "memory")

static void no_handler(void)
{
    call(__HYPERVISOR_set_trap_table, 0, 0, 0);
    __asm__ volatile("ud2");
}

static void stack_nowhere(void)
{
    ud2_on_stack(0);
}

static void stack_in_hypervisor(void)
{
    ud2_on_stack(HYPERVISOR_VA + 4096);
}

static void stack_in_table(void)
{
    ud2_on_stack(start_info->pt_base + PAGE_BYTES);
}

/* Each fault's handler faults at its first instruction, until the stack has run through all there is. */
static void handlers_nowhere(void)
{
    struct trap_info traps[] = {{6, 0, FLAT_KERNEL_CS, NOT_MAPPED}, {14, 0, FLAT_KERNEL_CS, NOT_MAPPED}, {0}};

    call(__HYPERVISOR_set_trap_table, (u64)traps, 0, 0);
    __asm__ volatile("ud2");
}

static void jump_nowhere(void)
{
    call(__HYPERVISOR_set_trap_table, 0, 0, 0);
    __asm__ volatile("jmp *%0" : : "r"(NOT_MAPPED));
}

/* rax, r11, rcx, flags, rip, cs, rflags, rsp, ss */
static void iret(u64 rip, u64 cs, u64 ss)
{
    u64 frame[9] = {0, 0, 0, 0, rip, cs, 0x202, (u64)stacks + STACK_BYTES, ss};

    __asm__ volatile("movq %0, %%rsp\n\tmovl %1, %%eax\n\tsyscall"
                     :
                     : "r"(frame), "i"(__HYPERVISOR_iret)
                     : "memory");
}

static void iret_to_user(void)
{
    iret((u64)begin_other, FLAT_USER_CS, FLAT_USER_SS);
}

static void iret_to_selector(void)
{
    iret((u64)begin_other, 0x10, FLAT_KERNEL_SS);
}

static void iret_nowhere(void)
{
    iret(NOT_CANONICAL, KERNEL_CS, FLAT_KERNEL_SS);
}

static void iret_without_stack(void)
{
    __asm__ volatile("xorl %%esp, %%esp\n\tmovl %0, %%eax\n\tsyscall" : : "i"(__HYPERVISOR_iret) : "memory");
}

static void no_callback(void)
{
    struct evtchn_bind_ipi bind = {.vcpu = 0};
    struct evtchn_send send;

    call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (u64)&bind, 0);
    send.port = bind.port;
    infos[0]->evtchn_upcall_mask = 0;
    call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&send, 0);
}

static void all_down(void)
{
    call(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, (u64)context_for(1));
    call(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0);
    wait_until(call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0) == 1);
    call(__HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0);
    call(__HYPERVISOR_vcpu_op, VCPUOP_down, 0, 0);
}

static void own_word(void)
{
    leave(SHUTDOWN_crash);
}

static void reboot(void)
{
    leave(SHUTDOWN_reboot);
}

void crash(const char *how)
{
    static const struct {
        const char *name;
        void (*happen)(void);
    } ways[] = {
        {"no-handler", no_handler},
        {"stack-nowhere", stack_nowhere},
        {"stack-in-table", stack_in_table},
        {"stack-in-hypervisor", stack_in_hypervisor},
        {"handlers-nowhere", handlers_nowhere},
        {"jump-nowhere", jump_nowhere},
        {"iret-to-user", iret_to_user},
        {"iret-to-selector", iret_to_selector},
        {"iret-nowhere", iret_nowhere},
        {"iret-without-stack", iret_without_stack},
        {"no-callback", no_callback},
        {"all-down", all_down},
        {"own-word", own_word},
        {"reboot", reboot},
    };

    take_traps(0);
    for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (begins(how, ways[i].name))
            ways[i].happen();
    say("probe: survived %s\n", how);
    leave(SHUTDOWN_poweroff);
}
