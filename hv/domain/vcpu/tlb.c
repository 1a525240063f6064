/*
 * The asker raises a CPU's `wanted` and wakes it; that CPU flushes on its way back to its guest (or while it
 * waits itself) and says up to where. A CPU that runs no VCPU is not woken: it says that it runs one before
 * it looks at `wanted`, the asker raises `wanted` before it looks at that, so one of the two sees the other.
 * Two CPUs that ask each other at once serve each other: nobody waits with a lock. A guest's pages are never
 * global, so a load of CR3 forgets them all (SDM vol. 3, 4.10.4.1).
 */
#include "domain/vcpu/tlb.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "domain/vcpu/end.h"
#include "domain/guest.h"
#include "keeper.h"
#include "log/log.h"

#define PATIENCE_NS    1000000000ull
#define PATIENCE_TURNS 400000000u /* should the clock itself stand still */

static struct {
    uint32_t wanted, done;
    bool active; /* runs a VCPU, or is in the hypervisor for it */
} __attribute__((aligned(64))) requests[MAX_CPUS];

static void flush_here(void)
{
    write_cr3(read_cr3());
}

void tlb_serve(void)
{
    unsigned cpu = cpu_id();
    uint32_t wanted = __atomic_load_n(&requests[cpu].wanted, __ATOMIC_SEQ_CST);

    if (wanted == requests[cpu].done)
        return;
    flush_here();
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

/* Counters wrap; the difference does not. */
static bool reached(unsigned cpu, uint32_t ticket)
{
    return (int32_t)(__atomic_load_n(&requests[cpu].done, __ATOMIC_SEQ_CST) - ticket) >= 0;
}

static bool wait_for(unsigned cpu, uint32_t ticket)
{
    uint64_t start_ns = keeper_now_ns();

    for (uint32_t turn = 0; turn < PATIENCE_TURNS; turn++) {
        if (reached(cpu, ticket) || end_begun())
            return true;
        tlb_serve();
        if (turn % 1024 == 1023 && keeper_now_ns() - start_ns > PATIENCE_NS)
            return false;
        cpu_relax();
    }
    return false;
}

/* True: the CPU must be waited for. One that stopped looks at `wanted` if it ever comes back. */
static bool ask(unsigned cpu, uint32_t *ticket)
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
        if ((vcpus >> i & 1) && (domain->vcpus[i].cpu == here || !ask(domain->vcpus[i].cpu, &tickets[i])))
            vcpus &= ~(1ull << i);
    flush_here();
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        if ((vcpus >> i & 1) && !wait_for(domain->vcpus[i].cpu, tickets[i]))
            log_print("domain: CPU %u did not forget old translations within 1 s\n", domain->vcpus[i].cpu);
}
