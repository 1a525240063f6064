/*
 * What interrupts a running guest: a frame as Xen makes one, for an exception or an event, and the registers
 * that the guest's handler begins with: rcx, r11, [error code,] rip, cs (the saved upcall mask in bits
 * 32..39), rflags, rsp, ss.
 */
#ifndef DOMAIN_INJECT_H
#define DOMAIN_INJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/traps.h"

struct vcpu;

/* CALLBACKOP_register: where the guest wants to be called (0: nowhere yet); with events masked, or not. */
struct guest_callback {
    uint64_t address;
    bool masks;
};

struct guest_callbacks {
    struct guest_callback event, failsafe, syscall, syscall32, sysenter;
};

struct bounce {
    uint64_t handler;
    bool has_error;
    uint32_t error;
    bool from_user; /* the guest's user mode was interrupted: the frame goes on kernel_stack */
    uint64_t kernel_stack;
};

struct bounce_frame {
    uint64_t address; /* where word[0] goes: the handler's rsp */
    unsigned words;
    uint64_t word[8];
};

/*
 * `masked`: evtchn_upcall_mask as it is before the handler masks it. From kernel mode the frame goes on the
 * stack in use. False: the stack points into the hypervisor's part.
 */
bool bounce_build(const struct trap_frame *regs, const struct bounce *bounce, uint8_t masked,
                  struct bounce_frame *out);

/* After the frame is in place: the guest goes on in its handler. */
void bounce_enter(struct trap_frame *regs, const struct bounce *bounce, const struct bounce_frame *frame);

/* `masks`: events stay masked until the handler returns. False: the domain has ended. */
bool inject_frame(struct vcpu *vcpu, struct bounce *bounce, bool masks);
/* To the guest's own handler of that exception. */
void inject_exception(struct vcpu *vcpu, unsigned vector, bool has_error, uint32_t error);

/* On the way back to the guest: makes its upcall if one is due. False: it could not take it, the domain has
 * ended. */
bool inject_upcall(struct vcpu *vcpu);

#endif
