/*
 * In the place of guest/hypercall.h and of how a VCPU finds itself (compile with -include): the guest's own
 * files on the host, where the test says which VCPU runs and answers its calls.
 */
#ifndef SEED_GUEST_H
#define SEED_GUEST_H

#define GUEST_HYPERCALL_H

#include <stdint.h>
#include <xen/xen.h>

long hypercall(unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

static inline uint64_t address_of(const void *object)
{
    return (uint64_t)(uintptr_t)object;
}

uint64_t fake_tsc(void);
#define MERIDIAN_TSC() fake_tsc()

#define vcpu_self vcpu_self_by_its_stack
#include "../../guest/vcpu.h"
#undef vcpu_self

struct vcpu *vcpu_self(void);

#endif
