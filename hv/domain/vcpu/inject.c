#include "domain/vcpu/inject.h"

#include "domain/events/events.h"
#include "domain/vcpu/context.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/vcpu.h"

#define STACK_ALIGN      16ull
#define FRAME_WORDS_MOST 8

/* Returns false if a frame would reach into the hypervisor's part. Any other bad stack fails guest_write. */
static bool stack_ok(uint64_t top)
{
    return top <= HYPERVISOR_START || top >= HYPERVISOR_END + FRAME_WORDS_MOST * 8;
}

static uint64_t saved_rflags(uint64_t rflags, uint8_t masked)
{
    uint64_t flags = (uint32_t)rflags & ~(RFLAGS_IF | RFLAGS_IOPL);

    return masked ? flags : flags | RFLAGS_IF;
}

bool bounce_build(const struct trap_frame *regs, const struct bounce *bounce, uint8_t masked,
                  struct bounce_frame *out)
{
    uint64_t top = (bounce->from_user ? bounce->kernel_stack : regs->rsp) & ~(STACK_ALIGN - 1);
    /* RPL 0 tells the guest that its kernel was interrupted, RPL 3 that its user mode was. */
    uint64_t cs = regs->cs & (bounce->from_user ? 0xffff : 0xfffc);
    uint64_t *word = out->word;

    if (!stack_ok(top))
        return false;
    *word++ = regs->rcx;
    *word++ = regs->r11;
    if (bounce->has_error)
        *word++ = bounce->error;
    *word++ = regs->rip;
    *word++ = cs | (uint64_t)masked << 32;
    *word++ = saved_rflags(regs->rflags, masked);
    *word++ = regs->rsp;
    *word++ = regs->ss & 0xffff;
    out->words = (unsigned)(word - out->word);
    out->address = top - out->words * 8;
    return true;
}

void bounce_enter(struct trap_frame *regs, const struct bounce *bounce, const struct bounce_frame *frame)
{
    /* As on any trap (SDM vol. 3, 6.12.1). And AC, or the kernel's unaligned accesses would fault. */
    regs->rflags &= ~(RFLAGS_AC | RFLAGS_VM | RFLAGS_RF | RFLAGS_NT | RFLAGS_TF);
    regs->cs = SEL_USER_CODE64;
    regs->ss = SEL_USER_DATA;
    regs->rsp = frame->address;
    regs->rip = bounce->handler;
}

bool inject_frame(struct vcpu *vcpu, struct bounce *bounce, bool masks)
{
    uint8_t masked = __atomic_load_n(&vcpu_info_of(vcpu)->evtchn_upcall_mask, __ATOMIC_RELAXED);
    struct bounce_frame frame = {0};

    bounce->from_user = vcpu->user_mode;
    bounce->kernel_stack = vcpu->kernel_stack;
    if (vcpu->user_mode)
        user_mode_toggle(vcpu);
    if (!bounce_build(&vcpu->frame, bounce, masked, &frame)) {
        end_by_fault(vcpu, "its stack points into the hypervisor's part");
        return false;
    }
    if (masks)
        __atomic_store_n(&vcpu_info_of(vcpu)->evtchn_upcall_mask, 1, __ATOMIC_RELAXED);
    if (!guest_write(vcpu_space(vcpu), frame.address, frame.word, frame.words * sizeof frame.word[0])) {
        end_by_fault(vcpu, "its stack cannot be written for the handler's frame");
        return false;
    }
    bounce_enter(&vcpu->frame, bounce, &frame);
    return true;
}

void inject_exception(struct vcpu *vcpu, unsigned vector, bool has_error, uint32_t error)
{
    const struct trap_info *handler = &vcpu->traps[vector];
    struct bounce request = {.handler = handler->address, .has_error = has_error, .error = error};

    if (!handler->address) {
        end_by_fault(vcpu, "it has no handler for this exception");
        return;
    }
    inject_frame(vcpu, &request, TI_GET_IF(handler));
}

bool inject_upcall(struct vcpu *vcpu)
{
    struct bounce request = {.handler = vcpu->callbacks.event.address};

    if (!event_upcall_due(vcpu_info_of(vcpu)))
        return true;
    if (!request.handler) {
        end_by_fault(vcpu, "an event is due and it has set no event callback");
        return false;
    }
    return inject_frame(vcpu, &request, true);
}
