/* Stopping all other CPUs for a panic. An NMI, since they may spin with interrupts off. */
#include "cpu/apic.h"
#include "cpu/descriptors.h"
#include "cpu/instructions.h"
#include "cpu/smp.h"
#include "log/log.h"

#define STOP_TURNS 1000000u /* of PAUSE: about 100 ms */

static uint32_t stopping;

void smp_stop_if_asked(struct cpu *cpu)
{
    if (!__atomic_load_n(&stopping, __ATOMIC_ACQUIRE))
        return;
    __atomic_store_n(&cpu->stopped, 1, __ATOMIC_RELEASE);
    cpu_halt_for_ever();
}

/* Alive: it has its NMI stack, whether it was let go on already or not. */
static bool may_run(unsigned slot, uint32_t self)
{
    const struct cpu *cpu = cpu_by_slot(slot);

    return __atomic_load_n(&cpu->alive, __ATOMIC_ACQUIRE) && cpu->apic_id != self &&
           !__atomic_load_n(&cpu->stopped, __ATOMIC_ACQUIRE);
}

static unsigned count_running(uint32_t self)
{
    unsigned running = 0;

    for (unsigned slot = 0; slot < MAX_CPUS; slot++)
        running += may_run(slot, self);
    return running;
}

/* May be called with GS, locks and the other CPUs in any state. */
void smp_stop_others(void)
{
    uint32_t self = apic_id();

    __atomic_store_n(&stopping, 1, __ATOMIC_RELEASE);
    for (unsigned slot = 0; slot < MAX_CPUS; slot++)
        if (may_run(slot, self))
            apic_send_nmi(cpu_by_slot(slot)->apic_id);
    for (uint32_t turn = 0; turn < STOP_TURNS && count_running(self); turn++)
        cpu_relax();
    if (count_running(self))
        log_print("panic: %u CPUs did not stop\n", count_running(self));
}
