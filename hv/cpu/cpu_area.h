/*
 * For this room only: each CPU has an area of its own in the CPU_AREAS_BASE region. What lies in it:
 *
 *   pages  0..13  a guest's own descriptors, read-only: copies, or one frame of zeros that all share
 *   page  14      this CPU's descriptors from selector 0xe000 on, and its TSS
 *   page  15      nothing: guard
 *   pages 16..19  stack
 *   page  20      guard;  21..22 NMI stack
 *   page  23      guard;  24..25 double fault stack
 *   page  26      guard;  27..28 machine check stack
 *   pages 29..31  nothing
 */
#ifndef CPU_AREA_H
#define CPU_AREA_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/paging.h"
#include "cpu/percpu.h"

#define AREA_BYTES              0x20000ull
#define AREA_GDT_PAGE           14u
#define AREA_STACK_PAGE         16u
#define AREA_STACK_PAGES        4u
#define AREA_IST_PAGES          2u
#define AREA_NMI_PAGE           21u
#define AREA_DOUBLE_FAULT_PAGE  24u
#define AREA_MACHINE_CHECK_PAGE 27u

enum { IST_NONE, IST_NMI, IST_DOUBLE_FAULT, IST_MACHINE_CHECK };

/* SDM vol. 3, 8.7. */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, iomap;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "TSS");

static inline uint64_t cpu_area_base(unsigned area)
{
    return CPU_AREAS_BASE + area * AREA_BYTES;
}

static inline uint64_t cpu_area_stack_top(unsigned area)
{
    return cpu_area_base(area) + (uint64_t)(AREA_STACK_PAGE + AREA_STACK_PAGES) * FRAME_SIZE;
}

/* Takes memory for the area and fills it; panics if there is none. Once for each area, on any CPU. */
void cpu_area_build(struct cpu *cpu, unsigned area);
/* Returns true if [address, address + size) lies on a stack that is mapped: the boot stack, or an area's. */
bool cpu_area_on_stack(uint64_t address, uint64_t size);
/* Returns the area that has a guard page at `address`; -1: none has. */
int cpu_area_guard_hit(uint64_t address);

/* Makes this CPU use the descriptors of its area. */
void gdt_load(struct cpu *cpu);

#endif
