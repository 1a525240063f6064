/* In the place of log/interrupts.h (compile with -include): a test may not switch interrupts off. */
#ifndef LOG_INTERRUPTS_H
#define LOG_INTERRUPTS_H

#include <stdint.h>

extern uint64_t fake_ticks;

static inline uint64_t interrupts_off(void)
{
    return 0;
}

static inline void interrupts_as_before(uint64_t flags)
{
    (void)flags;
}

static inline uint64_t ticks_now(void)
{
    return fake_ticks++;
}

#endif
