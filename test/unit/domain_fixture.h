/*
 * A domain of two VCPUs for tests of its events, its scheduling and its timers, on CPUs that take turns
 * (turns.h). VCPU 1 is the guest, on CPU 1.
 */
#ifndef DOMAIN_FIXTURE_H
#define DOMAIN_FIXTURE_H

#include "turns_lock.h"

#include <xen/sched.h>

#include "domain/calls/calls.h"
#include "domain/events/events.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"
#include "domain/vcpu/vcpu_timers.h"

#define GUEST 1u /* the VCPU, and its CPU */

static struct shared_info shared;
static struct vcpu vcpus[2];
static struct domain domain;
static struct timerq timers; /* of CPU 1 */
static uint32_t port, other_port;

uint64_t keeper_now_ns(void)
{
    turn();
    return turns.now;
}

void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    timerq_arm(&timers, timer, deadline_ns);
}

void keeper_timer_cancel(struct timer *timer)
{
    timerq_cancel(&timers, timer);
}

bool keeper_cpu_measured(unsigned cpu)
{
    (void)cpu;
    return true;
}

bool keeper_cpu_stopped(unsigned cpu)
{
    (void)cpu;
    return false;
}

bool domain_has_ended(const struct domain *of)
{
    (void)of;
    return false;
}

void end_domain(struct domain *of, enum domain_end how, const char *why)
{
    (void)of, (void)how;
    fail_msg("the domain ended: %s", why);
}

bool guest_read(const struct guest_space *space, void *to, uint64_t from, size_t size)
{
    (void)space;
    if (size)
        memcpy(to, (const void *)(uintptr_t)from, size);
    return true;
}

static void new_domain(uint64_t seed)
{
    turns_new(3, seed);
    memset(&shared, 0, sizeof shared);
    memset(&domain, 0, sizeof domain);
    memset(vcpus, 0, sizeof vcpus);
    memset(&timers, 0, sizeof timers);
    domain.events.shared = &shared;
    domain.vcpus = vcpus;
    domain.vcpu_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        domain.events.info[i] = &shared.vcpu_info[i];
        vcpus[i].domain = &domain;
        vcpus[i].id = vcpus[i].cpu = i;
        vcpu_timers_init(&vcpus[i]);
    }
    port = (uint32_t)event_table_bind_ipi(&domain.events.table, GUEST);
    other_port = (uint32_t)event_table_bind_virq(&domain.events.table, VIRQ_TIMER, GUEST);
    assert_true((int)port > 0 && (int)other_port > 0);
}

static void call(uint64_t op, const void *argument)
{
    uint64_t args[5] = {op, (uint64_t)(uintptr_t)argument};

    assert_int_equal(call_sched_op(&vcpus[GUEST], args), 0);
}

#endif
