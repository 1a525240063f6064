/*
 * Names and places from SDM vol. 3, table 10-1; the MSR of a register is MSR_X2APIC + offset / 16
 * (10.12.1.2).
 */
#ifndef CPU_APIC_REGISTERS_H
#define CPU_APIC_REGISTERS_H

#include <stdint.h>

#define MSR_APIC_BASE     0x1bu
#define APIC_BASE_X2APIC  (1u << 10)
#define APIC_BASE_ENABLED (1u << 11)
#define APIC_BASE_ADDRESS 0x000ffffffffff000ull
#define MSR_X2APIC        0x800u
#define MSR_TSC_DEADLINE  0x6e0u

#define APIC_ID              0x020u
#define APIC_VERSION         0x030u
#define APIC_TPR             0x080u
#define APIC_EOI             0x0b0u
#define APIC_SPURIOUS        0x0f0u
#define APIC_IN_SERVICE      0x100u
#define APIC_REQUESTED       0x200u
#define APIC_ERROR_STATUS    0x280u
#define APIC_LVT_CMCI        0x2f0u
#define APIC_COMMAND         0x300u
#define APIC_COMMAND_HIGH    0x310u
#define APIC_LVT_TIMER       0x320u
#define APIC_LVT_THERMAL     0x330u
#define APIC_LVT_PERFORMANCE 0x340u
#define APIC_LVT_LINT0       0x350u
#define APIC_LVT_LINT1       0x360u
#define APIC_LVT_ERROR       0x370u
#define APIC_TIMER_INITIAL   0x380u
#define APIC_TIMER_CURRENT   0x390u
#define APIC_TIMER_DIVIDE    0x3e0u

#define SPURIOUS_ENABLE (1u << 8)
#define LVT_NMI         (4u << 8)
#define LVT_MASKED      (1u << 16)
#define LVT_DEADLINE    (2u << 17)
#define DIVIDE_BY_1     0xbu

#define COMMAND_NMI     (4u << 8)
#define COMMAND_INIT    (5u << 8)
#define COMMAND_STARTUP (6u << 8)
#define COMMAND_PENDING (1u << 12)
#define COMMAND_ASSERT  (1u << 14)

/* For this room: a register of this CPU's APIC, in whichever mode it is (apic.c). */
uint32_t apic_read(unsigned reg);
void apic_write(unsigned reg, uint32_t value);

#endif
