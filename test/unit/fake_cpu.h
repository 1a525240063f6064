/*
 * In the place of cpu/instructions.h and cpu/paging.h, for tests of drivers on the host (compile with
 * -include): the TSC and the ports are the test's. Each look takes time there, so that nothing depends on how
 * busy the host is.
 */
#ifndef FAKE_CPU_H
#define FAKE_CPU_H

#define CPU_INSTRUCTIONS_H
#define CPU_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t rdtsc_ordered(void);
uint8_t inb(uint16_t port);
uint16_t inw(uint16_t port);
uint32_t inl(uint16_t port);
void outb(uint16_t port, uint8_t value);
void outw(uint16_t port, uint16_t value);
void outl(uint16_t port, uint32_t value);
_Noreturn void cpu_halt_for_ever(void);
volatile void *map_mmio(uint64_t phys, size_t size);

static inline void cpu_relax(void)
{
}

static inline bool irq_save(void)
{
    return false;
}

static inline void irq_restore(bool were_on)
{
    (void)were_on;
}

#endif
