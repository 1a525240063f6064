/* Traps: one frame, one table. One from the hypervisor is reported; one from the guest has a handler. */
#ifndef CPU_TRAPS_H
#define CPU_TRAPS_H

#include <stdbool.h>
#include <stdint.h>

/* As entry_traps.asm pushes it. For SYSCALL vector is TRAP_SYSCALL and error 0. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

#define TRAP_SYSCALL 0x100u

/* Exceptions by their numbers (SDM vol. 3, table 6-1), as far as one has a rule of its own. */
#define VECTOR_NMI           2u
#define VECTOR_BP            3u
#define VECTOR_OF            4u
#define VECTOR_UD            6u
#define VECTOR_DOUBLE_FAULT  8u
#define VECTOR_GP            13u
#define VECTOR_PF            14u
#define VECTOR_MACHINE_CHECK 18u

/* Interrupt vectors of our own; 0x20..0x2f belong to the PICs, masked, spurious ones are counted. */
#define VECTOR_TIMER    0xf0u
#define VECTOR_WAKE     0xf1u
#define VECTOR_SPURIOUS 0xffu

/* The selectors of Xen's ABI (FLAT_RING3_*), and our own above them; all in the GDT's page 14. */
#define SEL_KERNEL_CODE 0xe008u
#define SEL_KERNEL_DATA 0xe010u
#define SEL_USER_CODE32 0xe023u
#define SEL_USER_DATA   0xe02bu
#define SEL_USER_CODE64 0xe033u
#define SEL_TSS         0xe040u

/* Comes first: from here on a fault in the boot CPU's C code is reported. smp_init_boot_cpu calls it. */
void traps_init_early(void);

/* Keeps SMAP off on all CPUs; before the first traps_init_cpu. */
void traps_without_smap(void);

/*
 * Sets up descriptors, IDT, IST stacks, control registers, SYSCALL MSRs and FPU of this CPU, and masks the
 * PICs. The IDT is common to all. After paging_init, once cpu_this() answers. While the hypervisor runs, the
 * guest's GS base is in MSR 0xc0000102; FS base and the user selectors are where the guest left them. FPU
 * and SSE state is always the guest's.
 */
void traps_init_cpu(void);

/*
 * This CPU's descriptor table has the shape of Xen's ABI: 14 pages for a guest's own descriptors, then ours.
 * Page 0..13 of it shows the frame at `phys` from now on, 0: an empty one. Read-only, so every descriptor
 * there must be marked accessed: the CPU would fault setting the bit.
 */
void traps_gdt_page(unsigned page, uint64_t phys);

/*
 * `handler` is called for the interrupt `vector` (VECTOR_TIMER; VECTOR_WAKE needs none), with interrupts
 * off, on any CPU. An EOI is sent after it.
 */
void traps_set_interrupt(unsigned vector, void (*handler)(void));

/*
 * `handler` is called for every exception and SYSCALL from CPL 3, on the CPU's own stack, interrupts off,
 * with the frame at cpu->guest_frame. Without a handler such a trap is a panic. It is a pointer because this
 * room knows no guests: domain_create sets it to guest_exit.
 */
void traps_set_guest(void (*handler)(struct trap_frame *frame));

/*
 * `next` follows every trap or interrupt taken from CPL 3, once it is handled. It decides what this CPU runs
 * next, ends in guest_resume() or in idling, and must not return. The stack is empty when it is called. It is
 * a pointer for the same reason: domain_create sets it to run_next.
 */
void traps_set_return(void (*next)(void));

/*
 * Loads the registers and goes to CPL 3 by IRETQ. The next trap will be saved in `frame` too: it becomes
 * cpu->guest_frame, and TSS.rsp0 points to its end, which must be a multiple of 16. The caller has checked
 * that cs and ss are user selectors, and rip and rsp canonical: a fault on IRETQ in the hypervisor is a
 * panic. RFLAGS is made safe here: IF on; IOPL, NT, VM, VIF, VIP off.
 */
_Noreturn void guest_resume(struct trap_frame *frame);

/*
 * Waits for an interrupt with them on; returns with interrupts off after at least one, or at once if one came
 * before. By HLT; by spinning where the APIC's timer may stop in HLT (facts.arat).
 */
void cpu_idle(void);

/*
 * The same by MONITOR and MWAIT, in the state that `hint` names (SDM vol. 2, MWAIT), while *word is 0. A
 * store to it wakes the CPU as well, and so may anything. Only where CPUID has MONITOR.
 */
void cpu_idle_mwait(const volatile uint64_t *word, uint32_t hint);

/* Prints a frame: its registers, and for CPL 0 a back trace of return addresses within the image. */
void traps_report(const struct trap_frame *frame);

/* What happened, in words: "page fault (#PF)". */
const char *trap_name(uint64_t vector);

/* Returns how many NMIs that were not ours, or interrupts that were not asked for, the CPU ignored. */
uint64_t traps_nmi_count(unsigned cpu);
uint64_t traps_spurious_count(unsigned cpu);

#endif
