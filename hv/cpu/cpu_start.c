/*
 * What each CPU does for itself as it starts, the boot CPU and those that smp.c wakes: GS, descriptors, IDT,
 * control registers, APIC. From then on a fault on it is reported.
 */
#include "cpu/apic.h"
#include "cpu/cpu_area.h"
#include "cpu/cpu_start.h"
#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/smp.h"
#include "cpu/traps_entry.h"
#include "log/panic.h"

#define MSR_GS_BASE 0xc0000101u

static void (*start_entry)(void);

void smp_set_entry(void (*entry)(void))
{
    start_entry = entry;
}

/* Makes `cpu` what cpu_this() answers on this CPU. */
static void set_this(struct cpu *cpu, unsigned area)
{
    cpu->self = cpu;
    cpu->area = area;
    wrmsr(MSR_GS_BASE, (uint64_t)cpu);
}

static void print_trace(void)
{
    backtrace_print((uint64_t)__builtin_frame_address(0));
}

void smp_init_boot_cpu(void)
{
    struct cpu *cpu = cpu_by_area(0);

    traps_init_early();
    set_this(cpu, 0);
    cpu->apic_id = apic_id();
    __atomic_store_n(&cpu->alive, 1, __ATOMIC_RELEASE);
    cpu_add_online(cpu);
    panic_set_stop(smp_stop_others);
    panic_set_trace(print_trace);
}

void traps_init_cpu(void)
{
    struct cpu *cpu = cpu_this();

    if (cpu->area == 0) {
        cpu_area_build(cpu, 0);
        pics_mask();
    }
    gdt_load(cpu);
    if (cpu->area == 0)
        idt_build();
    idt_load();
    control_init_cpu();
}

/*
 * A woken CPU's first C, on its own stack. It sets itself up, says that it is READY, sleeps until the boot
 * CPU lets it go, and ends in `start_entry`. A CPU that cannot be used, or comes too late, halts here for
 * ever.
 */
void smp_woken(unsigned area)
{
    struct cpu *cpu = cpu_by_area(area);
    uint32_t expected = START_NONE;

    set_this(cpu, area);
    traps_init_cpu();
    if (!apic_init_cpu())
        cpu_halt_for_ever();
    cpu->apic_id = apic_id();
    facts_init_cpu();
    __atomic_store_n(&cpu->alive, 1, __ATOMIC_RELEASE);
    if (!__atomic_compare_exchange_n(&cpu->start_state, &expected, START_READY, false, __ATOMIC_RELEASE,
                                     __ATOMIC_RELAXED))
        cpu_halt_for_ever(); /* too late: its area is given to no other CPU */
    while (__atomic_load_n(&cpu->start_state, __ATOMIC_ACQUIRE) != START_GO)
        cpu_idle();
    paging_load(); /* forgets the trampoline's mapping */
    start_entry();
    panic("CPU%u came back from its entry", cpu->id);
}
