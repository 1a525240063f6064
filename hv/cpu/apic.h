/* The local APIC in the mode firmware left it (xAPIC or x2APIC; never down): id, EOI, IPIs, its timer. */
#ifndef CPU_APIC_H
#define CPU_APIC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Once, on the boot CPU. `base` is the MADT's address (0: it says none), checked against MSR 1Bh. Returns
 * false, with a line that says why, if there is no APIC to use.
 */
bool apic_init(uint64_t base);
/*
 * On every CPU: enables its APIC, masks every LVT but LINT1 (NMI), lets all priorities in, ends what is
 * pending. Returns false, with a line, if the APIC cannot be brought into the boot CPU's mode.
 */
bool apic_init_cpu(void);

/* Returns this CPU's id; before apic_init what CPUID says. */
uint32_t apic_id(void);
/* Returns the largest id that can be sent to: 254 in xAPIC mode. */
uint32_t apic_largest_id(void);
void apic_eoi(void);
/* Returns true if this CPU's APIC delivered an interrupt and waits for its EOI. */
bool apic_in_service(void);
/* Returns true if `vector` waits in this CPU's APIC until interrupts are let in. */
bool apic_requested(unsigned vector);

/* Each waits, bounded, until the command was delivered; returns false if the APIC stayed busy. */
bool apic_send(uint32_t apic_id, unsigned vector);
bool apic_send_nmi(uint32_t apic_id);
bool apic_send_init(uint32_t apic_id);
bool apic_send_startup(uint32_t apic_id, uint8_t page);

/* The timer, one-shot: a deadline on this CPU's TSC, or the counter at divisor 1 (apic_timer.c). */
bool apic_timer_has_deadline(void); /* by this CPU's CPUID */
/*
 * Tries a deadline `ticks` (some 100 us) ahead, with interrupts off, on a CPU that has it. Returns true if
 * it is kept: neither early, nor late by many times that. Else a line says which. One VECTOR_TIMER may be
 * left waiting.
 */
bool apic_timer_try_deadline(uint64_t ticks);
void apic_timer_setup(bool deadline);       /* per CPU; LVT to VECTOR_TIMER */
void apic_timer_set_deadline(uint64_t tsc); /* 0 disarms; one in the past comes at once */
void apic_timer_set_count(uint32_t count);  /* 0 disarms */
uint32_t apic_timer_count(void);            /* what is left */

#endif
