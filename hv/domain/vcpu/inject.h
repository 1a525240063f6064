/*
 * How a guest is interrupted, for an exception or an event: a frame is put on its stack and it goes on in its
 * own handler. The frame is the one that Xen makes: rcx, r11, [error code,] rip, cs (with the saved upcall
 * mask in bits 32..39), rflags, rsp, ss.
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
    uint64_t address; /* guest virtual, of word[0]: the handler's rsp */
    unsigned words;
    uint64_t word[8];
};

/*
 * Computes the frame. `masked` is evtchn_upcall_mask before the handler masks it. A frame from kernel mode
 * goes onto the stack in use. Returns false if the stack points into the hypervisor's part. Pure.
 */
bool bounce_build(const struct trap_frame *regs, const struct bounce *bounce, uint8_t masked,
                  struct bounce_frame *out);

/* Sets the registers with which the handler begins, once the frame is written. Pure. */
void bounce_enter(struct trap_frame *regs, const struct bounce *bounce, const struct bounce_frame *frame);

/*
 * Interrupts the guest. `masks`: events stay masked until the handler returns. Returns false if the frame
 * could not be written: then the domain has ended.
 */
bool inject_frame(struct vcpu *vcpu, struct bounce *bounce, bool masks);
/* Interrupts the guest by an exception. Without a handler for it the domain ends. */
void inject_exception(struct vcpu *vcpu, unsigned vector, bool has_error, uint32_t error);

/*
 * Interrupts the guest by an upcall to its event callback if one is due, on the way back to it. Returns false
 * if the guest could not take it: then the domain has ended.
 */
bool inject_upcall(struct vcpu *vcpu);

#endif
