/* Stopping all other CPUs, for a panic or for good. An NMI, since they may spin with interrupts off. */
#include <stddef.h>

#include "cpu/apic.h"
#include "cpu/descriptors.h"
#include "cpu/instructions.h"
#include "cpu/smp.h"
#include "log/log.h"

#define STOP_TURNS 1000000u /* of PAUSE: about 100 ms */

static uint32_t stopping;
static void (*last_act)(void); /* of the boot CPU, asked for by another */

static void (*take_last_act(void))(void)
{
    return __atomic_exchange_n(&last_act, NULL, __ATOMIC_ACQ_REL);
}

void smp_stop_if_asked(struct cpu *cpu)
{
    void (*last)(void) = cpu == cpu_by_slot(0) ? take_last_act() : NULL;

    if (last) {
        smp_stop_others();
        last();
        cpu_halt_for_ever();
    }
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
        log_print("smp: %u CPUs did not stop\n", count_running(self));
}

void smp_finish(void (*last)(void))
{
    struct cpu *boot = cpu_by_slot(0);

    irq_save();
    if (apic_id() == boot->apic_id) {
        smp_stop_others();
        last();
        return;
    }
    __atomic_store_n(&last_act, last, __ATOMIC_RELEASE);
    apic_send_nmi(boot->apic_id);
    for (uint32_t turn = 0; turn < STOP_TURNS; turn++)
        cpu_relax();
    if (!take_last_act())
        cpu_halt_for_ever(); /* the boot CPU has it in hand, and stops us in its turn */
    smp_stop_others();
    last();
    cpu_halt_for_ever();
}

void smp_triple_fault(void)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) no_table = {0, 0};

    __asm__ volatile("lidt %0\n\tint3" : : "m"(no_table));
    cpu_halt_for_ever();
}
