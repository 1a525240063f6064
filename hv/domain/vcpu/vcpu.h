/* What Meridian keeps of one VCPU. Nothing here is ever mapped in the guest. */
#ifndef DOMAIN_VCPU_H
#define DOMAIN_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "cpu/traps.h"
#include "domain/domain_state.h"
#include "domain/guest_abi.h"
#include "domain/vcpu/areas.h"
#include "domain/vcpu/descriptor.h"
#include "domain/vcpu/inject.h"
#include "domain/vcpu/vcpu_timers.h"

/*
 * Why a VCPU does not run. Any CPU sets and clears these bits, atomically. The VCPU runs while neither of the
 * first two is set.
 */
#define VCPU_DOWN    1u
#define VCPU_BLOCKED 2u
#define VCPU_POLLING 4u /* with VCPU_BLOCKED: any port that becomes pending wakes it */

struct vcpu {
    struct trap_frame frame; /* first: every trap from the guest is saved here */
    struct domain *domain;
    uint32_t id, cpu;
    uint32_t stopped_for; /* VCPU_*, atomic */
    bool initialised;     /* under the domain's lock */
    bool context_loaded;  /* its CPU has loaded fs_base and the rest once */
    bool running;         /* its CPU is in the guest, or goes back to it next; for that CPU alone */
    bool left_for_good;   /* atomic: its CPU has seen the domain's end and never runs it again */
    bool call_again;      /* the hypercall at hand is to be made again with the arguments it left */
    bool in_multicall;
    bool info_registered; /* the guest has chosen where its vcpu_info lies; under the domain's lock */

    struct trap_info traps[GUEST_VECTORS];
    struct guest_callbacks callbacks;
    struct guest_gdt gdt;
    uint64_t kernel_stack; /* stack_switch: where frames from user mode go */
    uint64_t user_root;    /* root table of the user mode, physical: 0 (it has none) or space.root */
    bool user_mode;
    uint64_t fs_base;
    uint64_t gs_base, user_gs_base; /* of the mode that it is not in; both are loaded to begin with */
    uint64_t fault_address;         /* CR2 of the last page fault */
    uint64_t retried_rip;           /* guest_exit.c: the instruction that was last tried again; 0: none */

    struct vcpu_timers timers;
    struct vcpu_areas areas;
} __attribute__((aligned(64)));

/* Returns NULL if the domain has no such VCPU. */
static inline struct vcpu *vcpu_by_id(struct domain *domain, uint64_t id)
{
    return id < domain->vcpu_count ? &domain->vcpus[id] : NULL;
}

/* For guest_read and guest_write. Every VCPU runs on the domain's one root. */
static inline const struct guest_space *vcpu_space(const struct vcpu *vcpu)
{
    return &vcpu->domain->space;
}

/* What the guest sees of the VCPU, in the guest's memory or in shared_info. */
static inline volatile struct vcpu_info *vcpu_info_of(const struct vcpu *vcpu)
{
    return vcpu->domain->events.info[vcpu->id];
}

#endif
