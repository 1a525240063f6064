/* What Meridian keeps of one domain. Nothing here is ever mapped in the guest. */
#ifndef DOMAIN_DOMAIN_STATE_H
#define DOMAIN_DOMAIN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/lock.h"
#include "domain/config.h"
#include "domain/console_line.h"
#include "domain/events/events.h"
#include "domain/guest_abi.h"
#include "domain/memory/guest_memory.h"
#include "domain/memory/ownership.h"
#include "domain/verdict_line.h"
#include "keeper.h"

struct vcpu; /* domain/vcpu/vcpu.h */

struct domain {
    struct domain_frames frames;
    struct guest_space space; /* space.root is its only root table */
    struct event_channels events;
    bool privileged; /* may set the wall clock for all */

    struct lock lock; /* all that the VCPUs share, but for events and the console */
    struct vcpu *vcpus;
    uint32_t vcpu_count;
    struct time_vcpu time_vcpus[MAX_VCPUS];
    struct time_domain time;
    struct vcpu_guest_context scratch; /* under `lock`: too large for a stack */

    struct lock console_lock;
    struct verdict_lines console; /* under console_lock, as the next */
    struct console_line console_line;
    uint32_t complaints; /* atomic: how often a refused call was reported */

    struct domain_hooks hooks;
    uint32_t ended; /* atomic; set once and for ever, by end_domain */
};

#endif
