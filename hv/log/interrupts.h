/* hv/log includes nothing of the CPU's room: here is its own way to hold interrupts off, and its clock. */
#ifndef LOG_INTERRUPTS_H
#define LOG_INTERRUPTS_H

#include <stdint.h>

#define FLAGS_IF (1u << 9)

static inline uint64_t interrupts_off(void)
{
    uint64_t flags;

    __asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
    return flags;
}

static inline void interrupts_as_before(uint64_t flags)
{
    if (flags & FLAGS_IF)
        __asm__ volatile("sti" : : : "memory");
}

static inline uint64_t ticks_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

#endif
