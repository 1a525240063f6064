/*
 * A frame as Xen makes one, for an exception or an event, and the registers that the guest's handler begins
 * with: rcx, r11, [error code,] rip, cs (the saved upcall mask in bits 32..39), rflags, rsp, ss. Pure.
 */
#ifndef DOMAIN_BOUNCE_H
#define DOMAIN_BOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/traps.h"

#define RFLAGS_TF   (1ull << 8)
#define RFLAGS_IF   (1ull << 9)
#define RFLAGS_DF   (1ull << 10)
#define RFLAGS_IOPL (3ull << 12)
#define RFLAGS_NT   (1ull << 14)
#define RFLAGS_RF   (1ull << 16)
#define RFLAGS_VM   (1ull << 17)
#define RFLAGS_AC   (1ull << 18)
#define RFLAGS_MBS  (1ull << 1) /* always set */
/* What a guest may give itself: CF PF AF ZF SF TF DF OF NT RF AC ID. */
#define RFLAGS_GUEST 0x254dd5ull

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

/* HYPERVISOR_iret's flags (and VCPUOP_initialise's): what of `wanted` a guest may run with. */
static inline uint64_t rflags_for_guest(uint64_t wanted)
{
    return (wanted & RFLAGS_GUEST) | RFLAGS_IF | RFLAGS_MBS;
}

#endif
