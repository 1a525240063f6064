/* What becomes of a trap once entry_traps.asm has saved it. */
#include "cpu/traps.h"

#include <stddef.h>

#include "cpu/apic.h"
#include "cpu/cpu_area.h"
#include "cpu/instructions.h"
#include "cpu/traps_entry.h"
#include "log/log.h"
#include "log/panic.h"

_Static_assert(sizeof(struct trap_frame) == 176, "entry_traps.asm");
_Static_assert(offsetof(struct trap_frame, cs) == 144, "entry_traps.asm");

static void (*interrupt_handlers[VECTORS])(void);
static void (*guest_handler)(struct trap_frame *frame);
static void (*after_guest)(void);

extern char rdmsr_try_at[], rdmsr_try_refused[]; /* entry_traps.asm */

void traps_set_interrupt(unsigned vector, void (*handler)(void))
{
    if (vector >= EXCEPTIONS && vector < VECTORS)
        interrupt_handlers[vector] = handler;
}

void traps_set_guest(void (*handler)(struct trap_frame *frame))
{
    guest_handler = handler;
}

void traps_set_return(void (*next)(void))
{
    after_guest = next;
}

static void report_frame(const void *frame)
{
    traps_report(frame);
}

static _Noreturn void panic_at(const struct trap_frame *frame)
{
    uint64_t cr2 = read_cr2();
    const char *page = frame->error & 1               ? "denied"
                       : cpu_area_guard_hit(cr2) >= 0 ? "of a stack's guard page"
                                                      : "of a page that is not mapped";

    if (frame->vector == VECTOR_DOUBLE_FAULT && cpu_area_guard_hit(frame->rsp - 8) >= 0)
        panic_report(report_frame, frame, "stack overflow (double fault at 0x%016lx)", frame->rip);
    if (frame->vector == VECTOR_PF)
        panic_report(report_frame, frame, "page fault at 0x%016lx: address 0x%016lx, %s %s", frame->rip, cr2,
                     frame->error & 16  ? "execute"
                     : frame->error & 2 ? "write"
                                        : "read",
                     page);
    panic_report(report_frame, frame, "%s at 0x%016lx, error 0x%lx", trap_name(frame->vector), frame->rip,
                 frame->error);
}

/*
 * An interrupt from the APIC ends with an EOI. One that was not asked for comes as VECTOR_SPURIOUS, and gets
 * an EOI only if the APIC holds one in service: neither the spurious vector nor the PICs' are (SDM vol. 3,
 * 10.9). No interrupt is ever within another.
 */
static void take_interrupt(struct cpu *cpu, unsigned vector)
{
    void (*handler)(void) = interrupt_handlers[vector];

    cpu->interrupts++;
    if (handler) {
        handler();
        apic_eoi();
    } else if (vector == VECTOR_WAKE) {
        apic_eoi();
    } else {
        cpu->spurious++;
        if (apic_in_service())
            apic_eoi();
    }
}

void traps_from_guest(struct trap_frame *frame)
{
    if (frame->vector >= EXCEPTIONS && frame->vector < VECTORS)
        take_interrupt(cpu_this(), (unsigned)frame->vector);
    else if (guest_handler)
        guest_handler(frame);
    else
        panic_at(frame);
}

void traps_return(void)
{
    if (!after_guest)
        panic("a trap from CPL 3, and nothing was set to follow it");
    after_guest();
    panic("what follows a trap from CPL 3 has returned");
}

/* Interrupts come here in cpu_idle() only. An exception is the end, except where rdmsr_try tries an MSR. */
void traps_from_hypervisor(struct trap_frame *frame)
{
    if (frame->vector >= EXCEPTIONS)
        take_interrupt(cpu_this(), (unsigned)frame->vector);
    else if (frame->vector == VECTOR_NMI)
        cpu_this()->nmis++; /* before the boot CPU has its NMI stack */
    else if (frame->vector == VECTOR_GP && frame->rip == (uint64_t)rdmsr_try_at)
        frame->rip = (uint64_t)rdmsr_try_refused;
    else
        panic_at(frame);
}

/* NMI, double fault, machine check: entry_traps.asm found `cpu` without GS, and has set GS meanwhile. */
void traps_own_stack(struct trap_frame *frame, struct cpu *cpu)
{
    if (frame->vector != VECTOR_NMI)
        panic_at(frame);
    smp_stop_if_asked(cpu);
    cpu->nmis++;
}

/*
 * Where the APIC's timer stops in idle. STI lets interrupts in after the next instruction, which in QEMU must
 * not be PAUSE (to 7.2 it forgets that STI's shadow has passed).
 */
static void idle_spinning(struct cpu *cpu)
{
    uint64_t before = cpu->interrupts;

    while (cpu->interrupts == before)
        __asm__ volatile("sti\n\tnop\n\tpause\n\tcli" : : : "memory");
}

void cpu_idle(void)
{
    struct cpu *cpu = cpu_this();

    if (!cpu->facts.arat) {
        idle_spinning(cpu);
        return;
    }
    /* STI holds interrupts off for one more instruction: none can slip in before HLT and be slept through. */
    __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}

/* An interrupt that waits must get in, or MWAIT would come back for it at once, for ever. */
void cpu_idle_mwait(const volatile uint64_t *word, uint32_t hint)
{
    __asm__ volatile("monitor" : : "a"(word), "c"(0), "d"(0) : "memory");
    if (!*word)
        __asm__ volatile("sti\n\tmwait\n\tcli" : : "a"(hint), "c"(0) : "memory");
}

uint64_t traps_nmi_count(unsigned cpu)
{
    struct cpu *of = cpu_by_id(cpu);

    return of ? __atomic_load_n(&of->nmis, __ATOMIC_RELAXED) : 0;
}

uint64_t traps_spurious_count(unsigned cpu)
{
    struct cpu *of = cpu_by_id(cpu);

    return of ? __atomic_load_n(&of->spurious, __ATOMIC_RELAXED) : 0;
}
