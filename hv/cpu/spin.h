/* The one form of a wait that ends: for what takes microseconds, with no time to measure it by. */
#ifndef CPU_SPIN_H
#define CPU_SPIN_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/instructions.h"

/* Calls done(what) until it returns true, at most `most_spins` times. Returns whether it did. */
static inline bool spin_until(bool (*done)(void *what), void *what, uint32_t most_spins)
{
    for (uint32_t spin = 0; spin < most_spins; spin++) {
        if (done(what))
            return true;
        cpu_relax();
    }
    return false;
}

#endif
