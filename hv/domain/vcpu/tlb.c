/*
 * A CPU that asks another for a flush raises that CPU's `wanted` and wakes it. The other one flushes on its
 * way back to its guest, or while it waits itself, and sets `done` to the `wanted` that it has served.
 *
 * A CPU that runs no VCPU is not woken and not waited for. No flush is lost by that:
 *   - a CPU sets `active` before it reads `wanted` (tlb_enter);
 *   - the asking CPU raises `wanted` before it reads `active` (flush_request).
 * So one of the two sees what the other did. Two CPUs that ask each other at once serve each other while they
 * wait. No CPU waits with a lock held.
 *
 * A guest's pages are never global, so a load of CR3 forgets them all (SDM vol. 3, 4.10.4.1).
 */
#include "domain/vcpu/tlb.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"
#include "keeper.h"
#include "log/log.h"

#define FLUSH_WITHIN_NS 1000000000ull

static struct {
    uint32_t wanted, done;
    bool active; /* it runs a VCPU, or is in the hypervisor on the VCPU's behalf */
} __attribute__((aligned(64))) requests[MAX_CPUS];

void tlb_flush_here(void)
{
    write_cr3(read_cr3());
}

void tlb_serve(void)
{
    unsigned cpu = cpu_id();
    uint32_t wanted = __atomic_load_n(&requests[cpu].wanted, __ATOMIC_SEQ_CST);

    if (wanted == requests[cpu].done)
        return;
    tlb_flush_here();
    __atomic_store_n(&requests[cpu].done, wanted, __ATOMIC_SEQ_CST);
}

void tlb_enter(void)
{
    __atomic_store_n(&requests[cpu_id()].active, true, __ATOMIC_SEQ_CST);
    tlb_serve();
}

void tlb_leave(void)
{
    __atomic_store_n(&requests[cpu_id()].active, false, __ATOMIC_SEQ_CST);
}

/* A flush that this CPU waits for. */
struct flush_ticket {
    const struct domain *domain;
    uint32_t cpu, number;
};

/* Counters wrap, their difference does not. A CPU that waits serves others, for they may wait for it. */
static bool flush_done(const void *of)
{
    const struct flush_ticket *ticket = of;
    uint32_t done = __atomic_load_n(&requests[ticket->cpu].done, __ATOMIC_SEQ_CST);

    if ((int32_t)(done - ticket->number) >= 0 || domain_has_ended(ticket->domain))
        return true;
    tlb_serve();
    return false;
}

/* Returns true if the CPU must be waited for. A stopped CPU reads `wanted` if it ever runs again. */
static bool flush_request(unsigned cpu, uint32_t *ticket)
{
    *ticket = __atomic_add_fetch(&requests[cpu].wanted, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&requests[cpu].active, __ATOMIC_SEQ_CST) || keeper_cpu_stopped(cpu))
        return false;
    smp_wake(cpu);
    return true;
}

void tlb_flush(struct domain *domain, uint64_t vcpus)
{
    uint32_t tickets[MAX_VCPUS] = {0};
    unsigned here = cpu_id();

    for (unsigned i = 0; i < domain->vcpu_count; i++)
        if ((vcpus >> i & 1) &&
            (domain->vcpus[i].cpu == here || !flush_request(domain->vcpus[i].cpu, &tickets[i])))
            vcpus &= ~(1ull << i);
    tlb_flush_here();
    for (unsigned i = 0; i < domain->vcpu_count; i++) {
        struct flush_ticket ticket = {domain, domain->vcpus[i].cpu, tickets[i]};

        if ((vcpus >> i & 1) && !schedule_wait(flush_done, &ticket, FLUSH_WITHIN_NS))
            log_print("domain: CPU %u did not forget old translations within 1 s\n", ticket.cpu);
    }
}
