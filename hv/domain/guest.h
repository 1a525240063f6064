/* What Meridian keeps of a guest: the domain, its VCPUs. Nothing here is ever mapped in the guest but what
 * says so. */
#ifndef DOMAIN_GUEST_H
#define DOMAIN_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/callback.h>
#include <xen/vcpu.h>
#include <xen/xen.h>

#include "cpu/lock.h"
#include "cpu/traps.h"
#include "domain/guest_abi.h"
#include "domain/vcpu/descriptor.h"
#include "domain/events/event_table.h"
#include "domain/memory/guest_memory.h"
#include "domain/build/layout.h"
#include "domain/verdict_line.h"
#include "keeper.h"
#include "meridian/abi.h"

/* Why a VCPU does not run; any CPU sets and clears them, atomically. Runs when none is set. */
#define VCPU_DOWN    1u
#define VCPU_BLOCKED 2u
/* with BLOCKED: any pending port it named wakes it; no reason of its own not to run */
#define VCPU_POLLING 4u

struct domain;
struct vcpu;

/* A timer that knows its VCPU. Armed and cancelled on the VCPU's own CPU only. */
struct vcpu_timer {
    struct timer timer; /* first */
    struct vcpu *vcpu;
};

/* CALLBACKOP_register: where the guest wants to be called, and whether with events masked. 0: not yet. */
struct guest_callbacks {
    uint64_t event, failsafe, syscall, syscall32, sysenter;
    bool failsafe_masks, syscall_masks, syscall32_masks, sysenter_masks;
};

struct vcpu {
    struct trap_frame frame; /* first: every trap from the guest is saved here */
    struct domain *domain;
    uint32_t id, cpu;
    uint32_t stopped_for; /* VCPU_*, atomic */
    bool initialised;     /* under the domain's lock */
    bool context_loaded;  /* its CPU has loaded fs_base.. once */
    bool running;         /* as of its own CPU: it goes back to the guest next */
    bool call_again;      /* the hypercall at hand is to be made again with the arguments it left */
    bool in_multicall;

    volatile struct vcpu_info *info; /* in shared_info, or where the guest registered it */
    bool info_registered;
    struct trap_info traps[GUEST_VECTORS];
    struct guest_callbacks callbacks;
    struct guest_gdt gdt;
    uint64_t kernel_stack; /* stack_switch: where frames from user mode go */
    uint64_t user_root;    /* of the user mode, physical; 0: there is no user mode. Else space.root */
    bool user_mode;
    uint64_t fs_base;
    uint64_t gs_base, user_gs_base; /* that of the mode it is not in; loaded with fs_base to begin with */
    uint64_t fault_address;         /* CR2 of the last page fault */
    uint64_t retried_rip;           /* inject.c: what was last tried again; 0: nothing */

    struct vcpu_timer periodic, singleshot, poll;
    uint64_t periodic_period_ns, periodic_last_ns; /* its own CPU's */
    uint64_t periodic_request_ns; /* atomic: for its CPU to take up; PERIODIC_AS_IT_IS: none */

    struct lock runstate_lock;
    struct vcpu_runstate_info runstate;
    uint64_t runstate_area, time_area; /* guest virtual; 0: none */
    uint32_t time_area_version;        /* of the slot's record that was written there last */
    bool runstate_area_old;
    struct vcpu_time_info time_line; /* what the area says */
} __attribute__((aligned(64)));

#define PERIODIC_AS_IT_IS UINT64_MAX
#define PERIODIC_START_NS 10000000ull /* Xen's, for every VCPU */

struct domain {
    /* Machine memory: `pages` frames in a row from `base`, and two frames' worth of the hypervisor's, shown.
     */
    uint64_t base, pages; /* physical address of pfn 0; frames */
    struct guest_layout layout;
    struct guest_space space; /* space.root is its only root table */
    struct shared_info *shared;
    uint64_t time_pages, time_page_count; /* physical, in a row */
    bool privileged;                      /* may set the wall clock for all; told so in its start_info */

    struct lock lock;       /* whatever VCPUs share but events */
    struct lock event_lock; /* the table, every `info` pointer, and who waits for what */
    struct event_table events;

    struct vcpu *vcpus;
    uint32_t vcpu_count;
    struct time_vcpu time_vcpus[MAX_VCPUS];
    struct time_domain time;

    struct vcpu_guest_context scratch; /* under `lock`: too large for a stack */
    struct lock console_lock;
    struct verdict_lines console;
    uint32_t complaints; /* atomic: how often it was told off */
};

static inline struct vcpu *vcpu_by_id(struct domain *domain, uint64_t id)
{
    return id < domain->vcpu_count ? &domain->vcpus[id] : NULL;
}

/* For guest_read, guest_write: every VCPU runs on the domain's one root. */
static inline const struct guest_space *vcpu_space(const struct vcpu *vcpu)
{
    return &vcpu->domain->space;
}

/* A line about a call refused, for who writes the guest; after 32 of them silence. */
void guest_complain(struct vcpu *vcpu, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
