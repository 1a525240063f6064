/* From a SYSCALL of the guest's kernel to the call's handler, and its result back into the registers. */
#include "domain/calls/calls.h"

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "domain/vcpu/vcpu.h"
#include "log/format.h"
#include "log/log.h"
#include "log/string.h"

#define CALLS           64
#define COMPLAINTS_MOST 32

/* All that is implemented, of Xen's calls and of ours; docs/abi.md lists the operations of each. */
static hypercall_handler *const calls[CALLS] = {
    [__HYPERVISOR_set_trap_table] = call_set_trap_table,
    [__HYPERVISOR_set_gdt] = call_set_gdt,
    [__HYPERVISOR_stack_switch] = call_stack_switch,
    [__HYPERVISOR_set_callbacks] = call_set_callbacks,
    [__HYPERVISOR_sched_op_compat] = call_sched_op_compat,
    [__HYPERVISOR_platform_op] = call_platform_op,
    [__HYPERVISOR_multicall] = call_multicall,
    [__HYPERVISOR_update_va_mapping] = call_update_va_mapping,
    [__HYPERVISOR_set_timer_op] = call_set_timer_op,
    [__HYPERVISOR_xen_version] = call_xen_version,
    [__HYPERVISOR_console_io] = call_console_io,
    [__HYPERVISOR_iret] = call_iret,
    [__HYPERVISOR_vcpu_op] = call_vcpu_op,
    [__HYPERVISOR_set_segment_base] = call_set_segment_base,
    [__HYPERVISOR_mmuext_op] = call_mmuext_op,
    [__HYPERVISOR_sched_op] = call_sched_op,
    [__HYPERVISOR_callback_op] = call_callback_op,
    [__HYPERVISOR_event_channel_op] = call_event_channel_op,
    [MERIDIAN_HYPERCALL] = call_meridian,
};

/* Finds the handler by its number. For multicall too. */
static int64_t hypercall_dispatch(struct vcpu *vcpu, uint64_t number, uint64_t args[5])
{
    if (number >= CALLS || !calls[number])
        return -XEN_ENOSYS;
    return calls[number](vcpu, args);
}

void hypercall_serve(struct vcpu *vcpu)
{
    struct trap_frame *frame = &vcpu->frame;
    uint64_t args[5] = {frame->rdi, frame->rsi, frame->rdx, frame->r10, frame->r8};
    int64_t result;

    vcpu->call_again = false;
    vcpu->retried_rip = 0;
    result = hypercall_dispatch(vcpu, frame->rax, args);
    if (!vcpu->call_again) {
        frame->rax = (uint64_t)result;
        return;
    }
    frame->rip -= SYSCALL_BYTES; /* back onto the SYSCALL; rax still holds the number */
    frame->rdi = args[0];
    frame->rsi = args[1];
    frame->rdx = args[2];
    frame->r10 = args[3];
    frame->r8 = args[4];
}

#define MULTICALL_AT_ONCE 32

static int64_t multicall_one(struct vcpu *vcpu, uint64_t address, uint64_t *op)
{
    struct multicall_entry entry;
    uint64_t args[5];

    if (!guest_read(vcpu_space(vcpu), &entry, address, sizeof entry))
        return -XEN_EFAULT;
    *op = entry.op;
    memcpy(args, entry.args, sizeof args);
    entry.result = (unsigned long)hypercall_dispatch(vcpu, entry.op, args);
    if (vcpu->call_again)
        memcpy(entry.args, args, sizeof args);
    if (!guest_write(vcpu_space(vcpu), address, &entry, sizeof entry))
        return -XEN_EFAULT;
    return entry.op == __HYPERVISOR_iret ? (int64_t)entry.result : 0;
}

/*
 * args: list, count. An iret in the list ends it at once. An entry that has more to do is made again, as the
 * first of what is left.
 */
int64_t call_multicall(struct vcpu *vcpu, uint64_t args[5])
{
    int64_t result = 0;

    if (vcpu->in_multicall)
        return -XEN_EINVAL;
    vcpu->in_multicall = true;
    for (unsigned i = 0; args[1] && result == 0 && !vcpu->call_again; i++) {
        uint64_t op = 0;

        if (i == MULTICALL_AT_ONCE) {
            vcpu->call_again = true;
            break;
        }
        result = multicall_one(vcpu, args[0], &op);
        if (op == __HYPERVISOR_iret)
            break;
        if (!vcpu->call_again) {
            args[0] += sizeof(struct multicall_entry);
            args[1]--;
        }
    }
    if (result != 0)
        vcpu->call_again = false;
    vcpu->in_multicall = false;
    return result;
}

void call_complain(struct vcpu *vcpu, const char *format, ...)
{
    uint32_t count = __atomic_fetch_add(&vcpu->domain->complaints, 1, __ATOMIC_RELAXED);
    char text[160];
    va_list args;

    if (count > COMPLAINTS_MOST)
        return;
    va_start(args, format);
    format_va(text, sizeof text, format, args);
    va_end(args);
    log_print("guest: VCPU %u: %s\n", vcpu->id, count == COMPLAINTS_MOST ? "(no more such lines)" : text);
}
