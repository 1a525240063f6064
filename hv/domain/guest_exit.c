/*
 * The door in from a guest. Interrupts never come here, traps.c serves them. A hypercall goes to calls/. An
 * exception is given to the guest's own handler, as Xen gives it to a PV kernel; a guest that has no handler
 * for it ends. Afterwards run.c, the door out, decides what this CPU does next.
 */
#include "domain/guest_doors.h"

#include "cpu/instructions.h"
#include "domain/calls/calls.h"
#include "domain/vcpu/cpuid.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/inject.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"

#define VECTORS_WITH_ERROR 0x60227d00u /* 8, 10..14, 17, 21, 29, 30 */
#define PF_ERROR_WRITE     (1u << 1)
#define PF_ERROR_USER      (1u << 2)
#define PF_ERROR_FETCH     (1u << 4)
#define GP_ERROR_IDT       (1u << 1)

/*
 * INT n in a guest meets a gate that CPL 3 may not use. That is a #GP, with the gate in its error code (SDM
 * vol. 3, 6.13). Xen makes it the guest's own trap n if the guest's table lets that mode in. The number is
 * taken from the instruction, because QEMU's error code (TCG) holds n * 16.
 */
static bool software_interrupt(struct vcpu *vcpu)
{
    uint8_t code[2];

    if (!(vcpu->frame.error & GP_ERROR_IDT) ||
        !guest_read(vcpu_space(vcpu), code, vcpu->frame.rip, sizeof code) || code[0] != 0xcd)
        return false;
    if (TI_GET_DPL(&vcpu->traps[code[1]]) < (vcpu->user_mode ? 3 : 1))
        return false;
    vcpu->frame.rip += sizeof code;
    inject_exception(vcpu, code[1], false, 0);
    return true;
}

/*
 * update_va_mapping may give a page more rights and leave out the flush. Then another VCPU may still fault
 * once by its old translation. Xen hides that fault, and so do we: the translation is forgotten and the
 * instruction tried again. It is not tried twice, unless a hypercall came in between.
 */
static bool stale_translation(struct vcpu *vcpu, uint32_t error)
{
    uint64_t phys;

    if ((error & PF_ERROR_FETCH) || vcpu->retried_rip == vcpu->frame.rip ||
        !guest_translate(vcpu_space(vcpu), vcpu->fault_address, error & PF_ERROR_WRITE, &phys))
        return false;
    vcpu->retried_rip = vcpu->frame.rip;
    invlpg(vcpu->fault_address);
    return true;
}

static void guest_exception(struct vcpu *vcpu, unsigned vector)
{
    uint32_t error = (uint32_t)vcpu->frame.error;

    if (vector == VECTOR_PF) {
        if (stale_translation(vcpu, error))
            return;
        vcpu_info_of(vcpu)->arch.cr2 = vcpu->fault_address;
        if (!vcpu->user_mode)
            error &= ~PF_ERROR_USER; /* the guest must not see that its kernel runs at CPL 3 */
    }
    if (vector == VECTOR_UD && cpuid_forced(vcpu))
        return;
    if (vector == VECTOR_GP && software_interrupt(vcpu))
        return;
    inject_exception(vcpu, vector, VECTORS_WITH_ERROR >> vector & 1, error);
}

/*
 * SYSCALL in the guest's user mode calls the guest's kernel. As on Xen, DF is clear in the handler; without a
 * handler the SYSCALL counts as an undefined instruction.
 */
static void guest_system_call(struct vcpu *vcpu)
{
    struct bounce request = {.handler = vcpu->callbacks.syscall.address};

    if (!request.handler) {
        vcpu->frame.rip -= SYSCALL_BYTES;
        inject_exception(vcpu, VECTOR_UD, false, 0);
    } else if (inject_frame(vcpu, &request, vcpu->callbacks.syscall.masks)) {
        vcpu->frame.rflags &= ~RFLAGS_DF;
    }
}

void guest_exit(struct trap_frame *frame)
{
    struct vcpu *vcpu = schedule_current();

    (void)frame; /* it is vcpu->frame, which run_next gave to guest_resume */
    if (vcpu->frame.vector == VECTOR_PF)
        vcpu->fault_address = read_cr2();
    if (vcpu->frame.vector == TRAP_SYSCALL && vcpu->user_mode)
        guest_system_call(vcpu);
    else if (vcpu->frame.vector == TRAP_SYSCALL)
        hypercall_serve(vcpu);
    else if (vcpu->frame.vector < 32)
        guest_exception(vcpu, (unsigned)vcpu->frame.vector);
    else
        end_by_fault(vcpu, "it caused a trap that no guest can cause");
}
