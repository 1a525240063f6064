/* What each VCPU keeps to itself, and how it finds it: at the low end of its own stack. */
#ifndef GUEST_VCPU_H
#define GUEST_VCPU_H

#include <stdint.h>

#include "meridian/clock.h"
#include "timers.h"
#include "witness.h"

#define MAX_VCPUS  32u /* XEN_LEGACY_MAX_VCPUS: those with a place in shared_info */
#define STACK_SIZE 16384u

struct vcpu {
    uint32_t id;
    uint32_t timer_port, ipi_port;
    volatile uint32_t state; /* enum vcpu_state; written by the VCPU itself */
    volatile uint32_t ipis;
    struct tick tick;
    struct timeouts timeouts;
    struct meridian_counts upcall_counts; /* of reads in upcalls, which interrupt those of the witness */
    struct witness witness;
};

enum vcpu_state { VCPU_ABSENT, VCPU_WAITING, VCPU_MEASURING, VCPU_DONE };

union vcpu_stack {
    struct vcpu vcpu;
    uint8_t bytes[STACK_SIZE];
};

extern union vcpu_stack vcpu_stacks[MAX_VCPUS];

static inline struct vcpu *vcpu_self(void)
{
    uint64_t here;

    __asm__("mov %%rsp, %0" : "=r"(here));
    return (struct vcpu *)(uintptr_t)(here & ~(uint64_t)(STACK_SIZE - 1));
}

static inline struct vcpu *vcpu_of(uint32_t id)
{
    return &vcpu_stacks[id].vcpu;
}

#endif
