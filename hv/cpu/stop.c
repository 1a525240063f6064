/* Stopping all other CPUs, for a panic or for good. An NMI, since they may spin with interrupts off. */
#include <stddef.h>

#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "cpu/smp.h"
#include "cpu/spin.h"
#include "cpu/traps_entry.h"
#include "log/log.h"

#define STOP_SPINS 1000000u /* about 100 ms */

static uint32_t stopping;
static uint32_t boot_given_up; /* it halts at its next NMI, for good */
static void (*last_act)(void); /* of the boot CPU, asked for by another */

static void (*take_last_act(void))(void)
{
    return __atomic_exchange_n(&last_act, NULL, __ATOMIC_ACQ_REL);
}

void smp_stop_if_asked(struct cpu *cpu)
{
    void (*last)(void);

    if (cpu == cpu_by_area(0) && __atomic_load_n(&boot_given_up, __ATOMIC_ACQUIRE))
        cpu_halt_for_ever();
    last = cpu == cpu_by_area(0) ? take_last_act() : NULL;
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

/* It has its NMI stack, whether it was let go already or not, and is not this one. */
static bool may_run(unsigned area, uint32_t self)
{
    const struct cpu *cpu = cpu_by_area(area);

    return __atomic_load_n(&cpu->alive, __ATOMIC_ACQUIRE) && cpu->apic_id != self &&
           !__atomic_load_n(&cpu->stopped, __ATOMIC_ACQUIRE);
}

static unsigned count_running(uint32_t self)
{
    unsigned running = 0;

    for (unsigned area = 0; area < MAX_CPUS; area++)
        running += may_run(area, self);
    return running;
}

static bool no_other_runs(void *self)
{
    return count_running(*(const uint32_t *)self) == 0;
}

/* May be called with GS, locks and the other CPUs in any state. */
void smp_stop_others(void)
{
    uint32_t self = apic_id();

    __atomic_store_n(&stopping, 1, __ATOMIC_RELEASE);
    for (unsigned area = 0; area < MAX_CPUS; area++)
        if (may_run(area, self))
            apic_send_nmi(cpu_by_area(area)->apic_id);
    if (!spin_until(no_other_runs, &self, STOP_SPINS))
        log_print("smp: %u CPUs did not stop\n", count_running(self));
}

/*
 * After INIT each CPU looks at its BSP flag: the boot CPU would begin firmware's boot code, and all others
 * wait for a SIPI, which never comes (SDM vol. 3, 9.4.2). So an NMI waits for the boot CPU. In SMM either is
 * kept until it leaves SMM, and taken before its next instruction (31.3, 31.8).
 */
bool smp_give_up(unsigned id)
{
    struct cpu *cpu = cpu_by_id(id);
    bool boot = cpu == cpu_by_area(0);

    if (boot)
        __atomic_store_n(&boot_given_up, 1, __ATOMIC_RELEASE);
    if (boot ? !apic_send_nmi(cpu->apic_id) : !apic_send_init(cpu->apic_id))
        return false;
    __atomic_store_n(&cpu->stopped, 1, __ATOMIC_RELEASE); /* a panic need not wait for it */
    return true;
}

void smp_finish(void (*last)(void))
{
    struct cpu *boot = cpu_by_area(0);

    irq_save();
    if (apic_id() == boot->apic_id) {
        smp_stop_others();
        last();
        return;
    }
    __atomic_store_n(&last_act, last, __ATOMIC_RELEASE);
    apic_send_nmi(boot->apic_id);
    for (uint32_t spin = 0; spin < STOP_SPINS && !__atomic_load_n(&boot->stopped, __ATOMIC_ACQUIRE); spin++)
        cpu_relax();
    if (!take_last_act())
        cpu_halt_for_ever(); /* the boot CPU does it, and stops us as it stops all */
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
