/* A user mode on the kernel's own page tables: SYSCALL, exceptions and GS bases tell the two modes apart. */
#include "../kit.h"

#include <xen/event_channel.h>

#include "pv64.h"

static page user_stack;
static u64 kernel_word = 0x4b, user_word = 0x55;
static u64 seen[8];
static unsigned calls;
static struct frame call_frame, fault_frame, trap_frame;
static unsigned faults, ints;
static volatile unsigned events; /* that came in user mode */

static u64 gs_word(void)
{
    u64 word;

    __asm__ volatile("movq %%gs:0, %0" : "=r"(word));
    return word;
}

/* In user mode, but for its last SYSCALL, which does not come back. */
static void user_code(void)
{
    u64 result, word;

    __asm__ volatile("movq %%gs:0, %1\n\tmovl $77, %%eax\n\tstd\n\tsyscall\n\tcld"
                     : "=&a"(result), "=&b"(word)
                     :
                     : "rcx", "r11", "memory");
    seen[0] = result;
    seen[1] = word;
    __asm__ volatile("ud2a");
    __asm__ volatile("movb (%0), %%al" : : "b"(0ul) : "rax", "memory"); /* 2 bytes; not mapped */
    __asm__ volatile("int3");
    while (!events)
        __asm__ volatile("pause");
    seen[2] = gs_word();
    for (;;)
        __asm__ volatile("syscall" : : "a"(78) : "rcx", "r11", "memory");
}

static void take_event(const struct frame *frame)
{
    shared.s.vcpu_info[0].evtchn_upcall_pending = 0;
    shared.s.vcpu_info[0].evtchn_pending_sel = 0;
    shared.s.evtchn_pending[0] = 0;
    events += (frame->cs & 3) == 3;
}

static bool user_trap(struct frame *frame)
{
    if (frame->vector == TRAP_EVENT) {
        take_event(frame);
        return true;
    }
    if (frame->vector == TRAP_CALL) {
        calls++;
        if (frame->rax == 77) {
            call_frame = *frame;
            seen[3] = gs_word();
            frame->rax = 770;
            return true;
        }
        frame->cs = FLAT_KERNEL_CS & ~3ul;
        frame->rflags &= ~0x200ul; /* events masked */
        frame->rip = (u64)leave_user;
        return true;
    }
    if ((frame->cs & 3) != 3)
        return false;
    if (frame->vector == 3) {
        ints++;
        return true;
    }
    if (frame->vector == 6) {
        trap_frame = *frame;
        frame->rip += 2;
        return true;
    }
    fault_frame = *frame;
    faults += frame->vector == 14;
    frame->rip += 2;
    return true;
}

static evtchn_port_t ticks_on(void)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_TIMER};
    struct evtchn_unmask unmask;

    check("bind_virq", call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (u64)&bind, 0, 0), 0);
    unmask.port = bind.port;
    check("unmask", call(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask, (u64)&unmask, 0, 0), 0);
    return bind.port;
}

static void set_bases(void)
{
    check("set_segment_base: kernel's gs",
          call(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, (u64)&kernel_word, 0, 0), 0);
    check("set_segment_base: user's gs",
          call(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, (u64)&user_word, 0, 0), 0);
    check("set_segment_base: not canonical",
          call(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, 1ul << 47, 0, 0), -XEN_EINVAL);
    check("set_segment_base: no such base", call(__HYPERVISOR_set_segment_base, 4, 0, 0, 0), -XEN_EINVAL);
    check("gs in kernel mode", (long)gs_word(), 0x4b);
}

void user_mode(void)
{
    struct evtchn_close close;

    set_bases();
    on_trap = user_trap; /* first: a tick may come at once */
    close.port = ticks_on();
    enter_user((u64)user_code, (u64)user_stack + sizeof user_stack - 8);
    on_trap = 0;
    check("close", call(__HYPERVISOR_event_channel_op, EVTCHNOP_close, (u64)&close, 0, 0), 0);
    check("user: events came there", events > 0, 1);
    check("user: system calls", calls, 2);
    check("user: what the first gave back", (long)seen[0], 770);
    check("user: its gs", (long)seen[1], 0x55);
    check("user: the kernel's gs in the call", (long)seen[3], 0x4b);
    check("user: its gs again", (long)seen[2], 0x55);
    check("user: the call's cs", (long)call_frame.cs & 0xffff, 0xe033);
    check("user: the call's ss", (long)call_frame.ss & 0xffff, 0xe02b);
    check("user: the call's stack was the user's", call_frame.rsp - (u64)user_stack <= sizeof user_stack, 1);
    check("user: the call's rax", (long)call_frame.rax, 77);
    check("user: the call's flags have DF as it was, and IF", call_frame.rflags >> 9 & 3, 3);
    check("user: #UD says user", (long)trap_frame.cs & 3, 3);
    check("user: #PF came", faults, 1);
    check("user: #PF's error code has the user bit", (long)fault_frame.error, 4);
    check("user: INT3 came", ints, 1);
    check("gs in kernel mode again", (long)gs_word(), 0x4b);
}
